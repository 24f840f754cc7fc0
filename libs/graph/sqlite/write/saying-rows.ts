/**
 * What runs said, by hour: rows of `said` (timeline, set) or `stream_said` (stream, content). A run's rows are held in
 * memory while it speaks, so that its START and COMPLETE in one batch cost one write and no read.
 */

import { type Database, int, type Value } from '../database.ts';
import { REMEMBERED } from '../remembered.ts';
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

/** Where one row is held. */
interface Cell {
  readonly run: number;
  saying: Saying;
  isDirty: boolean;
}

/** Up to here comparing with each is cheaper than a key's text. */
const FEW = 12;

/** The rows of one run. */
class Cells {
  readonly all: Cell[] = [];
  #byKey: Map<string, Cell> | null = null;

  find(of: number, hour: number, what: number): Cell | undefined {
    if (this.#byKey !== null) return this.#byKey.get(`${of}.${hour}.${what}`);
    for (const cell of this.all) {
      const { saying } = cell;
      if (saying.of === of && saying.what === what && saying.hour === hour) return cell;
    }
    return undefined;
  }

  add(cell: Cell): void {
    this.all.push(cell);
    if (this.#byKey !== null) this.#byKey.set(keyOf(cell.saying), cell);
    else if (this.all.length > FEW) this.#byKey = new Map(this.all.map((each) => [keyOf(each.saying), each]));
  }
}

export class SayingRows {
  readonly #db: Database;
  readonly #table: SayingTable;
  #held = new Map<number, Cells>();
  /** Statements without a run, as far as they are to be written. */
  #unowned = new Cells();
  #dirty: Cell[] = [];

  constructor(db: Database, table: SayingTable) {
    this.#db = db;
    this.#table = table;
  }

  forget(): void {
    this.#held = new Map();
    this.#unowned = new Cells();
    this.#dirty = [];
  }

  /** A run that no row can be of yet. */
  isNew(run: number): void {
    this.#held.set(run, new Cells());
  }

  /** Rows of one run. */
  of(run: number): Saying[] {
    return this.#cells(run).all.map(({ saying }) => saying);
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
    const cells = run === 0 ? this.#unowned : this.#cells(run);
    const cell = cells.find(of, hour, what);
    const before = cell?.saying ?? (run === 0 ? this.#stored(run, of, hour, what) : null);
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
    this.#put(cells, cell, run, after);
    return { before, after };
  }

  get(run: number, of: number, hour: number, what: number): Saying | null {
    const cell = (run === 0 ? this.#unowned : this.#cells(run)).find(of, hour, what);
    if (cell !== undefined) return cell.saying;
    return run === 0 ? this.#stored(run, of, hour, what) : null;
  }

  /** Writes what is held back: before any query over the table, and before a commit. */
  flush(): void {
    if (this.#dirty.length === 0) return;
    const { name, of, what, hasHow } = this.#table;
    const sql = `INSERT OR REPLACE INTO ${name}(run, ${of}, hour, ${what}, first_t, first_k, last_t, last_k${hasHow ? ', how' : ''}) VALUES (?, ?, ?, ?, ?, ?, ?, ?${hasHow ? ', ?' : ''})`;
    for (const cell of this.#dirty) {
      const { run, saying } = cell;
      const { first, last, how } = saying;
      const values: Value[] = [run, saying.of, saying.hour, saying.what, first.t, first.k, last.t, last.k];
      if (hasHow) values.push(how);
      this.#db.write(sql, ...values);
      cell.isDirty = false;
    }
    this.#dirty = [];
    this.#unowned = new Cells();
    if (this.#held.size > REMEMBERED.runs) this.#held = new Map();
  }

  #put(cells: Cells, held: Cell | undefined, run: number, saying: Saying): void {
    let cell = held;
    if (cell === undefined) {
      cell = { run, saying, isDirty: false };
      cells.add(cell);
    } else cell.saying = saying;
    if (cell.isDirty) return;
    cell.isDirty = true;
    this.#dirty.push(cell);
  }

  #stored(run: number, of: number, hour: number, what: number): Saying | null {
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

  #cells(run: number): Cells {
    const held = this.#held.get(run);
    if (held !== undefined) return held;
    const cells = new Cells();
    for (const row of this.#db.all(`SELECT * FROM ${this.#table.name} WHERE run = ?`, run))
      cells.add({ run, saying: this.#saying(row), isDirty: false });
    this.#held.set(run, cells);
    return cells;
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

function keyOf({ of, hour, what }: Saying): string {
  return `${of}.${hour}.${what}`;
}
