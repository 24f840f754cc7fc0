/** The change feed: what a batch really altered, numbered without gaps, in the transaction that altered it. */
import {
  type AssetKind,
  assetId,
  type Change,
  type ChangeKind,
  columnEdgeId,
  type Delta,
  type EdgeKind,
  edgeId,
  type Name,
  runNodeId,
  type SchemaField,
  schemaDiff,
} from '#lineage';
import { type Database, int, intOrNull, text, textOrNull } from './database.ts';
import type { JobFlowChange } from './flow-table.ts';
import { ASSET_KINDS, EDGE_KINDS } from './interned.ts';
import type { LifeChange, NodeChange } from './name-resolver.ts';
import type { RunFacts, RunRow } from './run-table.ts';
import type { SpanRecorder } from './span-recorder.ts';
import type { Key } from './stamps.ts';
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
}

export class ChangeTeller {
  readonly #db: Database;
  #told: Told[] = [];
  #seen = 0;
  /** The latest event time of the batch: when what was settled at its end holds from. */
  #latest = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  forget(): void {
    this.#told = [];
    this.#latest = 0;
  }

  began(receivedAt: number): void {
    this.#seen = Math.max(this.#seen, receivedAt);
  }

  added(name: number): void {
    const asset = this.#asset(name);
    this.#tell({
      kind: 'node.added',
      subject: assetId(asset),
      at: asset.firstSeen,
      text: `${asset.kind} ${asset.name} was seen for the first time`,
      after: { kind: asset.kind, namespace: asset.namespace, name: asset.name },
    });
  }

  run(delta: Delta, run: RunRow, before: RunFacts | null, written: readonly number[]): void {
    this.#latest = Math.max(this.#latest, delta.stamp.t);
    if (delta.job === null) return;
    const { status, done } = run.facts;
    if (before?.type !== run.facts.type && (before !== null || run.facts.type !== 'BATCH')) {
      const job = assetId({ kind: 'job', ...delta.job });
      this.#tell({
        kind: 'job.type',
        subject: job,
        at: run.start.t,
        text: `${delta.job.name} is read as ${run.facts.type}`,
        before: before?.type ?? null,
        after: run.facts.type,
      });
    }
    if (before?.status === status && before.done === done) return;
    const subject = runNodeId(run.runId);
    if (status === 'DONE') {
      this.#tell({
        kind: 'run.completed',
        subject,
        at: done ?? delta.stamp.t,
        text: `a run of ${delta.job.name} completed`,
        corrected: before?.status === 'FAILED',
        before: before?.status ?? null,
        after: status,
      });
      for (const name of written) {
        const dataset = this.#asset(this.#root(name));
        this.#tell({
          kind: 'dataset.updated',
          subject: assetId(dataset),
          at: done ?? delta.stamp.t,
          text: `${dataset.name} was written by ${delta.job.name}`,
          after: { job: assetId({ kind: 'job', ...delta.job }), run: subject },
        });
      }
    }
    if (status === 'FAILED') {
      this.#tell({
        kind: 'run.failed',
        subject,
        at: run.failLast ?? run.abortLast ?? delta.stamp.t,
        text: `a run of ${delta.job.name} failed${run.error === null ? '' : `: ${run.error.message.slice(0, 200)}`}`,
        corrected: before?.status === 'DONE',
        before: before?.status ?? null,
        after: status,
      });
    }
  }

  /** @returns whether the facet says something else than before */
  facet(
    facet: Key & { owner: number; scope: number; facet: string; source: number; value: string | null },
    scopes: readonly string[],
  ): boolean {
    this.#latest = Math.max(this.#latest, facet.t);
    const held = this.#db.get(
      'SELECT t, k, value FROM facet WHERE owner = ? AND scope = ? AND facet = ? AND source = ?',
      facet.owner,
      facet.scope,
      facet.facet,
      facet.source,
    );
    if (held !== undefined && (int(held, 't') > facet.t || (int(held, 't') === facet.t && int(held, 'k') > facet.k)))
      return false;
    const before = held === undefined ? null : textOrNull(held, 'value');
    if (before === facet.value) return false;
    const asset = this.#asset(facet.owner);
    const key = {
      scope: scopes[facet.scope],
      name: facet.facet,
      source: text(this.#db.get('SELECT text FROM source WHERE id = ?', facet.source) ?? {}, 'text'),
    };
    this.#tell({
      kind: 'facet.changed',
      subject: assetId(asset),
      at: facet.t,
      text: `${facet.facet} of ${asset.name} ${facet.value === null ? 'was deleted' : before === null ? 'was told' : 'changed'}`,
      before: before === null ? null : { ...key, value: JSON.parse(before) as unknown },
      after: facet.value === null ? null : { ...key, value: JSON.parse(facet.value) as unknown },
    });
    return true;
  }

  resolved({ nodes, lives }: { nodes: readonly NodeChange[]; lives: readonly LifeChange[] }): void {
    for (const { name, before, after } of nodes) {
      const [self, was, is] = [this.#asset(name), this.#asset(before), this.#asset(after)];
      this.#tell({
        kind: 'node.merged',
        subject: assetId(is),
        at: this.#latest,
        text: `${self.name} is now part of ${is.name}`,
        before: { name: assetId(self), node: assetId(was) },
        after: { name: assetId(self), node: assetId(is) },
      });
    }
    for (const { root, dead, at } of lives) {
      const asset = this.#asset(root);
      this.#tell({
        kind: 'lifecycle.changed',
        subject: assetId(asset),
        at,
        text: `${asset.name} ${dead ? 'was dropped' : 'is in use again'}`,
        before: dead ? 'ACTIVE' : 'DROPPED',
        after: dead ? 'DROPPED' : 'ACTIVE',
      });
    }
  }

  settled({ edges, columns, past }: ReturnType<SpanRecorder['settle']>): void {
    for (const { kind, src, dst, current } of edges) {
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
        at: this.#latest,
        text: `${from.name} ${current ? 'now' : 'no longer'} feeds ${to.name} (${edgeKind})`,
        before: current ? null : edge,
        after: current ? edge : null,
      });
    }
    const byOutput = new Map<number, { added: string[]; removed: string[] }>();
    for (const { element, current } of columns) {
      const row = this.#db.get('SELECT * FROM column_edge WHERE id = ?', element);
      if (row === undefined) continue;
      const [from, to] = [this.#asset(this.#root(int(row, 'src'))), this.#asset(this.#root(int(row, 'dst')))];
      const job = int(row, 'job');
      const id = columnEdgeId({
        owner: job === 0 ? null : this.#asset(job),
        from,
        fromField: text(row, 'src_field'),
        to,
        toField: text(row, 'dst_field'),
        type: text(row, 'type'),
        subtype: text(row, 'subtype'),
      });
      const output = this.#root(int(row, 'dst'));
      const held = byOutput.get(output) ?? { added: [], removed: [] };
      (current ? held.added : held.removed).push(id);
      byOutput.set(output, held);
    }
    for (const [output, { added, removed }] of byOutput) {
      const asset = this.#asset(output);
      this.#tell({
        kind: 'columns.changed',
        subject: assetId(asset),
        at: this.#latest,
        text: `columns of ${asset.name}: ${added.length} edges came, ${removed.length} went`,
        before: removed,
        after: added,
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
        after: { from, to: to === Number.MAX_SAFE_INTEGER ? null : to },
      });
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
      const dataset = this.#asset(this.#root(int(row, 'name')));
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
      const changed = schemaDiff(was, is);
      this.#tell({
        kind: 'schema.changed',
        subject,
        at,
        text: `the schema of ${dataset.name} changed: ${changed
          .map((change) => `${change.kind} ${change.field}`)
          .slice(0, 10)
          .join(', ')}`,
        breaking: changed.some((change) => change.breaking),
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

  /** Numbers and stores what was told; the numbers have no gaps. */
  take(): Change[] {
    const told = this.#told;
    this.forget();
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
      };
      this.#db.run(
        'INSERT INTO change(sequence, kind, subject, at, seen, text, breaking, corrected, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        sequence,
        change.kind,
        change.subject,
        change.at,
        change.seen,
        change.text,
        change.breaking === null ? null : change.breaking ? 1 : 0,
        change.corrected ? 1 : 0,
        JSON.stringify(change.before),
        JSON.stringify(change.after),
      );
      return change;
    });
  }

  #tell(change: Told): void {
    this.#told.push(change);
  }

  #asset(id: number): Name & { kind: AssetKind; firstSeen: number } {
    const row = this.#db.get('SELECT kind, namespace, name, first_t FROM name WHERE id = ?', id);
    if (row === undefined) throw new Error(`name ${id} is not in the store`);
    return {
      kind: ASSET_KINDS[int(row, 'kind') === 1 ? 1 : 0],
      namespace: text(row, 'namespace'),
      name: text(row, 'name'),
      firstSeen: intOrNull(row, 'first_t') ?? 0,
    };
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
