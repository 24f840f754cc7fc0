import { join } from 'node:path';
import type { StatementSyncInstance } from '@photostructure/sqlite';
import type { JobQueue, LaneWork, WakeUp } from '#lineage';
import { makeFolder } from './make-folder.ts';
import { asStorageError, type Database, openDatabase } from './open-database.ts';
import { DEFAULT_RETRY_DELAY, type RetryDelay, retryDelay } from './retry-delay.ts';
import { StorageError } from './storage-error.ts';

export interface SqliteJobQueueOptions {
  /** The folder of `queue.db`; made if missing. */
  readonly directory: string;
  readonly retry?: RetryDelay;
}

/** The clock may be set anew while a timer runs: no longer than this is waited without a look at it, ms. */
const LONGEST_WAIT = 60_000;

/**
 * The embedded queue: one row for each lane that is due some time, in a SQLite file of one process. A lane keeps its row
 * while it is handled, so that it is handled again after a crash. Not synced at each commit: see `JobQueue`.
 */
export class SqliteJobQueue implements JobQueue {
  readonly #db: Database;
  readonly #path: string;
  readonly #retry: RetryDelay;
  readonly #put: StatementSyncInstance;
  readonly #set: StatementSyncInstance;
  readonly #drop: StatementSyncInstance;
  readonly #due: StatementSyncInstance;
  readonly #next: StatementSyncInstance;
  /** Lanes that are handled, with when they are wanted again; Infinity: nobody asked. */
  readonly #running = new Map<string, number>();
  /** In a row, of lanes whose last handling failed. */
  readonly #failures = new Map<string, number>();
  readonly #handling = new Set<Promise<void>>();
  #work: LaneWork | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  private constructor(db: Database, path: string, retry: RetryDelay) {
    this.#db = db;
    this.#path = path;
    this.#retry = retry;
    this.#put = db.prepare(
      'INSERT INTO lane (name, due) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET due = min(due, excluded.due)',
    );
    this.#set = db.prepare('UPDATE lane SET due = ? WHERE name = ?');
    this.#drop = db.prepare('DELETE FROM lane WHERE name = ?');
    this.#due = db.prepare('SELECT name FROM lane WHERE due <= ? ORDER BY due LIMIT ?');
    this.#next = db.prepare('SELECT min(due) AS due FROM lane WHERE due > ?');
  }

  /** Rejects with a StorageError. */
  static async open({ directory, retry = DEFAULT_RETRY_DELAY }: SqliteJobQueueOptions): Promise<SqliteJobQueue> {
    const path = join(directory, 'queue.db');
    makeFolder(directory);
    const db = await openDatabase(path);
    try {
      db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS lane_by_due ON lane (due);`);
      return new SqliteJobQueue(db, path, retry);
    } catch (error) {
      db.close();
      throw asStorageError(error, path);
    }
  }

  async schedule(wakeUps: readonly WakeUp[]): Promise<void> {
    if (this.#closed) throw new StorageError('CLOSED', `${this.#path} is closed`);
    // A lane that is handled has its row; when it is wanted again is written when its handler ends.
    const resting = wakeUps.filter(({ lane }) => !this.#running.has(lane));
    if (resting.length > 0) {
      this.#transaction(() => {
        for (const { lane, at } of resting) this.#put.run(lane, Math.ceil(at));
      });
    }
    for (const { lane, at } of wakeUps) {
      const wanted = this.#running.get(lane);
      if (wanted !== undefined) this.#running.set(lane, Math.min(wanted, at));
    }
    this.#takeUp();
  }

  work(work: LaneWork): void {
    if (this.#work !== null) throw new Error('the queue works already');
    this.#work = work;
    this.#takeUp();
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      if (this.#timer !== null) clearTimeout(this.#timer);
    }
    await Promise.all(this.#handling);
    if (this.#db.isOpen) this.#db.close();
  }

  /** Starts handlers of lanes that are due, as many as may run, and sets the timer for the next one. */
  #takeUp(): void {
    const work = this.#work;
    if (work === null || this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const now = Date.now();
    const free = work.lanesAtOnce - this.#running.size;
    if (free <= 0) return;
    // Those that run are due too, and stand before the others.
    const due = this.#due.all(now, free + this.#running.size) as { readonly name: string }[];
    const idle = due.filter(({ name }) => !this.#running.has(name)).slice(0, free);
    for (const { name } of idle) this.#handle(name, work);
    if (idle.length === free) return;
    const next = this.#next.get(now) as { readonly due: number | null };
    if (next.due !== null) this.#wakeIn(next.due - now);
  }

  #wakeIn(ms: number): void {
    this.#timer = setTimeout(() => this.#takeUp(), Math.min(ms, LONGEST_WAIT));
    this.#timer.unref();
  }

  #handle(lane: string, work: LaneWork): void {
    this.#running.set(lane, Infinity);
    const handling = this.#called(lane, work)
      .then((next) => this.#settle(lane, next, work))
      .then(() => {
        this.#handling.delete(handling);
        this.#takeUp();
      });
    this.#handling.add(handling);
  }

  /** When the lane is wanted next; never rejects. */
  async #called(lane: string, work: LaneWork): Promise<number | null> {
    try {
      const next = await work.handler(lane);
      this.#failures.delete(lane);
      return next;
    } catch (error) {
      work.onFailure(lane, error);
      return this.#after(lane);
    }
  }

  #after(lane: string): number {
    const failures = (this.#failures.get(lane) ?? 0) + 1;
    this.#failures.set(lane, failures);
    return Date.now() + retryDelay(this.#retry, failures);
  }

  /** Where the file refuses, the lane stays taken, and it is tried again; a restart handles it once more. */
  async #settle(lane: string, next: number | null, work: LaneWork): Promise<void> {
    for (;;) {
      const wanted = Math.min(next ?? Infinity, this.#running.get(lane) ?? Infinity);
      try {
        if (wanted === Infinity) this.#drop.run(lane);
        else this.#set.run(Math.ceil(wanted), lane);
        this.#running.delete(lane);
        return;
      } catch (error) {
        work.onFailure(lane, asStorageError(error, this.#path));
        if (this.#closed) return;
        const rest = this.#after(lane) - Date.now();
        await new Promise((resolve) => setTimeout(resolve, rest));
      }
    }
  }

  #transaction(write: () => void): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      write();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw asStorageError(error, this.#path);
    }
  }
}
