/** The newest runs of each batch job, and what is expected of them. */

import {
  type DeclaredRuns,
  judgeRuns,
  NOTHING_DECLARED,
  NOTHING_TOLD,
  parseNodeId,
  RUNS_KEPT,
  type RunMemory,
  type WatchedRun,
} from '#lineage';
import { BoundedMap } from '../../bounded-map.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../../database.ts';
import type { NameBook } from '../../read/name-book.ts';
import { REMEMBERED } from '../../remembered.ts';
import type { RunRow } from '../run-table.ts';
import type { ExpectationTable } from './expectation-table.ts';
import { jobSubject, runSubject, type ToldExpectation } from './told-expectation.ts';

/** Runs of jobs that are read as batch jobs: others have no end to wait for. */
interface Kept extends WatchedRun {
  readonly isBatch: boolean;
}

export class RunWatch {
  readonly #db: Database;
  readonly #names: NameBook;
  readonly #table: ExpectationTable;
  readonly #windows = new BoundedMap<number, Kept[]>(REMEMBERED.assets);
  /** By number. */
  readonly #jobs = new BoundedMap<number, { readonly name: string; readonly id: string }>(REMEMBERED.assets);
  #touched = new Map<number, Set<RunRow>>();
  /** By job id; null: not read yet. */
  #declared: ReadonlyMap<string, DeclaredRuns> | null = null;

  constructor(db: Database, names: NameBook, table: ExpectationTable) {
    this.#db = db;
    this.#names = names;
    this.#table = table;
  }

  forget(): void {
    this.#windows.clear();
    this.#jobs.clear();
    this.#touched = new Map();
    this.#declared = null;
  }

  /** Replaces what was declared; whose word is another now is looked at by the next tick. */
  declare(declared: ReadonlyMap<string, DeclaredRuns>): void {
    const before = this.#wanted();
    const after = new Map<string, DeclaredRuns>();
    for (const [id, runs] of declared) after.set(this.#canonical(id), runs);
    this.#declared = after;
    // Only what differs is written: a start on a full disk has to go well.
    for (const id of new Set([...before.keys(), ...after.keys()])) {
      const runs = after.get(id);
      if (JSON.stringify(before.get(id)) === JSON.stringify(runs)) continue;
      if (runs === undefined) this.#db.write('DELETE FROM declared_runs WHERE job = ?', id);
      else
        this.#db.write('INSERT OR REPLACE INTO declared_runs(job, declared) VALUES (?, ?)', id, JSON.stringify(runs));
      const job = this.#find(id);
      if (job !== null) this.#table.keep('run', String(job), this.#table.memory('run', String(job)), 0);
    }
  }

  touch(run: RunRow): void {
    const held = this.#touched.get(run.job);
    if (held === undefined) this.#touched.set(run.job, new Set([run]));
    else held.add(run);
  }

  /** Ends a batch: the runs' rows are written. */
  settle(now: number): ToldExpectation[] {
    const told: ToldExpectation[] = [];
    for (const [job, runs] of this.#touched) {
      const window = this.#windows.get(job);
      if (window !== undefined) this.#join(job, window, runs);
      // Settled without a clock, when a store is built anew: the first tick judges.
      if (now > 0) told.push(...this.judge(job, now));
      else this.#table.keep('run', String(job), this.#table.memory('run', String(job)), 0);
    }
    this.#touched = new Map();
    return told;
  }

  judge(job: number, now: number): ToldExpectation[] {
    const runs = this.#window(job).filter(({ isBatch }) => isBatch);
    const { name, id } = this.#nameOf(job);
    const memory = this.#table.memory<RunMemory>('run', String(job)) ?? NOTHING_TOLD;
    const declared = this.#wanted().get(id) ?? NOTHING_DECLARED;
    const verdict = judgeRuns(name, runs, declared, memory, now);
    const isEmpty = verdict.memory.missingAfter === null && Object.keys(verdict.memory.told).length === 0;
    this.#table.keep('run', String(job), isEmpty ? null : verdict.memory, verdict.next);
    return verdict.changes.map(({ run, ...change }) => ({
      ...change,
      subject: run === null ? id : runSubject(run),
    }));
  }

  #nameOf(job: number): { readonly name: string; readonly id: string } {
    const held = this.#jobs.get(job);
    if (held !== undefined) return held;
    const row = this.#names.byId(job);
    const named = { name: row.name, id: jobSubject(row) };
    this.#jobs.set(job, named);
    return named;
  }

  #wanted(): ReadonlyMap<string, DeclaredRuns> {
    this.#declared ??= new Map(
      this.#db
        .all('SELECT job, declared FROM declared_runs')
        .map((row) => [text(row, 'job'), JSON.parse(text(row, 'declared')) as DeclaredRuns]),
    );
    return this.#declared;
  }

  /** The job's own id where it is known; a job that comes later has to be written as it is called. */
  #canonical(id: string): string {
    const job = this.#find(id);
    return job === null ? id : jobSubject(this.#names.byId(job));
  }

  #find(id: string): number | null {
    for (const ref of parseNodeId(id)) {
      const node = ref.kind === 'job' ? this.#names.resolve(ref) : null;
      if (node !== null) return node.id;
    }
    return null;
  }

  /** The window with these runs as they are now. */
  #join(job: number, window: readonly Kept[], runs: ReadonlySet<RunRow>): void {
    const ids = new Set([...runs].map(({ runId }) => runId));
    const all = [...window.filter(({ id }) => !ids.has(id)), ...[...runs].map(keptRun)];
    all.sort((a, b) => b.start - a.start || (a.id < b.id ? 1 : -1));
    const joined = all.slice(0, RUNS_KEPT);
    const oldest = joined.at(-1);
    // A run whose start moved back may have left room for one that isn't in the window.
    if (oldest !== undefined && joined.length === RUNS_KEPT && ids.has(oldest.id)) this.#windows.delete(job);
    else this.#windows.set(job, joined);
  }

  #window(job: number): Kept[] {
    const held = this.#windows.get(job);
    if (held !== undefined) return held;
    const read = this.#db
      .all(`SELECT * FROM run WHERE job = ? ORDER BY start_t DESC, run_id DESC LIMIT ${RUNS_KEPT}`, job)
      .map(keptOf);
    this.#windows.set(job, read);
    return read;
  }
}

const STARTED = 1;

function keptOf(row: Row): Kept {
  return {
    id: text(row, 'run_id'),
    execution: textOrNull(row, 'parent_run') ?? text(row, 'run_id'),
    state: stateOf(text(row, 'status')),
    isBatch: text(row, 'type') === 'BATCH',
    start: int(row, 'start_t'),
    began: (int(row, 'seen_types') & STARTED) > 0,
    done: intOrNull(row, 'done'),
    lastHeard: int(row, 'last_t'),
    receivedAt: int(row, 'received_at'),
  };
}

function keptRun(run: RunRow): Kept {
  return {
    id: run.runId,
    execution: run.facts.parentRun ?? run.runId,
    state: stateOf(run.facts.status),
    isBatch: run.facts.type === 'BATCH',
    start: run.start.t,
    began: (run.seenTypes & STARTED) > 0,
    done: run.facts.done,
    lastHeard: run.lastT,
    receivedAt: run.receivedAt,
  };
}

const stateOf = (status: string): WatchedRun['state'] => (status === 'DONE' || status === 'FAILED' ? status : 'OPEN');
