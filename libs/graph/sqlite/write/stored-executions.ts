/** The executions of a timeline as the store has them, those that a batch holds back written first. */
import type { Execution } from '#lineage';
import { type Database, int, intOrNull, type Row, text } from '../database.ts';
import type { Executions } from './few-executions.ts';

/** Executions that are written when somebody looks, or at the end of the batch: most change twice in one. */
export class HeldExecutions {
  readonly #db: Database;
  #held = new Map<number, Map<string, Execution | null>>();

  constructor(db: Database) {
    this.#db = db;
  }

  hold(timeline: number, key: string, execution: Execution | null): void {
    const held = this.#held.get(timeline);
    if (held === undefined) this.#held.set(timeline, new Map([[key, execution]]));
    else held.set(key, execution);
  }

  /** undefined: it isn't held; null: it is to go. */
  get(timeline: number, key: string): Execution | null | undefined {
    return this.#held.get(timeline)?.get(key);
  }

  flush(): void {
    const held = this.#held;
    this.#held = new Map();
    for (const [timeline, executions] of held) this.#write(timeline, executions);
  }

  /** Those of one timeline: before a query over its rows. */
  flushOf(timeline: number): void {
    const held = this.#held.get(timeline);
    if (held === undefined) return;
    this.#held.delete(timeline);
    this.#write(timeline, held);
  }

  #write(timeline: number, executions: ReadonlyMap<string, Execution | null>): void {
    for (const [key, execution] of executions) {
      if (execution === null) this.#db.write('DELETE FROM execution WHERE timeline = ? AND key = ?', timeline, key);
      else {
        const { v, end, start, says } = execution;
        this.#db.write(
          'INSERT INTO execution(timeline, key, v, ends, starts, says) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET v = excluded.v, ends = excluded.ends, starts = excluded.starts, says = excluded.says',
          timeline,
          key,
          v,
          end,
          start,
          JSON.stringify(says),
        );
      }
    }
  }

  forget(): void {
    this.#held = new Map();
  }
}

/** A LIMIT that is bound makes SQLite prepare the statement anew each time: these few are written into it. */
const CHUNK = 8;

export class StoredExecutions implements Executions {
  readonly #db: Database;
  readonly #held: HeldExecutions;
  readonly #timeline: number;

  constructor(db: Database, held: HeldExecutions, timeline: number) {
    this.#db = db;
    this.#held = held;
    this.#timeline = timeline;
  }

  get(key: string): Execution | null {
    const held = this.#held.get(this.#timeline, key);
    if (held !== undefined) return held;
    const row = this.#db.get('SELECT * FROM execution WHERE timeline = ? AND key = ?', this.#timeline, key);
    return row === undefined ? null : executionOf(row);
  }

  *versionsAfter(t: number): Iterable<Execution> {
    this.#held.flushOf(this.#timeline);
    // The first chunk settles nearly every question; the next ones begin after the last (v, key) seen.
    let after: { v: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        after === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v > ? ORDER BY v, key LIMIT ${limit}`,
              this.#timeline,
              t,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v >= ? AND (v, key) > (?, ?) ORDER BY v, key LIMIT ${limit}`,
              this.#timeline,
              after.v,
              after.v,
              after.key,
            );
      for (const row of rows) yield executionOf(row);
      const last = rows.at(-1);
      if (rows.length < limit || last === undefined) return;
      after = { v: int(last, 'v'), key: text(last, 'key') };
    }
  }

  *versionsUpTo(t: number): Iterable<Execution> {
    this.#held.flushOf(this.#timeline);
    let before: { v: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        before === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v <= ? ORDER BY v DESC, key DESC LIMIT ${limit}`,
              this.#timeline,
              t,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v <= ? AND (v, key) < (?, ?) ORDER BY v DESC, key DESC LIMIT ${limit}`,
              this.#timeline,
              before.v,
              before.v,
              before.key,
            );
      for (const row of rows) yield executionOf(row);
      const last = rows.at(-1);
      if (rows.length < limit || last === undefined) return;
      before = { v: int(last, 'v'), key: text(last, 'key') };
    }
  }

  /** @param longest no execution lived longer than this, ms */
  alive(t: number, longest: number): Iterable<Execution> {
    this.#held.flushOf(this.#timeline);
    return this.#db
      .all(
        'SELECT * FROM execution WHERE timeline = ? AND starts BETWEEN ? AND ? AND ends >= ?',
        this.#timeline,
        t - longest,
        t,
        t,
      )
      .map(executionOf);
  }

  *endedBefore(t: number, notBefore: number): Iterable<Execution> {
    this.#held.flushOf(this.#timeline);
    let before: { ends: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        before === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND ends < ? AND ends >= ? ORDER BY ends DESC, key DESC LIMIT ${limit}`,
              this.#timeline,
              t,
              notBefore,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND ends <= ? AND (ends, key) < (?, ?) AND ends >= ? ORDER BY ends DESC, key DESC LIMIT ${limit}`,
              this.#timeline,
              before.ends,
              before.ends,
              before.key,
              notBefore,
            );
      for (const row of rows) yield executionOf(row);
      const last = rows.at(-1);
      if (rows.length < limit || last === undefined) return;
      before = { ends: int(last, 'ends'), key: text(last, 'key') };
    }
  }

  *startedAfter(t: number, before: number): Iterable<Execution> {
    this.#held.flushOf(this.#timeline);
    let after: { starts: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        after === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND starts > ? AND starts < ? ORDER BY starts, key LIMIT ${limit}`,
              this.#timeline,
              t,
              before,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND starts >= ? AND (starts, key) > (?, ?) AND starts < ? ORDER BY starts, key LIMIT ${limit}`,
              this.#timeline,
              after.starts,
              after.starts,
              after.key,
              before,
            );
      for (const row of rows) yield executionOf(row);
      const last = rows.at(-1);
      if (rows.length < limit || last === undefined) return;
      after = { starts: int(last, 'starts'), key: text(last, 'key') };
    }
  }
}

function executionOf(row: Row): Execution {
  return {
    key: text(row, 'key'),
    v: intOrNull(row, 'v'),
    end: int(row, 'ends'),
    start: int(row, 'starts'),
    says: JSON.parse(text(row, 'says')) as Execution['says'],
  };
}
