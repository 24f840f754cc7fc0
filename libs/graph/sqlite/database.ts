/** A SQLite connection with its prepared statements: SQL text in, rows of plain values out. */
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';

export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

/**
 * Of each connection, and the kernel's cache lies behind it: with twice as much events cost the same, on a graph of 100,000
 * datasets too.
 */
const CACHE_KIB = 16_384;

export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** Page cache, KiB: what isn't in it comes from the kernel's. */
  readonly cacheKiB?: number;
  /** Of the file that is mapped into memory: each connection's map counts as memory of the process. */
  readonly mapBytes?: number;
}

export class Database {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements = new Map<string, StatementSyncInstance>();
  readonly #tuples = new Map<string, StatementSyncInstance>();
  #checkpointEach = 0;

  constructor(path: string, options: DatabaseOptions = {}) {
    this.#db = new DatabaseSync(path, { readOnly: options.readOnly ?? false });
    this.#db.exec('PRAGMA busy_timeout = 10000');
    if (options.readOnly !== true) {
      this.#db.exec('PRAGMA journal_mode = WAL');
      // The event log is synced; what a power cut takes from the graph is applied again from there.
      this.#db.exec('PRAGMA synchronous = NORMAL');
      this.checkpointEach(32);
    }
    this.#db.exec(`PRAGMA cache_size = -${options.cacheKiB ?? CACHE_KIB}`);
    this.#db.exec(`PRAGMA mmap_size = ${options.mapBytes ?? 0}`);
    this.#db.exec('PRAGMA temp_store = MEMORY');
  }

  /**
   * The commit that fills the journal copies it into the file, and all wait for the disk meanwhile: 45 ms for 32 MiB. The
   * fuller it is by then, the oftener a hot page is copied just once for many batches.
   */
  checkpointEach(mebibytes: number): void {
    if (mebibytes === this.#checkpointEach) return;
    this.#checkpointEach = mebibytes;
    this.#db.exec(`PRAGMA wal_autocheckpoint = ${mebibytes * 256}`);
  }

  /** What the journal holds goes into the file, as far as nobody reads older pages there. Waits for nobody. */
  checkpoint(): void {
    this.get('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** Pages in the journal, and how many of them are in the file too. */
  journal(): { readonly pages: number; readonly copied: number } {
    const row = this.get('PRAGMA wal_checkpoint(NOOP)') ?? {};
    return { pages: int(row, 'log'), copied: int(row, 'checkpointed') };
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /**
   * A LIMIT that is bound as it is makes SQLite prepare the statement anew each time; `LIMIT (? + 0)` doesn't.
   */
  get(sql: string, ...args: Value[]): Row | undefined {
    return this.#prepare(sql).get(...args) as Row | undefined;
  }

  all(sql: string, ...args: Value[]): Row[] {
    return this.#prepare(sql).all(...args) as Row[];
  }

  /**
   * Rows as arrays, in the order of the columns: half of what `all` costs, where there are many.
   * What belongs to a list of numbers is read in one statement, `FROM json_each(?) CROSS JOIN …`, with the list as JSON: each
   * call costs some microseconds, each row much less.
   */
  tuples(sql: string, ...args: Value[]): Value[][] {
    let statement = this.#tuples.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#tuples.set(sql, statement);
    }
    return statement.all(...args) as Value[][];
  }

  /** As `tuples`, one at a time: for whole tables, which may be larger than the memory. */
  *each(sql: string): Iterable<Value[]> {
    const statement = this.#db.prepare(sql);
    statement.setReturnArrays(true);
    yield* statement.iterate() as Iterable<Value[]>;
  }

  /** @returns the rowid of the last insert */
  run(sql: string, ...args: Value[]): number {
    return Number(this.#prepare(sql).run(...args).lastInsertRowid);
  }

  /** As `run`, for whoever needs no rowid: to put the result together takes longer than to write a small row. */
  write(sql: string, ...args: Value[]): void {
    this.#prepare(sql).get(...args);
  }

  /** Runs `work` in one transaction; an exception rolls it back and goes on. Within another one it is a part of that. */
  transaction<T>(work: () => T): T {
    const [begin, commit, rollback] = this.#db.isTransaction
      ? ['SAVEPOINT part', 'RELEASE part', 'ROLLBACK TO part; RELEASE part']
      : ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'];
    this.#db.exec(begin);
    try {
      const result = work();
      this.#db.exec(commit);
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec(rollback);
      throw error;
    }
  }

  /** Runs reads that see one committed state. */
  snapshot<T>(work: () => T): T {
    if (this.#db.isTransaction) return work();
    this.#db.exec('BEGIN');
    try {
      return work();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  close(): void {
    this.#statements.clear();
    this.#tuples.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSyncInstance {
    const found = this.#statements.get(sql);
    if (found !== undefined) return found;
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

/** A column that the schema declares as an integer or real and NOT NULL. */
export function int(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} holds ${typeof value}, not a number`);
  return value;
}

export function intOrNull(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds ${typeof value}, not text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}
