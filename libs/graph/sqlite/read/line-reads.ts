/** Lines of an export one by one: those of a dataset, a job, a run, an edge. */
import {
  type ActivityLine,
  assetId,
  type ColumnEdgeLine,
  type DatasetLine,
  type EdgeLine,
  type Evidence,
  type ExportEvidence,
  type ExportFacet,
  type ExportInterval,
  type FieldLine,
  FOREVER,
  fieldId,
  formatInstant,
  type Interval,
  type JobLine,
  type JobVersionLine,
  type MergeLine,
  type RunLine,
  type SchemaVersionLine,
  type Span,
} from '#lineage';
import type { SeenAgain } from '../../facet-times.ts';
import type { LastSaid } from '../../last-said.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../database.ts';
import { SCOPES } from '../interned.ts';
import { hourStart, type Key } from '../stamps.ts';
import { runOf } from '../write/run-table.ts';
import { type ColumnRef, EdgeReads, type EdgeRef } from './edge-reads.ts';
import { processingOfJob } from './job-processing.ts';
import { jobVersionsOf } from './job-versions.ts';
import { lastSaidOf } from './latest-usages.ts';
import { NameBook, type NameRow } from './name-book.ts';
import { endedAt, stateOf } from './run-state.ts';
import { SchemaReader } from './schema-reader.ts';

export class LineReads {
  readonly names: NameBook;
  readonly schemas: SchemaReader;
  readonly #db: Database;
  readonly #edges: EdgeReads;
  readonly #told = new WeakMap<readonly Evidence[], ExportEvidence[]>();

  constructor(db: Database, names = new NameBook(db), edges = new EdgeReads(db, names)) {
    this.#db = db;
    this.names = names;
    this.schemas = new SchemaReader(db);
    this.#edges = edges;
  }

  dataset(node: NameRow): DatasetLine {
    const members = this.names.members(node.id);
    const seen = members.map((id) => this.names.byId(id));
    const dead = this.names.dead(node.id);
    return {
      kind: 'dataset',
      id: assetId(node),
      namespace: node.namespace,
      name: node.name,
      aliases: this.names.aliases(node),
      contested: this.names.contested(node.id),
      firstSeen: formatInstant(Math.min(...seen.map((n) => n.firstT ?? FOREVER))),
      lastSeen: formatInstant(Math.max(...seen.map((n) => n.lastT ?? -FOREVER))),
      lifecycle: dead.at(-1)?.to === FOREVER ? 'DROPPED' : 'ACTIVE',
      dead: exported(dead),
      facets: this.#facets(members),
    };
  }

  job(node: NameRow, processingType = processingOfJob(this.#db, node.id)): JobLine {
    return {
      kind: 'job',
      id: assetId(node),
      namespace: node.namespace,
      name: node.name,
      aliases: this.names.aliases(node),
      firstSeen: formatInstant(node.firstT ?? 0),
      lastSeen: formatInstant(node.lastT ?? 0),
      processingType,
      facets: this.#facets([node.id]),
    };
  }

  /** Of nodes of one name each: what the events that say nothing new of them leave. */
  seenAgain(nodes: readonly NameRow[]): SeenAgain[] {
    const times = new Map<number, Said[]>();
    for (const [owner, facet, scope, source, t] of this.#db.tuples(
      `SELECT owner, facet, scope, source.text, t FROM json_each(?) AS node
         CROSS JOIN facet ON facet.owner = node.value JOIN source ON source.id = facet.source WHERE facet.value IS NOT NULL`,
      JSON.stringify(nodes.map(({ id }) => id)),
    )) {
      const said = {
        facet: String(facet),
        scope: SCOPES[Number(scope)] ?? 'dataset',
        source: String(source),
        at: formatInstant(Number(t)),
      };
      const held = times.get(Number(owner));
      if (held === undefined) times.set(Number(owner), [said]);
      else held.push(said);
    }
    return nodes.map((node) => ({
      id: assetId(node),
      firstSeen: formatInstant(node.firstT ?? 0),
      lastSeen: formatInstant(node.lastT ?? 0),
      facetTimes: (times.get(node.id) ?? [])
        .sort((a, b) => byText(a.facet, b.facet) || byPlace(a, b))
        .map(({ at }) => at),
    }));
  }

  /** By job: what it said last, for its edges. */
  lastSaid(jobs: readonly NameRow[]): ReadonlyMap<number, readonly LastSaid[]> {
    return lastSaidOf(
      this.#db,
      jobs.map(({ id }) => id),
      (key) => this.#edges.hashOf(key),
    );
  }

  fields(node: NameRow): FieldLine[] {
    const shown = this.schemas.shown(this.names.members(node.id));
    const fields = new Map((shown?.fields ?? []).map((field) => [field.name, field]));
    return [...fields.values()].map((field, i) => ({
      kind: 'field',
      id: fieldId(node, field.name),
      dataset: assetId(node),
      ordinal: i + 1,
      field,
    }));
  }

  /** Of datasets as observed; each is of the node that the name is part of. */
  schemaVersions(names: readonly number[]): SchemaVersionLine[] {
    return this.schemas.versions(names, FOREVER).map((version) => {
      const at = formatInstant(version.at);
      return {
        kind: 'schemaVersion',
        id: `${assetId(this.names.byId(version.name))}|${version.source}|${version.role}|${at}`,
        dataset: this.names.nodeId(version.name),
        source: version.source,
        role: version.role,
        at,
        fields: version.fields,
      };
    });
  }

  jobVersions(job: NameRow): JobVersionLine[] {
    return jobVersionsOf(this.#db, this.names, this.schemas, job.id).map((version) => {
      const from = formatInstant(version.from);
      return {
        kind: 'jobVersion',
        id: `${assetId(job)}#${from}`,
        job: assetId(job),
        from,
        to: version.to === null ? null : formatInstant(version.to),
        reads: version.reads,
        writes: version.writes,
        sql: version.sql,
        codeLocation: version.codeLocation,
      };
    });
  }

  /** Hours of a continuous job. @param hour null: all */
  activity(job: NameRow, hour: number | null = null): ActivityLine[] {
    if (processingOfJob(this.#db, job.id) === 'BATCH') return [];
    const rows =
      hour === null
        ? this.#db.all('SELECT hour, observations FROM activity WHERE job = ?', job.id)
        : this.#db.all('SELECT hour, observations FROM activity WHERE job = ? AND hour = ?', job.id, hour);
    return rows.map((row) => {
      const hour = formatInstant(hourStart(int(row, 'hour')));
      return {
        kind: 'activity',
        id: `${assetId(job)}|${hour}`,
        job: assetId(job),
        hour,
        observations: int(row, 'observations'),
      };
    });
  }

  /** @param row of `merge` */
  merge(row: Row): MergeLine {
    const idOf = (column: string): string => assetId(this.names.byId(int(row, column)));
    const undoneAt = intOrNull(row, 'undone_at');
    return {
      kind: 'merge',
      // Of one width, so that sorted by text they are in order.
      id: `merge:${String(int(row, 'id')).padStart(10, '0')}`,
      alias: idOf('target'),
      into: idOf('name'),
      by: text(row, 'said_by'),
      at: formatInstant(int(row, 'said_at')),
      reason: textOrNull(row, 'reason'),
      undone:
        undoneAt === null
          ? null
          : { by: text(row, 'undone_by'), at: formatInstant(undoneAt), reason: textOrNull(row, 'undone_reason') },
    };
  }

  /** @param row of `run` */
  run(row: Row): RunLine {
    const run = runOf(row);
    const job = assetId(this.names.byId(run.job));
    const ended = endedAt(run);
    const ref = (to: { job: number; run: string } | null) =>
      to && { job: assetId(this.names.byId(to.job)), runId: to.run };
    return {
      kind: 'run',
      id: `run:${run.runId}|${job}`,
      job,
      runId: run.runId,
      state: stateOf(run),
      processingType: run.facts.type,
      startedAt: formatInstant(run.start.t),
      endedAt: ended === null ? null : formatInstant(ended),
      lastSeen: formatInstant(run.lastT),
      nominalStart: run.nominal?.start == null ? null : formatInstant(run.nominal.start),
      nominalEnd: run.nominal?.end == null ? null : formatInstant(run.nominal.end),
      parent: ref(run.parent),
      root: ref(run.root),
      error: run.error?.message ?? null,
    };
  }

  /** Of observed edges that are all that an edge is made of. */
  evidenceOf(observed: readonly number[], columns: boolean): ExportEvidence[] {
    return this.#evidence(this.#edges.evidence(observed, columns));
  }

  /** What was said of many edges at once is one text. */
  #evidence(evidence: readonly Evidence[]): ExportEvidence[] {
    const held = this.#told.get(evidence);
    if (held !== undefined) return held;
    const told = evidence.map(evident);
    this.#told.set(evidence, told);
    return told;
  }

  /** null: it never held. */
  edge(ref: EdgeRef): EdgeLine | null {
    if (ref.from.firstT === null || ref.to.firstT === null || ref.from.id === ref.to.id) return null;
    const { id, kind, from, to, intervals, evidence } = this.#edges.edge(ref, null);
    if (intervals.length === 0) return null;
    return {
      kind: 'edge',
      id,
      edge: kind,
      from,
      to,
      intervals: intervals.map(told),
      evidence: this.#evidence(evidence),
    };
  }

  /** null: it never held. */
  columnEdge(ref: ColumnRef): ColumnEdgeLine | null {
    const { id, from, to, job, transformation, intervals, evidence } = this.#edges.columnEdge(ref, null, true);
    if (intervals.length === 0) return null;
    return {
      kind: 'columnEdge',
      id,
      from,
      to,
      job,
      ...transformation,
      type: transformation.type || null,
      intervals: intervals.map(told),
      evidence: this.#evidence(evidence),
    };
  }

  #facets(names: readonly number[]): Record<string, ExportFacet[]> {
    const last = new Map<string, { row: Row; key: Key }>();
    for (const name of names) {
      for (const row of this.#db.all(
        'SELECT facet.*, source.text AS source_text FROM facet JOIN source ON source.id = facet.source WHERE owner = ?',
        name,
      )) {
        const key = `${int(row, 'scope')}\n${text(row, 'facet')}\n${text(row, 'source_text')}`;
        const stamp = { t: int(row, 't'), k: int(row, 'k') };
        const held = last.get(key);
        if (held === undefined || stamp.t > held.key.t || (stamp.t === held.key.t && stamp.k > held.key.k))
          last.set(key, { row, key: stamp });
      }
    }
    const byName = new Map<string, ExportFacet[]>();
    for (const { row } of last.values()) {
      const value = textOrNull(row, 'value');
      if (value === null) continue;
      const facet: ExportFacet = {
        scope: SCOPES[int(row, 'scope')] ?? 'dataset',
        source: text(row, 'source_text'),
        producer: text(row, 'producer'),
        schemaURL: textOrNull(row, 'schema_url'),
        at: formatInstant(int(row, 't')),
        value: JSON.parse(value) as unknown,
      };
      const name = text(row, 'facet');
      byName.set(name, [...(byName.get(name) ?? []), facet]);
    }
    for (const facets of byName.values()) facets.sort(byPlace);
    return Object.fromEntries(byName);
  }
}

export function exported(spans: readonly Span[]): ExportInterval[] {
  return spans.map(({ from, to }) => told({ from, to: to === FOREVER ? null : to }));
}

function evident({ firstSeen, lastSeen, ...evidence }: Evidence): ExportEvidence {
  return { ...evidence, firstSeen: formatInstant(firstSeen), lastSeen: formatInstant(lastSeen) };
}

interface Place {
  readonly scope: string;
  readonly source: string;
}

interface Said extends Place {
  readonly facet: string;
  readonly at: string;
}

const byPlace = (a: Place, b: Place): number => byText(a.scope, b.scope) || byText(a.source, b.source);

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function told({ from, to }: Interval): ExportInterval {
  return { from: formatInstant(from), to: to === null ? null : formatInstant(to) };
}
