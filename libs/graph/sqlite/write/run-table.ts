/** Runs: the joins of what their events said, and what follows for them: how they are read, whether they are done. */

import type { Delta, ProcessingType, RunStatement } from '#lineage';
import { BoundedMap } from '../bounded-map.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull, type Value } from '../database.ts';
import type { Interned } from '../interned.ts';
import { REMEMBERED } from '../remembered.ts';
import { compareKeys, type Key } from '../stamps.ts';

export type RunStatus = 'OPEN' | 'DONE' | 'FAILED' | 'LIVE';

/** What decides how a run's statements count. */
export interface RunFacts {
  readonly type: ProcessingType;
  readonly content: 'ACCUMULATIVE' | 'COMPLETE_SNAPSHOT';
  readonly status: RunStatus;
  readonly done: number | null;
  readonly parentRun: string | null;
  /** The type was said, by the run or by its job: not the default. */
  readonly stated: boolean;
  /** Key of the execution that the run is part of; null: of none, or each statement is its own. */
  readonly execution: string | null;
}

export interface RunRow {
  readonly id: number;
  readonly job: number;
  readonly runId: string;
  readonly receivedAt: number;
  start: Key;
  lastT: number;
  said: (Key & { type: ProcessingType; content: RunFacts['content']; window: number | null }) | null;
  parent: (Key & { job: number; run: string }) | null;
  root: (Key & { job: number; run: string }) | null;
  nominal: (Key & { start: number | null; end: number | null }) | null;
  error: (Key & { message: string }) | null;
  completeFirst: number | null;
  completeLast: number | null;
  failLast: number | null;
  abortLast: number | null;
  lastType: string | null;
  lastTypeT: number | null;
  /** Bits: 1 START or RUNNING, 2 OTHER. */
  seenTypes: number;
  facts: RunFacts;
}

const NEW_FACTS: Omit<RunFacts, 'execution'> = {
  type: 'BATCH',
  content: 'ACCUMULATIVE',
  status: 'OPEN',
  done: null,
  parentRun: null,
  stated: false,
};

export class RunTable {
  readonly #db: Database;
  readonly #interned: Interned;
  /** By run id; one id under several jobs is several runs. */
  #held = new Map<string, RunRow[]>();
  #byId = new Map<number, RunRow>();
  #dirty = new Set<RunRow>();
  /** Of the dirty ones, those without a row yet: START and COMPLETE of one batch are one INSERT. */
  #new = new Set<RunRow>();
  #lastId: number | null = null;
  /** What spares a look at the table for nearly every event: a job's latest start, and whether any jobType was ever said. */
  readonly #jobs = new BoundedMap<number, { latestStart: number; isTyped: boolean }>(REMEMBERED.names);

  constructor(db: Database, interned: Interned) {
    this.#db = db;
    this.#interned = interned;
  }

  forget(): void {
    this.#held = new Map();
    this.#byId = new Map();
    this.#dirty = new Set();
    this.#new = new Set();
    this.#lastId = null;
    this.#jobs.clear();
  }

  /** Writes what changed: before any query over the table, and before a commit. */
  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const run of this.#dirty) {
      if (this.#new.has(run)) this.#insert(run);
      else this.#update(run);
    }
    this.#dirty = new Set();
    this.#new = new Set();
  }

  /** Between batches: nobody holds a row then. */
  trim(): void {
    if (this.#byId.size <= REMEMBERED.runs) return;
    this.#held = new Map();
    this.#byId = new Map();
  }

  /** The run, made if it is new. */
  open(job: number, runId: string, stamp: Key, receivedAt: number): { readonly run: RunRow; readonly isNew: boolean } {
    const held = this.#held.get(runId)?.find((each) => each.job === job);
    if (held !== undefined) return { run: held, isNew: false };
    const row = this.#db.get('SELECT * FROM run WHERE job = ? AND run_id = ?', job, runId);
    if (row !== undefined) return { run: this.#hold(runOf(row)), isNew: false };
    const id = this.#nextId();
    const run: RunRow = {
      id,
      job,
      runId,
      receivedAt,
      start: stamp,
      lastT: stamp.t,
      said: null,
      parent: null,
      root: null,
      nominal: null,
      error: null,
      completeFirst: null,
      completeLast: null,
      failLast: null,
      abortLast: null,
      lastType: null,
      lastTypeT: null,
      seenTypes: 0,
      facts: { ...NEW_FACTS, execution: `r${id}` },
    };
    const known = this.#job(job);
    known.latestStart = Math.max(known.latestStart, stamp.t);
    this.#new.add(run);
    this.#dirty.add(run);
    return { run: this.#hold(run), isNew: true };
  }

  byId(id: number): RunRow {
    const held = this.#byId.get(id);
    if (held !== undefined) return held;
    const row = this.#db.get('SELECT * FROM run WHERE id = ?', id);
    if (row === undefined) throw new Error(`run ${id} is not in the store`);
    return this.#hold(runOf(row));
  }

  /** Joins a statement into the run. Facts that follow from it alone come with `derive`. */
  join(run: RunRow, said: RunStatement, stamp: Key): void {
    this.#dirty.add(run);
    if (compareKeys(stamp, run.start) < 0) run.start = stamp;
    if (stamp.t > run.lastT) run.lastT = stamp.t;
    const { processing, parent, root } = said;
    if (processing !== undefined && isLast(stamp, run.said)) {
      this.#job(run.job).isTyped = true;
      run.said = {
        t: stamp.t,
        k: stamp.k,
        type: processing.type,
        content: processing.content,
        window: processing.windowSeconds ?? null,
      };
    }
    if (parent !== undefined && isFirst(stamp, run.parent)) {
      run.parent = { t: stamp.t, k: stamp.k, job: this.#interned.job(parent.job), run: parent.runId };
    }
    if (root !== undefined && isFirst(stamp, run.root)) {
      run.root = { t: stamp.t, k: stamp.k, job: this.#interned.job(root.job), run: root.runId };
    }
    if ((said.nominalStart !== undefined || said.nominalEnd !== undefined) && isLast(stamp, run.nominal)) {
      run.nominal = { t: stamp.t, k: stamp.k, start: said.nominalStart ?? null, end: said.nominalEnd ?? null };
    }
    if (said.error !== undefined && isLast(stamp, run.error)) run.error = { ...stamp, message: said.error };
    joinType(run, said.type, stamp.t);
    // A look at the job may have written the run half joined.
    this.#dirty.add(run);
  }

  /** Facts that follow from the run's rows and its job's statements. @returns the facts before, if they changed. */
  derive(run: RunRow): RunFacts | null {
    const own = run.said ?? this.governing(run.job, run.start.t);
    const type = own?.type ?? 'BATCH';
    const status = statusOf(run, type);
    const facts = {
      type,
      content: own?.content ?? 'ACCUMULATIVE',
      status,
      done: status === 'DONE' ? run.completeFirst : null,
      parentRun: run.parent?.run ?? null,
      stated: own !== null,
    } as const;
    const before = run.facts;
    if (
      facts.type === before.type &&
      facts.content === before.content &&
      facts.status === before.status &&
      facts.done === before.done &&
      facts.parentRun === before.parentRun &&
      facts.stated === before.stated
    ) {
      return null;
    }
    run.facts = { ...facts, execution: executionOf(run.id, facts) };
    this.#dirty.add(run);
    return before;
  }

  /** The jobType statement that runs of a job that began at `start` inherit: the latest one begun strictly before. */
  governing(
    job: number,
    start: number,
  ): { readonly type: ProcessingType; readonly content: RunFacts['content'] } | null {
    if (!this.#job(job).isTyped) return null;
    this.flush();
    const run = this.#db.get(
      'SELECT said_type, said_content, start_t, said_t, said_k FROM run WHERE job = ? AND said_type IS NOT NULL AND start_t < ? ORDER BY start_t DESC, said_t DESC, said_k DESC LIMIT 1',
      job,
      start,
    );
    const declared = this.#db.get(
      'SELECT type, content, t, k FROM declared_type WHERE job = ? AND t < ? ORDER BY t DESC, k DESC LIMIT 1',
      job,
      start,
    );
    if (run === undefined && declared === undefined) return null;
    if (declared !== undefined && (run === undefined || declaredIsLater(declared, run))) {
      return { type: processingType(text(declared, 'type')), content: contentMode(text(declared, 'content')) };
    }
    return run === undefined
      ? null
      : { type: processingType(text(run, 'said_type')), content: contentMode(text(run, 'said_content')) };
  }

  /**
   * Since when it is the past how a run of the job ended that ended at `ended`: the start of the first run that began
   * after it and has completed or, where it was a completion, failed. null: it is not. (A failure before a failure is
   * none: the job is still failing.)
   */
  supersededSince(job: number, ended: number, status: RunStatus): number | null {
    if (ended >= this.#job(job).latestStart) return null;
    this.flush();
    const later = this.#db.get(
      "SELECT start_t FROM run WHERE job = ? AND start_t > ? AND (status = 'DONE' OR status = ?) ORDER BY start_t LIMIT 1",
      job,
      ended,
      status === 'DONE' ? 'FAILED' : 'DONE',
    );
    return later === undefined ? null : int(later, 'start_t');
  }

  /** Runs without a jobType of their own that inherit from statements begun in [from, …). */
  inheritors(job: number, from: number): RunRow[] {
    if (from >= this.#job(job).latestStart) return [];
    this.flush();
    // Up to the next statement; later runs inherit from that one.
    const nextRun = this.#db.get(
      'SELECT min(start_t) AS t FROM run WHERE job = ? AND said_type IS NOT NULL AND start_t > ?',
      job,
      from,
    );
    const nextDeclared = this.#db.get('SELECT min(t) AS t FROM declared_type WHERE job = ? AND t > ?', job, from);
    const until = Math.min(
      (nextRun && intOrNull(nextRun, 't')) ?? Number.MAX_SAFE_INTEGER,
      (nextDeclared && intOrNull(nextDeclared, 't')) ?? Number.MAX_SAFE_INTEGER,
    );
    return this.#db
      .all('SELECT id FROM run WHERE job = ? AND said_type IS NULL AND start_t > ? AND start_t <= ?', job, from, until)
      .map((row) => this.byId(int(row, 'id')));
  }

  declare(job: number, delta: Delta, stamp: Key): boolean {
    const processing = delta.declaredProcessing;
    if (processing === null) return false;
    this.#job(job).isTyped = true;
    this.#db.write(
      'INSERT OR IGNORE INTO declared_type(job, t, k, type, content, window) VALUES (?, ?, ?, ?, ?, ?)',
      job,
      stamp.t,
      stamp.k,
      processing.type,
      processing.content,
      processing.windowSeconds ?? null,
    );
    return true;
  }

  #job(job: number): { latestStart: number; isTyped: boolean } {
    const held = this.#jobs.get(job);
    if (held !== undefined) return held;
    this.flush();
    const latest = this.#db.get('SELECT max(start_t) AS t FROM run WHERE job = ?', job);
    const typed =
      this.#db.get('SELECT 1 AS yes FROM run WHERE job = ? AND said_type IS NOT NULL LIMIT 1', job) ??
      this.#db.get('SELECT 1 AS yes FROM declared_type WHERE job = ? LIMIT 1', job);
    const made = { latestStart: (latest && intOrNull(latest, 't')) ?? -Infinity, isTyped: typed !== undefined };
    this.#jobs.set(job, made);
    return made;
  }

  #hold(run: RunRow): RunRow {
    const held = this.#held.get(run.runId);
    if (held === undefined) this.#held.set(run.runId, [run]);
    else held.push(run);
    this.#byId.set(run.id, run);
    return run;
  }

  #nextId(): number {
    if (this.#lastId === null) {
      const row = this.#db.get('SELECT max(id) AS id FROM run');
      this.#lastId = (row && intOrNull(row, 'id')) ?? 0;
    }
    this.#lastId += 1;
    return this.#lastId;
  }

  #insert(run: RunRow): void {
    this.#db.write(
      `INSERT INTO run(job, run_id, received_at, start_t, start_k, last_t, said_type, said_content, said_window, said_t, said_k,
        parent_job, parent_run, parent_t, parent_k, root_job, root_run, root_t, root_k,
        nominal_start, nominal_end, nominal_t, nominal_k, error, error_t, error_k,
        complete_first, complete_last, fail_last, abort_last, last_type, last_type_t, seen_types,
        type, content, status, done, stated, id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run.job,
      run.runId,
      run.receivedAt,
      ...columnsOf(run),
      run.id,
    );
  }

  #update(run: RunRow): void {
    this.#db.write(
      `UPDATE run SET start_t = ?, start_k = ?, last_t = ?, said_type = ?, said_content = ?, said_window = ?, said_t = ?, said_k = ?,
        parent_job = ?, parent_run = ?, parent_t = ?, parent_k = ?, root_job = ?, root_run = ?, root_t = ?, root_k = ?,
        nominal_start = ?, nominal_end = ?, nominal_t = ?, nominal_k = ?, error = ?, error_t = ?, error_k = ?,
        complete_first = ?, complete_last = ?, fail_last = ?, abort_last = ?, last_type = ?, last_type_t = ?, seen_types = ?,
        type = ?, content = ?, status = ?, done = ?, stated = ? WHERE id = ?`,
      ...columnsOf(run),
      run.id,
    );
  }
}

function columnsOf(run: RunRow): Value[] {
  const { said, parent, root, nominal, error, facts } = run;
  return [
    run.start.t,
    run.start.k,
    run.lastT,
    said?.type ?? null,
    said?.content ?? null,
    said?.window ?? null,
    said?.t ?? null,
    said?.k ?? null,
    parent?.job ?? null,
    parent?.run ?? null,
    parent?.t ?? null,
    parent?.k ?? null,
    root?.job ?? null,
    root?.run ?? null,
    root?.t ?? null,
    root?.k ?? null,
    nominal?.start ?? null,
    nominal?.end ?? null,
    nominal?.t ?? null,
    nominal?.k ?? null,
    error?.message ?? null,
    error?.t ?? null,
    error?.k ?? null,
    run.completeFirst,
    run.completeLast,
    run.failLast,
    run.abortLast,
    run.lastType,
    run.lastTypeT,
    run.seenTypes,
    facts.type,
    facts.content,
    facts.status,
    facts.done,
    facts.stated ? 1 : 0,
  ];
}

function isLast(stamp: Key, held: Key | null): boolean {
  return held === null || compareKeys(stamp, held) >= 0;
}

function isFirst(stamp: Key, held: Key | null): boolean {
  return held === null || compareKeys(stamp, held) < 0;
}

/** FAIL over ABORT over COMPLETE over the rest, at one instant. */
const RANK: Readonly<Record<string, number>> = { FAIL: 3, ABORT: 2, COMPLETE: 1 };

function joinType(run: RunRow, type: RunStatement['type'], t: number): void {
  if (type === 'START' || type === 'RUNNING') run.seenTypes |= 1;
  if (type === 'OTHER') run.seenTypes |= 2;
  if (type === 'COMPLETE') {
    run.completeFirst = Math.min(run.completeFirst ?? t, t);
    run.completeLast = Math.max(run.completeLast ?? t, t);
  }
  if (type === 'FAIL') run.failLast = Math.max(run.failLast ?? t, t);
  if (type === 'ABORT') run.abortLast = Math.max(run.abortLast ?? t, t);
  const rank = RANK[type ?? ''] ?? 0;
  const heldRank = RANK[run.lastType ?? ''] ?? 0;
  if (run.lastTypeT === null || t > run.lastTypeT || (t === run.lastTypeT && rank > heldRank)) {
    run.lastTypeT = t;
    run.lastType = rank === 0 ? 'RUNNING' : type;
  }
}

function statusOf(run: RunRow, type: ProcessingType): RunStatus {
  if (type !== 'BATCH') return 'LIVE';
  const complete = run.completeLast ?? Number.NEGATIVE_INFINITY;
  const failed = Math.max(run.failLast ?? Number.NEGATIVE_INFINITY, run.abortLast ?? Number.NEGATIVE_INFINITY);
  if (complete === Number.NEGATIVE_INFINITY && failed === Number.NEGATIVE_INFINITY) return 'OPEN';
  return failed >= complete ? 'FAILED' : 'DONE';
}

function declaredIsLater(declared: Row, run: Row): boolean {
  const at = int(declared, 't') - int(run, 'start_t');
  return (
    at > 0 ||
    (at === 0 &&
      compareKeys({ t: int(declared, 't'), k: int(declared, 'k') }, { t: int(run, 'said_t'), k: int(run, 'said_k') }) >
        0)
  );
}

export function processingType(value: string): ProcessingType {
  return value === 'STREAMING' || value === 'SERVICE' ? value : 'BATCH';
}

export function contentMode(value: string): RunFacts['content'] {
  return value === 'COMPLETE_SNAPSHOT' ? value : 'ACCUMULATIVE';
}

function executionOf(run: number, facts: Omit<RunFacts, 'execution'>): string | null {
  if (facts.status === 'FAILED') return null;
  if (facts.status === 'LIVE') return facts.content === 'COMPLETE_SNAPSHOT' ? null : `r${run}`;
  return facts.parentRun === null ? `r${run}` : `p${facts.parentRun}`;
}

export function runOf(row: Row): RunRow {
  const at = (prefix: string): Key | null => {
    const t = intOrNull(row, `${prefix}_t`);
    const k = intOrNull(row, `${prefix}_k`);
    return t === null || k === null ? null : { t, k };
  };
  const said = at('said');
  const parent = at('parent');
  const root = at('root');
  const nominal = at('nominal');
  const error = at('error');
  const facts = {
    type: processingType(text(row, 'type')),
    content: contentMode(text(row, 'content')),
    status: text(row, 'status') as RunStatus,
    done: intOrNull(row, 'done'),
    parentRun: textOrNull(row, 'parent_run'),
    stated: int(row, 'stated') === 1,
  };
  return {
    id: int(row, 'id'),
    job: int(row, 'job'),
    runId: text(row, 'run_id'),
    receivedAt: int(row, 'received_at'),
    start: { t: int(row, 'start_t'), k: int(row, 'start_k') },
    lastT: int(row, 'last_t'),
    said: said && {
      ...said,
      type: processingType(text(row, 'said_type')),
      content: contentMode(text(row, 'said_content')),
      window: intOrNull(row, 'said_window'),
    },
    parent: parent && { ...parent, job: int(row, 'parent_job'), run: text(row, 'parent_run') },
    root: root && { ...root, job: int(row, 'root_job'), run: text(row, 'root_run') },
    nominal: nominal && { ...nominal, start: intOrNull(row, 'nominal_start'), end: intOrNull(row, 'nominal_end') },
    error: error && { ...error, message: text(row, 'error') },
    completeFirst: intOrNull(row, 'complete_first'),
    completeLast: intOrNull(row, 'complete_last'),
    failLast: intOrNull(row, 'fail_last'),
    abortLast: intOrNull(row, 'abort_last'),
    lastType: textOrNull(row, 'last_type'),
    lastTypeT: intOrNull(row, 'last_type_t'),
    seenTypes: int(row, 'seen_types'),
    facts: { ...facts, execution: executionOf(int(row, 'id'), facts) },
  };
}
