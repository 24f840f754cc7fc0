/** Policies, what was told of each dataset's freshness, and the ordered set of instants at which a state is due to change. */
import {
  assetId,
  type Delta,
  evaluateFreshness,
  type FlowLimits,
  type FreshnessChange,
  type FreshnessMemory,
  type FreshnessPolicy,
  freshnessChange,
  parseInstant,
  policyText,
  readPolicy,
  rememberFreshness,
  whyDataTime,
  worstOf,
} from '#lineage';
import { type Database, int, text, textOrNull } from '../database.ts';
import type { Interned } from '../interned.ts';
import { NameBook } from '../read/name-book.ts';
import type { Key } from '../stamps.ts';
import { DataTimeWriter } from './data-time-writer.ts';

export const FRESHNESS_FACET = 'headwater_freshness';

export interface DatasetFreshnessChange {
  /** Node id. */
  readonly subject: string;
  readonly change: FreshnessChange;
}

export class FreshnessTable {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameBook;
  readonly #times: DataTimeWriter;
  #runs = new Set<number>();
  #jobs = new Set<number>();
  #told = new Set<number>();
  #declared = new Set<number>();

  constructor(db: Database, interned: Interned, limits: FlowLimits) {
    this.#db = db;
    this.#interned = interned;
    this.#names = new NameBook(db);
    this.#times = new DataTimeWriter(db, interned, limits);
  }

  forget(): void {
    this.#times.forget();
    this.#begin();
  }

  /** Nothing is touched yet. */
  #begin(): void {
    this.#runs = new Set();
    this.#jobs = new Set();
    this.#told = new Set();
    this.#declared = new Set();
  }

  /** What an event says of watermarks is kept, watched or not: who asks later asks about today too. */
  observe(delta: Delta, job: number, run: number, stamp: Key): void {
    for (const { name, asset, value } of delta.facets) {
      if (name !== FRESHNESS_FACET || asset.kind !== 'dataset') continue;
      const dataset = this.#interned.asset(asset);
      // Of this name there may have been nothing to take back; of another name of the node there may.
      if (value === null) this.#declared.add(dataset);
      const reach = watermarkIn(value);
      if (reach === null) continue;
      const output = delta.said.some(
        ({ timeline, elements }) =>
          timeline.mode === 'RUN' &&
          elements.some((e) => e.kind === 'WRITES' && this.#interned.asset(e.to) === dataset),
      );
      this.#db.run(
        `INSERT INTO watermark(name, t, k, run, output, reach) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET reach = max(reach, excluded.reach), output = max(output, excluded.output)`,
        dataset,
        stamp.t,
        stamp.k,
        run,
        output ? 1 : 0,
        reach,
      );
      if (run === 0) this.#told.add(dataset);
    }
    if (this.#times.isIdle) return;
    if (run > 0) this.#runs.add(run);
    if (delta.progress !== null && job > 0) this.#jobs.add(job);
  }

  /** How a run is read changed, by another event than its own. */
  runChanged(run: number): void {
    if (!this.#times.isIdle) this.#runs.add(run);
  }

  /** A freshness facet of a name is another than it was. */
  declared(name: number): void {
    this.#declared.add(name);
  }

  /**
   * Ends a batch. @param moved names that are part of another node now
   * @returns changes of state, by `now`
   */
  settle(
    now: number,
    moved: readonly { readonly name: number; readonly before: number; readonly after: number }[],
  ): DatasetFreshnessChange[] {
    const judged = new Set<number>();
    for (const { name, before, after } of moved) {
      if (!this.#times.isIdle) this.#times.moved(before, after);
      this.#times.name(name);
      for (const root of [before, after]) if (this.#hasPolicy(root)) this.#declared.add(root);
    }
    for (const name of this.#declared) {
      const { id: root } = this.#names.node(name);
      this.#declare(root);
      judged.add(root);
    }
    for (const name of this.#told) this.#times.name(name);
    for (const run of this.#runs) this.#times.run(run);
    for (const job of this.#jobs) this.#times.progress(job);
    for (const root of this.#times.settle()) judged.add(root);
    this.#begin();
    if (now > 0) return [...judged].flatMap((root) => this.#judge(root, now));
    // Settled without a clock, when a store opens: the first tick judges.
    for (const root of judged) this.#db.run('UPDATE freshness SET deadline = 0 WHERE dataset = ?', root);
    return [];
  }

  /** Changes of state whose instant has come. */
  due(now: number): DatasetFreshnessChange[] {
    return this.#db
      .all('SELECT dataset FROM freshness WHERE deadline <= ? ORDER BY deadline LIMIT 5000', now)
      .flatMap((row) => this.#judge(int(row, 'dataset'), now));
  }

  #hasPolicy(root: number): boolean {
    return this.#db.get('SELECT 1 AS yes FROM freshness WHERE dataset = ?', root) !== undefined;
  }

  /** Each source's last word, over all names of the node. */
  #declare(root: number): void {
    const policies = this.#names.node(root).id === root ? this.#policiesOf(root) : [];
    if (policies.length > 0) this.#times.watch(root);
    else if (!this.#hasPolicy(root)) return;
    // A row without policies is kept until it is judged: its breach ends.
    this.#db.run(
      'INSERT INTO freshness(dataset, policies) VALUES (?, ?) ON CONFLICT DO UPDATE SET policies = excluded.policies',
      root,
      JSON.stringify(policies),
    );
  }

  #policiesOf(root: number): FreshnessPolicy[] {
    const bySource = new Map<string, FreshnessPolicy | null>();
    for (const row of this.#db.all(
      `SELECT f.value AS value, s.text AS source FROM name n JOIN facet f ON f.owner = n.id JOIN source s ON s.id = f.source
       WHERE n.root = ? AND f.facet = ? ORDER BY f.t, f.k`,
      root,
      FRESHNESS_FACET,
    )) {
      const source = text(row, 'source');
      const kept = textOrNull(row, 'value');
      // Taken back, whichever name of the node it was said of.
      if (kept === null) bySource.delete(source);
      const value = JSON.parse(kept ?? 'null') as { declaredBy?: unknown } | null;
      const name = typeof value?.declaredBy === 'string' ? value.declaredBy : FRESHNESS_FACET;
      const read = readPolicy(value, name, source);
      if ('policy' in read) bySource.set(source, read.policy);
    }
    return [...bySource.values()].flatMap((policy) => policy ?? []);
  }

  #judge(root: number, now: number): DatasetFreshnessChange[] {
    const row = this.#db.get('SELECT policies, memory FROM freshness WHERE dataset = ?', root);
    if (row === undefined) return [];
    const policies = JSON.parse(text(row, 'policies')) as FreshnessPolicy[];
    const held = textOrNull(row, 'memory');
    const memory = held === null ? null : (JSON.parse(held) as FreshnessMemory);
    const node = this.#names.byId(root);
    const { reach, reachedAt } = whyDataTime(this.#times.rows, String(root), (of) => this.#names.byId(Number(of)).name);
    const verdict = worstOf(policies.map((policy) => evaluateFreshness(policy, reach, now)));
    const policy = policies.length === 0 ? null : policies.map(policyText).join('; ');
    const judged = { name: node.name, policy, verdict, reachedAt, now };
    const change = freshnessChange(memory, judged);
    if (policies.length === 0) this.#db.run('DELETE FROM freshness WHERE dataset = ?', root);
    else {
      this.#db.run(
        'UPDATE freshness SET memory = ?, deadline = ? WHERE dataset = ?',
        JSON.stringify(rememberFreshness(memory, judged)),
        verdict.next,
        root,
      );
    }
    return change === null ? [] : [{ subject: assetId(node), change }];
  }
}

function watermarkIn(value: string | null): number | null {
  if (value === null) return null;
  const facet = JSON.parse(value) as { watermark?: unknown } | null;
  return parseInstant(facet?.watermark);
}
