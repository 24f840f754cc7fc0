/**
 * What runs said, by hour: rows of `said` (timeline, set) or `stream_said` (stream, content). A run's rows are held in
 * memory while it speaks, so that its START and COMPLETE in one batch cost one write and no read.
 */
import { type Database, int, type Value } from '../database.ts';
import { compareKeys, hourOf, type Key } from '../stamps.ts';

export interface Saying {
  /** The timeline or stream. */
  readonly of: number;
  readonly hour: number;
  /** The set or content. */
  readonly what: number;
  readonly first: Key;
  readonly last: Key;
  readonly how: number;
}

export interface SayingTable {
  readonly name: 'said' | 'stream_said';
  readonly of: 'timeline' | 'stream';
  readonly what: 'eset' | 'content';
  readonly hasHow: boolean;
}

const MOST_HELD = 20_000;

export class SayingRows {
  readonly #db: Database;
  readonly #table: SayingTable;
  readonly #held = new Map<number, Map<string, Saying>>();
  readonly #dirty = new Map<string, { run: number; saying: Saying }>();

  constructor(db: Database, table: SayingTable) {
    this.#db = db;
    this.#table = table;
  }

  forget(): void {
    this.#held.clear();
    this.#dirty.clear();
  }

  /** A run that no row can be of yet. */
  isNew(run: number): void {
    this.#held.set(run, new Map());
  }

  /** Rows of one run. */
  of(run: number): Iterable<Saying> {
    return this.#rows(run).values();
  }

  /** Joins one statement. @returns the row before (null: none) and after */
  say(
    run: number,
    of: number,
    what: number,
    stamp: Key,
    how: number,
  ): { readonly before: Saying | null; readonly after: Saying } {
    const hour = hourOf(stamp.t);
    const key = `${of}.${hour}.${what}`;
    const rows = run === 0 ? null : this.#rows(run);
    const before = (rows === null ? this.get(run, of, hour, what) : rows.get(key)) ?? null;
    if (before !== null && compareKeys(stamp, before.first) >= 0 && compareKeys(stamp, before.last) <= 0)
      return { before, after: before };
    const isLast = before === null || compareKeys(stamp, before.last) > 0;
    const after: Saying = {
      of,
      hour,
      what,
      first: before === null || compareKeys(stamp, before.first) < 0 ? stamp : before.first,
      last: isLast ? stamp : before.last,
      how: isLast ? how : before.how,
    };
    rows?.set(key, after);
    this.#dirty.set(`${run}.${key}`, { run, saying: after });
    return { before, after };
  }

  get(run: number, of: number, hour: number, what: number): Saying | null {
    const dirty = this.#dirty.get(`${run}.${of}.${hour}.${what}`);
    if (dirty !== undefined) return dirty.saying;
    if (run !== 0) return this.#rows(run).get(`${of}.${hour}.${what}`) ?? null;
    const { name, of: ofColumn, what: whatColumn } = this.#table;
    const row = this.#db.get(
      `SELECT * FROM ${name} WHERE run = ? AND ${ofColumn} = ? AND hour = ? AND ${whatColumn} = ?`,
      run,
      of,
      hour,
      what,
    );
    return row === undefined ? null : this.#saying(row);
  }

  /** Writes what is held back: before any query over the table, and before a commit. */
  flush(): void {
    const { name, of, what, hasHow } = this.#table;
    const sql = `INSERT OR REPLACE INTO ${name}(run, ${of}, hour, ${what}, first_t, first_k, last_t, last_k${hasHow ? ', how' : ''}) VALUES (?, ?, ?, ?, ?, ?, ?, ?${hasHow ? ', ?' : ''})`;
    for (const { run, saying } of this.#dirty.values()) {
      const { first, last, how } = saying;
      const values: Value[] = [run, saying.of, saying.hour, saying.what, first.t, first.k, last.t, last.k];
      if (hasHow) values.push(how);
      this.#db.run(sql, ...values);
    }
    this.#dirty.clear();
    if (this.#held.size > MOST_HELD) this.#held.clear();
  }

  #rows(run: number): Map<string, Saying> {
    const held = this.#held.get(run);
    if (held !== undefined) return held;
    const rows = new Map<string, Saying>();
    for (const row of this.#db.all(`SELECT * FROM ${this.#table.name} WHERE run = ?`, run)) {
      const saying = this.#saying(row);
      rows.set(`${saying.of}.${saying.hour}.${saying.what}`, saying);
    }
    this.#held.set(run, rows);
    return rows;
  }

  #saying(row: ReturnType<Database['all']>[number]): Saying {
    return {
      of: int(row, this.#table.of),
      hour: int(row, 'hour'),
      what: int(row, this.#table.what),
      first: { t: int(row, 'first_t'), k: int(row, 'first_k') },
      last: { t: int(row, 'last_t'), k: int(row, 'last_k') },
      how: this.#table.hasHow ? int(row, 'how') : 0,
    };
  }
}
