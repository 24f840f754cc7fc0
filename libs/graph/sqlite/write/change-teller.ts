/** The change feed: what a batch really altered, numbered without gaps, in the transaction that altered it. */

import {
  type AssetName,
  assetId,
  type Change,
  type ChangeKind,
  type Delta,
  type EdgeKind,
  edgeId,
  FOREVER,
  type ProcessingType,
  runNodeId,
  type SchemaField,
  saySchemaChange,
} from '#lineage';
import { BoundedMap } from '../bounded-map.ts';
import { packColumns } from '../column-changes.ts';
import { type Database, int, intOrNull, text, textOrNull } from '../database.ts';
import { ASSET_KINDS, EDGE_KINDS } from '../interned.ts';
import { REMEMBERED } from '../remembered.ts';
import type { ClosedCycle } from './cycle-finder.ts';
import type { ToldExpectation } from './expectations/told-expectation.ts';
import type { JobFlowChange } from './flow-table.ts';
import type { DatasetFreshnessChange } from './freshness-table.ts';
import type { RunFacts, RunRow } from './run-table.ts';
import { SchemaReaders } from './schema-readers.ts';
import type { SpanRecorder } from './span-recorder.ts';
import type { StateChange } from './state-differ.ts';
import type { VersionChange } from './stream-table.ts';

interface Told {
  readonly kind: ChangeKind;
  readonly subject: string;
  readonly at: number;
  readonly text: string;
  readonly breaking?: boolean;
  readonly corrected?: boolean;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly hit?: readonly string[];
}

/** A person's word, as the feed tells it. */
export type PeopleStatement = Pick<Told, 'subject' | 'text' | 'before' | 'after'> & {
  readonly kind:
    | 'assets.merged'
    | 'assets.split'
    | 'annotation.added'
    | 'annotation.removed'
    | 'tag.added'
    | 'tag.removed';
};

export class ChangeTeller {
  readonly #db: Database;
  readonly #readers: SchemaReaders;
  #told: Told[] = [];
  #seen = 0;
  /** What names are called: that never changes. */
  readonly #assets = new BoundedMap<number, AssetName>(REMEMBERED.assets);
  /** The latest event time of the batch: when what was settled at its end holds from. */
  #latest = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#readers = new SchemaReaders(db);
  }

  forget(): void {
    this.#told = [];
    this.#latest = 0;
    this.#assets.clear();
  }

  /** @param t event time */
  began(receivedAt: number, t: number): void {
    this.#seen = Math.max(this.#seen, receivedAt);
    this.#latest = Math.max(this.#latest, t);
  }

  statement(statement: PeopleStatement, at: number): void {
    this.#tell({ ...statement, at });
  }

  state(changes: readonly StateChange[]): void {
    for (const change of changes) this.#tell({ ...change, at: change.at ?? this.#latest });
  }

  processing(job: number, before: ProcessingType, after: ProcessingType): void {
    const asset = this.#asset(job);
    this.#tell({
      kind: 'job.type',
      subject: assetId(asset),
      at: this.#latest,
      text: `${asset.name} is read as ${after}`,
      before,
      after,
    });
  }

  /**
   * What became of a run. The state that it leaves its job in is over where a later run has ended otherwise: then it is the
   * past alone that altered, no rule fires and no incident opens or ends.
   * @param supersededSince since when an end at that instant is the past, see RunTable; null: it is not
   */
  run(
    delta: Delta,
    run: RunRow,
    before: RunFacts | null,
    written: readonly number[],
    supersededSince: (ended: number) => number | null,
  ): void {
    if (delta.job === null) return;
    const { status, done } = run.facts;
    if (before?.status === status && before.done === done) return;
    const subject = runNodeId(run.runId);
    if (status === 'DONE') {
      const at = done ?? delta.stamp.t;
      const text = `a run of ${delta.job.name} completed`;
      this.#ended({ subject, at, text, corrected: before?.status === 'FAILED' }, run, before, supersededSince(at));
      for (const name of written) {
        const dataset = this.#asset(this.#root(name));
        this.#tell({
          kind: 'dataset.updated',
          subject: assetId(dataset),
          at,
          text: `${dataset.name} was written by ${delta.job.name}`,
          after: { job: assetId({ kind: 'job', ...delta.job }), run: subject },
        });
      }
    }
    if (status === 'FAILED') {
      const at = Math.max(run.failLast ?? -Infinity, run.abortLast ?? -Infinity);
      const text = `a run of ${delta.job.name} failed${run.error === null ? '' : `: ${run.error.message.slice(0, 200)}`}`;
      this.#ended({ subject, at, text, corrected: before?.status === 'DONE' }, run, before, supersededSince(at));
    }
  }

  #ended(
    said: Pick<Told, 'subject' | 'at' | 'text' | 'corrected'>,
    { facts: { status } }: RunRow,
    before: RunFacts | null,
    until: number | null,
  ): void {
    if (until === null) {
      const kind = status === 'DONE' ? 'run.completed' : 'run.failed';
      this.#tell({ kind, ...said, before: before?.status ?? null, after: status });
    } else {
      const { subject, at, text } = said;
      this.#tell({
        kind: 'history',
        subject,
        at,
        text: `${text}; a later one has ended since`,
        after: { from: at, to: until },
      });
    }
  }

  /**
   * A facet of a node of one name, told without a look at the rest of it.
   * @param before null: it was not served
   */
  facet(
    owner: number,
    facet: { scope: string; facet: string; source: number; value: string | null; t: number },
    before: string | null,
  ): void {
    const asset = this.#asset(owner);
    const key = {
      scope: facet.scope,
      name: facet.facet,
      source: text(this.#db.get('SELECT text FROM source WHERE id = ?', facet.source) ?? {}, 'text'),
    };
    const shown = (value: string | null): unknown =>
      value === null ? null : { ...key, value: JSON.parse(value) as unknown };
    this.#tell({
      kind: 'facet.changed',
      subject: assetId(asset),
      at: facet.t,
      text: `${facet.facet} of ${asset.name} ${facet.value === null ? 'is gone' : before === null ? 'was told' : 'changed'}`,
      before: shown(before),
      after: shown(facet.value),
    });
  }

  settled({ edges, past }: ReturnType<SpanRecorder['settle']>): void {
    for (const { kind, src, dst, current, at } of edges) {
      const edgeKind = EDGE_KINDS[kind];
      if (edgeKind === undefined || edgeKind === 'PAIRS') continue;
      const [from, to] = [this.#asset(src), this.#asset(dst)];
      const edge = {
        id: edgeId(edgeKind, from, to),
        kind: edgeKind satisfies EdgeKind,
        from: assetId(from),
        to: assetId(to),
      };
      const job = from.kind === 'job' && edgeKind !== 'READS' ? from : to;
      this.#tell({
        kind: 'lineage.changed',
        subject: assetId(job),
        at: at ?? this.#latest,
        text: `${from.name} ${current ? 'now' : 'no longer'} feeds ${to.name} (${edgeKind})`,
        before: current ? null : edge,
        after: current ? edge : null,
      });
    }
    for (const { columns: isColumn, element, from, to } of past) {
      if (isColumn) continue;
      const row = this.#db.get('SELECT src, dst, kind FROM edge WHERE id = ?', element);
      if (row === undefined || EDGE_KINDS[int(row, 'kind')] === 'PAIRS') continue;
      const [src, dst] = [this.#asset(this.#root(int(row, 'src'))), this.#asset(this.#root(int(row, 'dst')))];
      const job = src.kind === 'job' ? src : dst;
      this.#tell({
        kind: 'history',
        subject: assetId(job),
        at: from,
        text: `the past of ${src.name} → ${dst.name} was mended`,
        after: { from, to: to === FOREVER ? null : to },
      });
    }
  }

  cycles(closed: readonly ClosedCycle[]): void {
    for (const { subject, nodes, text, continuous } of closed) {
      this.#tell({ kind: 'lineage.cycle', subject, at: this.#latest, text, after: { nodes, continuous } });
    }
  }

  versions(changes: readonly VersionChange[]): void {
    for (const { stream, at, content, before } of changes) {
      const row = this.#db.get('SELECT s.kind, s.role, s.name FROM stream s WHERE s.id = ?', stream);
      if (row === undefined || row['kind'] !== 'schema' || row['role'] === 'READER') continue;
      // The flag may have been taken back by a later event of the batch.
      const begins = this.#db.get(
        'SELECT 1 AS yes FROM stream_point WHERE stream = ? AND at = ? AND content = ? AND begins = 1',
        stream,
        at,
        content,
      );
      if (begins === undefined) continue;
      const later = this.#db.get(
        'SELECT 1 AS yes FROM stream_point WHERE stream = ? AND at > ? AND begins = 1 LIMIT 1',
        stream,
        at,
      );
      const [was, is] = [this.#fields(before), this.#fields(content)];
      if (was.length === 0) continue;
      const root = this.#root(int(row, 'name'));
      const dataset = this.#asset(root);
      const subject = assetId(dataset);
      if (later !== undefined) {
        this.#tell({
          kind: 'history',
          subject,
          at,
          text: `a past schema of ${dataset.name} was mended`,
          after: { from: at, to: null },
        });
        continue;
      }
      const { changes, impact, owners } = this.#readers.change(root, was, is);
      this.#tell({
        kind: 'schema.changed',
        subject,
        at,
        text: saySchemaChange(dataset.name, changes, impact, owners),
        breaking: impact.breaking,
        hit: [...impact.hit, ...impact.reached],
        before: was,
        after: is,
      });
    }
  }

  flows(changes: readonly JobFlowChange[]): void {
    for (const { job, change } of changes) {
      this.#tell({
        kind: change.kind,
        subject: assetId(this.#asset(job)),
        at: change.at,
        text: change.text,
        before: change.before,
        after: change.after,
      });
    }
  }

  expectations(changes: readonly ToldExpectation[]): void {
    for (const change of changes) this.#tell(change);
  }

  freshness(changes: readonly DatasetFreshnessChange[]): void {
    for (const { subject, change } of changes) this.#tell({ subject, ...change });
  }

  /** Numbers and stores what was told; the numbers have no gaps. */
  take(): Change[] {
    const told = this.#told;
    this.#told = [];
    this.#latest = 0;
    if (told.length === 0) return [];
    const last = this.#db.get('SELECT max(sequence) AS n FROM change');
    let sequence = (last === undefined ? null : intOrNull(last, 'n')) ?? 0;
    return told.map((one) => {
      sequence += 1;
      const change: Change = {
        sequence,
        kind: one.kind,
        subject: one.subject,
        at: one.at,
        seen: this.#seen,
        text: one.text,
        breaking: one.breaking ?? null,
        corrected: one.corrected ?? false,
        before: one.before ?? null,
        after: one.after ?? null,
        ...(one.hit === undefined ? {} : { hit: one.hit }),
      };
      this.#db.write(
        'INSERT INTO change(sequence, kind, subject, at, seen, text, breaking, corrected, before, after, hit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        sequence,
        change.kind,
        change.subject,
        change.at,
        change.seen,
        change.text,
        change.breaking === null ? null : change.breaking ? 1 : 0,
        change.corrected ? 1 : 0,
        stored(change.kind, change.before),
        stored(change.kind, change.after),
        change.hit === undefined ? null : JSON.stringify(change.hit),
      );
      return change;
    });
  }

  #tell(change: Told): void {
    this.#told.push(change);
  }

  #asset(id: number): AssetName {
    const held = this.#assets.get(id);
    if (held !== undefined) return held;
    const row = this.#db.get('SELECT kind, namespace, name FROM name WHERE id = ?', id);
    if (row === undefined) throw new Error(`name ${id} is not in the store`);
    const made: AssetName = {
      kind: ASSET_KINDS[int(row, 'kind') === 1 ? 1 : 0],
      namespace: text(row, 'namespace'),
      name: text(row, 'name'),
    };
    this.#assets.set(id, made);
    return made;
  }

  #root(id: number): number {
    return int(this.#db.get('SELECT root FROM name WHERE id = ?', id) ?? {}, 'root');
  }

  #fields(content: number): SchemaField[] {
    const row = this.#db.get('SELECT text FROM content WHERE id = ?', content);
    const fields = row === undefined ? null : textOrNull(row, 'text');
    return fields === null ? [] : (JSON.parse(fields) as SchemaField[]);
  }
}

function stored(kind: ChangeKind, value: unknown): string {
  return JSON.stringify(kind === 'columns.changed' ? packColumns(value) : value);
}
