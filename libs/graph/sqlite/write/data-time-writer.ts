/**
 * What runs and watermarks contribute to data times, from the rows of the graph, for the datasets that are watched:
 * those with a policy, and whatever these are made of. An event about others costs a look into a set.
 *
 * ```
 * raw ─▶ stg ─▶ mart (policy)        watched: mart, stg, raw
 *          └──▶ sandbox              not watched
 * ```
 */
import {
  type DataTimeContribution,
  DataTimePropagation,
  type DataTold,
  type DataWrite,
  DEFAULT_FLOW_LIMITS,
  dataTimeOf,
  type FlowLimits,
  type FlowRow,
} from '#lineage';
import { DataTimeTable } from '../data-time-table.ts';
import { type Database, int, intOrNull, text } from '../database.ts';
import { EDGE_KINDS, type Interned } from '../interned.ts';
import { membersOf } from '../members-of.ts';

const WRITES = EDGE_KINDS.indexOf('WRITES');
/** Of what a continuous job says of its progress in five minutes, the first word counts. */
const BUCKET = 300_000;

export class DataTimeWriter {
  readonly rows: DataTimeTable;
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #limits: FlowLimits;
  readonly #propagation: DataTimePropagation;
  readonly #watched = new Set<number>();
  readonly #ahead: number[] = [];

  constructor(db: Database, interned: Interned, limits: FlowLimits = DEFAULT_FLOW_LIMITS) {
    this.#db = db;
    this.#interned = interned;
    this.#limits = limits;
    this.rows = new DataTimeTable(db);
    this.#propagation = new DataTimePropagation(this.rows);
    this.#load();
  }

  forget(): void {
    this.#watched.clear();
    this.#ahead.length = 0;
    this.#load();
  }

  /** Nothing is watched: no event needs a look. */
  get isIdle(): boolean {
    return this.#watched.size === 0;
  }

  /** From now on the data time of a node is kept, and of whatever it is made of. */
  watch(root: number): void {
    if (this.#watched.has(root)) return;
    this.#watched.add(root);
    this.#db.run('INSERT OR IGNORE INTO watched(dataset) VALUES (?)', root);
    this.#ahead.push(root);
  }

  /** A name became part of another node: what was said of either is read anew. */
  moved(before: number, after: number): void {
    for (const root of new Set([before, after])) {
      if (!this.#watched.has(root) && !this.#hasReaders(root)) continue;
      for (const run of this.#runsAbout(root)) this.run(run);
      if (this.#watched.has(root)) this.#ahead.push(root);
      // The node that another one became part of: who read the one reads the other now.
      else if (root === after) this.watch(root);
    }
  }

  /** What a run contributes, as its rows stand. What a run contributed that retention took stays. */
  run(id: number): void {
    if (this.#db.get('SELECT 1 AS yes FROM run WHERE id = ?', id) === undefined) return;
    const held = new Set(
      this.#db.all('SELECT key FROM contribution WHERE run = ? AND run > 0', id).map((row) => text(row, 'key')),
    );
    for (const write of this.#writesOf(id)) {
      held.delete(write.key);
      this.#put(write);
    }
    for (const told of this.#watermarks('w.run = ? AND w.run > 0', id)) {
      held.delete(told.key);
      this.#put(told);
    }
    for (const key of held) this.#propagation.remove(key);
  }

  /** What is told of a name's watermark by no run. */
  name(id: number): void {
    for (const told of this.#watermarks('w.run = 0 AND w.name = ?', id)) this.#put(told);
  }

  /** What a continuous job's progress says of what it writes. */
  progress(job: number): void {
    const latest = this.#db.get('SELECT status FROM run WHERE job = ? ORDER BY start_t DESC LIMIT 1', job);
    if (latest?.['status'] !== 'LIVE') return;
    const outputs = this.#db
      .all('SELECT dst FROM current_edge WHERE src = ? AND kind = ?', job, WRITES)
      .map((row) => int(row, 'dst'))
      .filter((root) => this.#watched.has(root));
    const found = outputs.length === 0 ? undefined : this.#db.get('SELECT row FROM flow WHERE job = ?', job);
    if (found === undefined) return;
    const row = JSON.parse(text(found, 'row')) as FlowRow;
    const time = dataTimeOf(row, this.#limits);
    const at = row.beats.at(-1)?.[0] ?? row.heard;
    const name = this.#nameOf(job);
    for (const root of outputs) {
      const told = (key: string): DataTold => ({
        kind: 'told',
        key,
        dataset: String(root),
        job: name,
        at,
        reach: time.at,
        bound: time.at ?? at,
        because: time.at === null ? time.reason : `the ${time.by.toLowerCase()} of ${name}`,
      });
      const first = `job:${job}:${root}:${Math.floor(at / BUCKET)}`;
      if (this.rows.contribution(first) === null) this.#put(told(first));
      this.#put(told(`job:${job}:${root}:latest`));
    }
  }

  /** @returns nodes whose data time is another now */
  settle(): ReadonlySet<number> {
    for (let root = this.#ahead.pop(); root !== undefined; root = this.#ahead.pop()) this.#loadHistory(root);
    return new Set([...this.#propagation.settle()].map(Number));
  }

  #put(contribution: DataTimeContribution): void {
    if (!this.#watched.has(Number(contribution.dataset))) {
      // It was about another node before.
      this.#propagation.remove(contribution.key);
      return;
    }
    const held = this.rows.contribution(contribution.key);
    if (held !== null && JSON.stringify(held) === JSON.stringify(contribution)) return;
    this.#propagation.put(contribution);
    if (contribution.kind === 'write') for (const input of contribution.inputs) this.watch(Number(input));
  }

  /** All that was ever said of a node: once, when it comes to be watched. */
  #loadHistory(root: number): void {
    for (const member of membersOf(this.#db, root)) {
      this.name(member);
      const runs = this.#db.all(
        `SELECT DISTINCT s.run AS run FROM edge e
           JOIN edge_timeline et ON et.element = e.id AND et.columns = 0
           JOIN timeline t ON t.id = et.timeline AND t.mode = 'RUN' AND t.failed_of IS NULL
           JOIN said s ON s.timeline = t.id
         WHERE e.dst = ? AND e.kind = ? UNION SELECT DISTINCT run FROM watermark WHERE name = ? AND run > 0`,
        member,
        WRITES,
        member,
      );
      for (const found of runs) this.run(int(found, 'run'));
    }
    for (const row of this.#db.all('SELECT src FROM current_edge WHERE dst = ? AND kind = ?', root, WRITES))
      this.progress(int(row, 'src'));
  }

  #writesOf(id: number): DataWrite[] {
    const run = this.#db.get(
      'SELECT job, run_id, status, done, start_t, nominal_start, nominal_end FROM run WHERE id = ?',
      id,
    );
    const done = run === undefined ? null : intOrNull(run, 'done');
    if (run === undefined || run['status'] !== 'DONE' || done === null) return [];
    const [reads, writes] = this.#datasetsOf(id);
    const outputs = [...writes].filter((root) => this.#watched.has(root));
    if (outputs.length === 0) return [];
    const told = this.#watermarksOfOutputs(id);
    const job = this.#nameOf(int(run, 'job'));
    return outputs.map((root) => ({
      kind: 'write',
      key: `run:${id}:${root}`,
      dataset: String(root),
      job,
      start: int(run, 'start_t'),
      at: done,
      cap: intOrNull(run, 'nominal_end') ?? intOrNull(run, 'nominal_start'),
      watermark: told.get(root) ?? null,
      inputs: [...reads]
        .filter((input) => input !== root)
        .map(String)
        .sort(),
      readsItself: reads.has(root),
    }));
  }

  /** Nodes that a run names as inputs, and as outputs. */
  #datasetsOf(run: number): [Set<number>, Set<number>] {
    const [reads, writes] = [new Set<number>(), new Set<number>()];
    for (const row of this.#db.all(
      "SELECT DISTINCT s.eset AS eset, t.direction AS direction FROM said s JOIN timeline t ON t.id = s.timeline WHERE s.run = ? AND t.mode = 'RUN' AND t.direction IN ('READS', 'WRITES')",
      run,
    )) {
      const isRead = row['direction'] === 'READS';
      for (const element of this.#interned.elements(int(row, 'eset'))) {
        const edge = this.#db.get(
          `SELECT n.root AS root FROM edge e JOIN name n ON n.id = e.${isRead ? 'src' : 'dst'} WHERE e.id = ?`,
          element,
        );
        if (edge !== undefined) (isRead ? reads : writes).add(int(edge, 'root'));
      }
    }
    return [reads, writes];
  }

  #watermarksOfOutputs(run: number): Map<number, number> {
    const rows = this.#db.all(
      'SELECT n.root AS root, max(w.reach) AS reach FROM watermark w JOIN name n ON n.id = w.name WHERE w.run = ? AND w.run > 0 AND w.output = 1 GROUP BY n.root',
      run,
    );
    return new Map(rows.map((row) => [int(row, 'root'), int(row, 'reach')]));
  }

  /** Watermarks that are no word of a batch run on what it writes. */
  #watermarks(where: string, of: number): DataTold[] {
    const rows = this.#db.all(
      `SELECT w.name AS name, w.t AS t, w.k AS k, w.run AS run, w.reach AS reach, n.root AS root FROM watermark w JOIN name n ON n.id = w.name
         LEFT JOIN run r ON r.id = w.run WHERE ${where} AND (w.output = 0 OR r.status = 'LIVE')`,
      of,
    );
    return rows.map((row) => {
      const [t, reach, run] = [int(row, 't'), int(row, 'reach'), int(row, 'run')];
      const key = `${run > 0 ? `run:${run}` : 'told'}:${int(row, 'name')}@${t}.${int(row, 'k')}`;
      const dataset = String(int(row, 'root'));
      return { kind: 'told', key, dataset, job: null, at: t, reach, bound: reach, because: 'its watermark' };
    });
  }

  #hasReaders(root: number): boolean {
    return this.#db.get('SELECT 1 AS yes FROM contribution_input WHERE input = ? LIMIT 1', root) !== undefined;
  }

  #runsAbout(root: number): number[] {
    return this.#db
      .all(
        'SELECT run FROM contribution WHERE dataset = ? AND run > 0 UNION SELECT c.run FROM contribution_input i JOIN contribution c ON c.key = i.key WHERE i.input = ? AND c.run > 0',
        root,
        root,
      )
      .map((row) => int(row, 'run'));
  }

  #nameOf(id: number): string {
    const row = this.#db.get('SELECT name FROM name WHERE id = ?', id);
    return row === undefined ? String(id) : text(row, 'name');
  }

  #load(): void {
    for (const row of this.#db.all('SELECT dataset FROM watched')) this.#watched.add(int(row, 'dataset'));
  }
}
