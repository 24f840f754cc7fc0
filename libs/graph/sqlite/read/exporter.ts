/** The whole graph as lines, sorted by (kind, id): what `headwater export` prints. */
import {
  type ActivityLine,
  type AssetName,
  assetId,
  type ColumnEdgeLine,
  canonicalJson,
  columnEdgeId,
  type DatasetLine,
  type EdgeKind,
  type EdgeLine,
  type ExportEvidence,
  type ExportFacet,
  type ExportInterval,
  type ExportLine,
  type ExportOptions,
  edgeId,
  type FieldLine,
  FOREVER,
  fieldId,
  formatInstant,
  type JobLine,
  type JobVersionLine,
  type MergeLine,
  type RunLine,
  type SchemaVersionLine,
  type Span,
} from '#lineage';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../database.ts';
import { blob, EDGE_KINDS, Interned, SCOPES } from '../interned.ts';
import { hourStart, type Key } from '../stamps.ts';
import { attestationOf } from '../write/claim-writer.ts';
import { runOf } from '../write/run-table.ts';
import { notesOf } from './column-notes.ts';
import { hideMerges } from './hide-merges.ts';
import { minus, union } from './intervals.ts';
import { processingOfJob } from './job-processing.ts';
import { jobVersionsOf } from './job-versions.ts';
import { NameBook, type NameRow, nameOf } from './name-book.ts';
import { endedAt, stateOf } from './run-state.ts';
import { SchemaReader } from './schema-reader.ts';

interface Said {
  readonly first: Key;
  readonly last: Key;
  readonly how: number;
}

export class Exporter {
  readonly #db: Database;
  readonly #names: NameBook;
  readonly #schemas: SchemaReader;
  readonly #interned: Interned;

  constructor(db: Database) {
    this.#db = db;
    this.#names = new NameBook(db);
    this.#schemas = new SchemaReader(db);
    this.#interned = new Interned(db);
  }

  /**
   * Lines without line ends. One kind at a time is held in memory.
   *
   * Where somebody merged datasets, the connection must be this export's own: from here on it sees the graph as if
   * nobody had.
   */
  *lines({ mutations = false }: ExportOptions = {}): Iterable<string> {
    hideMerges(this.#db);
    const kinds: (() => ExportLine[])[] = [
      () => this.#activity(),
      () => this.#columnEdges(),
      () => this.#datasets(),
      () => this.#edges(),
      () => this.#fields(),
      () => this.#jobs(),
      () => this.#jobVersions(),
      ...(mutations ? [() => this.#merges()] : []),
      () => this.#runs(),
      () => this.#schemaVersions(),
    ];
    for (const kind of kinds) {
      const lines = kind();
      lines.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
      for (const line of lines) yield canonicalJson(line);
    }
  }

  #nodes(kind: 0 | 1): NameRow[] {
    return this.#db.all('SELECT * FROM name WHERE kind = ? AND first_t IS NOT NULL AND root = id', kind).map(nameOf);
  }

  #datasets(): DatasetLine[] {
    return this.#nodes(0).map((node) => {
      const members = this.#names.members(node.id);
      const seen = members.map((id) => this.#names.byId(id));
      const dead = this.#names.dead(node.id);
      return {
        kind: 'dataset',
        id: assetId(node),
        namespace: node.namespace,
        name: node.name,
        aliases: this.#names.aliases(node),
        contested: this.#names.contested(node.id),
        firstSeen: formatInstant(Math.min(...seen.map((n) => n.firstT ?? FOREVER))),
        lastSeen: formatInstant(Math.max(...seen.map((n) => n.lastT ?? -FOREVER))),
        lifecycle: dead.at(-1)?.to === FOREVER ? 'DROPPED' : 'ACTIVE',
        dead: exported(dead),
        facets: this.#facets(members),
      };
    });
  }

  #jobs(): JobLine[] {
    return this.#nodes(1).map((node) => ({
      kind: 'job',
      id: assetId(node),
      namespace: node.namespace,
      name: node.name,
      aliases: this.#names.aliases(node),
      firstSeen: formatInstant(node.firstT ?? 0),
      lastSeen: formatInstant(node.lastT ?? 0),
      processingType: processingOfJob(this.#db, node.id),
      facets: this.#facets([node.id]),
    }));
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
    for (const facets of byName.values()) facets.sort((a, b) => byText(a.scope, b.scope) || byText(a.source, b.source));
    return Object.fromEntries(byName);
  }

  #fields(): FieldLine[] {
    return this.#nodes(0).flatMap((node) => {
      const shown = this.#schemas.shown(this.#names.members(node.id));
      const fields = new Map((shown?.fields ?? []).map((field) => [field.name, field]));
      return [...fields.values()].map(
        (field, i): FieldLine => ({
          kind: 'field',
          id: fieldId(node, field.name),
          dataset: assetId(node),
          ordinal: i + 1,
          field,
        }),
      );
    });
  }

  #schemaVersions(): SchemaVersionLine[] {
    return this.#nodes(0).flatMap((node) =>
      this.#schemas.versions(this.#names.members(node.id), FOREVER).map((version): SchemaVersionLine => {
        const at = formatInstant(version.at);
        const id = `${assetId(this.#names.byId(version.name))}|${version.source}|${version.role}|${at}`;
        return {
          kind: 'schemaVersion',
          id,
          dataset: assetId(node),
          source: version.source,
          role: version.role,
          at,
          fields: version.fields,
        };
      }),
    );
  }

  #jobVersions(): JobVersionLine[] {
    return this.#nodes(1).flatMap((job) =>
      jobVersionsOf(this.#db, this.#names, this.#schemas, job.id).map((version): JobVersionLine => {
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
      }),
    );
  }

  #merges(): MergeLine[] {
    const idOf = (row: Row, column: string): string => assetId(this.#names.byId(int(row, column)));
    return this.#db.all('SELECT * FROM main.merge ORDER BY id').map((row) => {
      const undoneAt = intOrNull(row, 'undone_at');
      return {
        kind: 'merge',
        // Of one width, so that sorted by text they are in order.
        id: `merge:${String(int(row, 'id')).padStart(10, '0')}`,
        alias: idOf(row, 'target'),
        into: idOf(row, 'name'),
        by: text(row, 'said_by'),
        at: formatInstant(int(row, 'said_at')),
        reason: textOrNull(row, 'reason'),
        undone:
          undoneAt === null
            ? null
            : { by: text(row, 'undone_by'), at: formatInstant(undoneAt), reason: textOrNull(row, 'undone_reason') },
      };
    });
  }

  #runs(): RunLine[] {
    return this.#db.all('SELECT * FROM run').map((row) => {
      const run = runOf(row);
      const job = assetId(this.#names.byId(run.job));
      const ended = endedAt(run);
      const ref = (to: { job: number; run: string } | null) =>
        to && { job: assetId(this.#names.byId(to.job)), runId: to.run };
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
    });
  }

  #edges(): EdgeLine[] {
    const evidence = this.#evidence(false);
    const spans = this.#spans(false);
    const groups = new Map<
      string,
      { kind: EdgeKind; from: AssetName; to: AssetName; spans: Span[]; said: Map<string, Said> }
    >();
    for (const row of this.#db.all('SELECT * FROM edge')) {
      const kind = EDGE_KINDS[int(row, 'kind')];
      if (kind === undefined || kind === 'PAIRS') continue;
      const [from, to] = [this.#names.node(int(row, 'src')), this.#names.node(int(row, 'dst'))];
      if (from.firstT === null || to.firstT === null || from.id === to.id) continue;
      const id = edgeId(kind, from, to);
      const group = groups.get(id) ?? { kind, from, to, spans: [], said: new Map<string, Said>() };
      group.spans.push(
        ...minus(spans.get(int(row, 'id')) ?? [], [
          ...this.#names.deadOf(int(row, 'src')),
          ...this.#names.deadOf(int(row, 'dst')),
        ]),
      );
      joinEvidence(group.said, evidence.get(int(row, 'id')));
      groups.set(id, group);
    }
    return [...groups].flatMap(([id, { kind, from, to, spans: all, said }]): EdgeLine | [] => {
      const intervals = exported(union(all));
      if (intervals.length === 0) return [];
      return {
        kind: 'edge',
        id,
        edge: kind,
        from: assetId(from),
        to: assetId(to),
        intervals,
        evidence: this.#told(said),
      };
    });
  }

  #columnEdges(): ColumnEdgeLine[] {
    const evidence = this.#evidence(true);
    const spans = this.#spans(true);
    interface Group {
      readonly row: Row;
      readonly from: NameRow;
      readonly to: NameRow;
      readonly spans: Span[];
      readonly said: Map<string, Said>;
      readonly ids: number[];
    }
    const groups = new Map<string, Group>();
    for (const row of this.#db.all('SELECT * FROM column_edge')) {
      const [from, to] = [this.#names.node(int(row, 'src')), this.#names.node(int(row, 'dst'))];
      const job = int(row, 'job');
      const owner = job === 0 ? null : this.#names.byId(job);
      const id = columnEdgeId({
        owner,
        from,
        fromField: text(row, 'src_field'),
        to,
        toField: text(row, 'dst_field'),
        type: text(row, 'type'),
        subtype: text(row, 'subtype'),
      });
      const group: Group = groups.get(id) ?? { row, from, to, spans: [], said: new Map<string, Said>(), ids: [] };
      group.spans.push(
        ...minus(spans.get(int(row, 'id')) ?? [], [
          ...this.#names.deadOf(int(row, 'src')),
          ...this.#names.deadOf(int(row, 'dst')),
        ]),
      );
      joinEvidence(group.said, evidence.get(int(row, 'id')));
      group.ids.push(int(row, 'id'));
      groups.set(id, group);
    }
    return [...groups].flatMap(([id, { row, from, to, spans: all, said, ids }]): ColumnEdgeLine | [] => {
      const intervals = exported(union(all));
      if (intervals.length === 0) return [];
      const [fromField, toField] = [text(row, 'src_field'), text(row, 'dst_field')];
      const job = int(row, 'job');
      return {
        kind: 'columnEdge',
        id,
        from: fromField === '' ? assetId(from) : fieldId(from, fromField),
        to: toField === '' ? assetId(to) : fieldId(to, toField),
        job: job === 0 ? null : assetId(this.#names.byId(job)),
        type: text(row, 'type') || null,
        subtype: text(row, 'subtype') || null,
        ...notesOf(this.#db, ids),
        intervals,
        evidence: this.#told(said),
      };
    });
  }

  #activity(): ActivityLine[] {
    return this.#nodes(1).flatMap((job) => {
      if (processingOfJob(this.#db, job.id) === 'BATCH') return [];
      return this.#db.all('SELECT hour, observations FROM activity WHERE job = ?', job.id).map((row): ActivityLine => {
        const hour = formatInstant(hourStart(int(row, 'hour')));
        return {
          kind: 'activity',
          id: `${assetId(job)}|${hour}`,
          job: assetId(job),
          hour,
          observations: int(row, 'observations'),
        };
      });
    });
  }

  /** By element: its spans in all timelines. */
  #spans(columns: boolean): Map<number, Span[]> {
    const spans = new Map<number, Span[]>();
    const isColumns = "timeline.direction IN ('COLUMNS', 'PAIR_COLUMNS')";
    for (const row of this.#db.all(
      `SELECT element, since, until FROM span JOIN timeline ON timeline.id = span.timeline WHERE ${columns ? '' : 'NOT '}${isColumns}`,
    )) {
      const element = int(row, 'element');
      const held = spans.get(element);
      const span = { from: int(row, 'since'), to: int(row, 'until') };
      if (held === undefined) spans.set(element, [span]);
      else held.push(span);
    }
    return spans;
  }

  /** By element and source: first and last time that it was said. */
  #evidence(columns: boolean): Map<number, Map<string, Said>> {
    const evidence = new Map<number, Map<string, Said>>();
    const isColumns = "timeline.direction IN ('COLUMNS', 'PAIR_COLUMNS')";
    const rows = this.#db.all(
      `SELECT usage.*, source.text AS source_text FROM usage JOIN timeline ON timeline.id = usage.timeline JOIN source ON source.id = timeline.source WHERE ${columns ? '' : 'NOT '}${isColumns}`,
    );
    for (const row of rows) {
      const said = {
        first: { t: int(row, 'first_t'), k: int(row, 'first_k') },
        last: { t: int(row, 'last_t'), k: int(row, 'last_k') },
        how: int(row, 'how'),
      };
      for (const element of this.#interned.elements(int(row, 'eset'))) {
        const held = evidence.get(element) ?? new Map<string, Said>();
        joinEvidence(held, new Map([[text(row, 'source_text'), said]]));
        evidence.set(element, held);
      }
    }
    return evidence;
  }

  #told(said: ReadonlyMap<string, Said>): ExportEvidence[] {
    return [...said]
      .sort(([a], [b]) => byText(a, b))
      .map(([source, { first, last, how }]) => ({
        source,
        ...attestationOf(how),
        firstSeen: formatInstant(first.t),
        lastSeen: formatInstant(last.t),
        firstEvent: this.#hash(first),
        lastEvent: this.#hash(last),
      }));
  }

  #hash({ t, k }: Key): string {
    const row = this.#db.get('SELECT hash FROM event WHERE k = ? AND t = ?', k, t);
    return row === undefined ? '' : Buffer.from(blob(row, 'hash')).toString('hex');
  }
}

function joinEvidence(into: Map<string, Said>, more: ReadonlyMap<string, Said> | undefined): void {
  for (const [source, said] of more ?? []) {
    const held = into.get(source);
    if (held === undefined) {
      into.set(source, said);
      continue;
    }
    const isLast = isLater(said.last, held.last);
    into.set(source, {
      first: isLater(held.first, said.first) ? said.first : held.first,
      last: isLast ? said.last : held.last,
      how: isLast ? said.how : held.how,
    });
  }
}

function isLater(a: Key, b: Key | null): boolean {
  return b === null || a.t > b.t || (a.t === b.t && a.k > b.k);
}

function exported(spans: readonly Span[]): ExportInterval[] {
  return spans.map(({ from, to }) => ({ from: formatInstant(from), to: to === FOREVER ? null : formatInstant(to) }));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
