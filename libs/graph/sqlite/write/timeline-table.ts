/** The rows of one timeline in SQLite, with its open intervals held in memory: `TimelineRows` of the core. */
import { type Execution, FOREVER, type Span, type TimelineRows } from '#lineage';
import { type Database, int, intOrNull, type Row, text } from '../database.ts';
import type { Interned, TimelineRow } from '../interned.ts';

/** Told when an edge opens in a timeline or stops being open there, so that each edge knows how many hold it open. */
export interface SpanListener {
  opened(timeline: TimelineRow, element: number): void;
  closed(timeline: TimelineRow, element: number): void;
  /** A closed stretch of the past changed. */
  rewrote(timeline: TimelineRow, element: number, from: number, to: number): void;
}

/** Executions that are written when somebody looks, or at the end of the batch: most change twice in one. */
export class HeldExecutions {
  readonly #db: Database;
  readonly #held = new Map<number, Map<string, Execution | null>>();

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
    for (const timeline of this.#held.keys()) this.flushOf(timeline);
  }

  /** Those of one timeline: before a query over its rows. */
  flushOf(timeline: number): void {
    const held = this.#held.get(timeline);
    if (held === undefined) return;
    this.#held.delete(timeline);
    for (const [key, execution] of held) {
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
    this.#held.clear();
  }
}

/** A LIMIT that is bound makes SQLite prepare the statement anew each time: these few are written into it. */
const CHUNK = 8;
/** Executions held in memory: a run speaks a few times within a short while. */
const RECENT = 4;

export class TimelineTable implements TimelineRows {
  readonly row: TimelineRow;
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #listener: SpanListener;
  /** Timeline whose versions end claims: itself, but for failed runs' claims. */
  readonly #enders: number;
  readonly #recent = new Map<string, Execution | null>();
  #open: Map<number, number> | null = null;
  /** No closed interval ends after this. */
  #closedUntil = 0;
  #longest: number | null = null;
  #sealed: number | null = null;

  readonly #executions: HeldExecutions;

  constructor(db: Database, interned: Interned, row: TimelineRow, listener: SpanListener, executions: HeldExecutions) {
    this.#db = db;
    this.#executions = executions;
    this.#interned = interned;
    this.row = row;
    this.#listener = listener;
    this.#enders = row.failedOf ?? row.id;
  }

  get weight(): number {
    return 32 + (this.#open?.size ?? 0);
  }

  execution(key: string): Execution | null {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const held = this.#executions.get(this.row.id, key);
    if (held !== undefined) return held;
    const row = this.#db.get('SELECT * FROM execution WHERE timeline = ? AND key = ?', this.row.id, key);
    return row === undefined ? null : executionOf(row);
  }

  /** The execution can't be stored yet: its run is new. */
  isNew(key: string): void {
    this.#remember(key, null);
  }

  store(key: string, execution: Execution | null): void {
    this.#remember(key, execution);
    this.#executions.hold(this.row.id, key, execution);
    if (execution === null) return;
    const { end, start } = execution;
    if (end - start > this.#longestLife()) {
      this.#longest = end - start;
      this.#db.write('UPDATE timeline SET longest = ? WHERE id = ?', end - start, this.row.id);
    }
  }

  *versionsAfter(t: number): Iterable<Execution> {
    this.#executions.flushOf(this.#enders);
    // The first chunk settles nearly every question; the next ones begin after the last (v, key) seen.
    let after: { v: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        after === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v > ? ORDER BY v, key LIMIT ${limit}`,
              this.#enders,
              t,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v >= ? AND (v, key) > (?, ?) ORDER BY v, key LIMIT ${limit}`,
              this.#enders,
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
    this.#executions.flushOf(this.#enders);
    let before: { v: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        before === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v <= ? ORDER BY v DESC, key DESC LIMIT ${limit}`,
              this.#enders,
              t,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND v <= ? AND (v, key) < (?, ?) ORDER BY v DESC, key DESC LIMIT ${limit}`,
              this.#enders,
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

  alive(t: number): Iterable<Execution> {
    this.#executions.flushOf(this.row.id);
    return this.#db
      .all(
        'SELECT * FROM execution WHERE timeline = ? AND starts BETWEEN ? AND ? AND ends >= ?',
        this.row.id,
        t - this.#longestLife(),
        t,
        t,
      )
      .map(executionOf);
  }

  *endedBefore(t: number, notBefore: number): Iterable<Execution> {
    this.#executions.flushOf(this.row.id);
    let before: { ends: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        before === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND ends < ? AND ends >= ? ORDER BY ends DESC, key DESC LIMIT ${limit}`,
              this.row.id,
              t,
              notBefore,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND ends <= ? AND (ends, key) < (?, ?) AND ends >= ? ORDER BY ends DESC, key DESC LIMIT ${limit}`,
              this.row.id,
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
    this.#executions.flushOf(this.row.id);
    let after: { starts: number; key: string } | null = null;
    for (let limit = CHUNK; ; limit *= 4) {
      const rows: Row[] =
        after === null
          ? this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND starts > ? AND starts < ? ORDER BY starts, key LIMIT ${limit}`,
              this.row.id,
              t,
              before,
            )
          : this.#db.all(
              `SELECT * FROM execution WHERE timeline = ? AND starts >= ? AND (starts, key) > (?, ?) AND starts < ? ORDER BY starts, key LIMIT ${limit}`,
              this.row.id,
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

  get sealedUntil(): number {
    if (this.#sealed === null) {
      const row = this.#db.get('SELECT sealed FROM timeline WHERE id = ?', this.row.id);
      this.#sealed = (row && intOrNull(row, 'sealed')) ?? -FOREVER;
    }
    return this.#sealed;
  }

  has(set: number, element: number): boolean {
    return this.#interned.has(set, element);
  }

  elements(set: number): Iterable<number> {
    return this.#interned.elements(set);
  }

  spanAt(element: number, t: number): Span | null {
    const since = this.#openSpans().get(element);
    if (since !== undefined && since <= t) return { from: since, to: FOREVER };
    if (t >= this.#closedUntil) return null;
    const row = this.#db.get(
      'SELECT since, until FROM span WHERE timeline = ? AND element = ? AND since <= ? AND until > ? ORDER BY since DESC LIMIT 1',
      this.row.id,
      element,
      t,
      t,
    );
    return row === undefined ? null : { from: int(row, 'since'), to: int(row, 'until') };
  }

  openAcross(t: number): Iterable<number> {
    const elements: number[] = [];
    for (const [element, since] of this.#openSpans()) if (since < t) elements.push(element);
    if (t < this.#closedUntil) {
      const rows = this.#db.all(
        'SELECT element FROM span WHERE timeline = ? AND until > ? AND until < ? AND since < ?',
        this.row.id,
        t,
        FOREVER,
        t,
      );
      for (const row of rows) elements.push(int(row, 'element'));
    }
    return elements;
  }

  endingAt(t: number): Iterable<number> {
    // What is closed is known once the open ones are read.
    this.#openSpans();
    if (t > this.#closedUntil) return [];
    return this.#db
      .all('SELECT element FROM span WHERE timeline = ? AND until = ?', this.row.id, t)
      .map((row) => int(row, 'element'));
  }

  replace(element: number, from: number, to: number, spans: readonly Span[]): void {
    const { id } = this.row;
    const open = this.#openSpans();
    const held = this.#db
      .all(
        'SELECT since, until FROM span WHERE timeline = ? AND element = ? AND since <= ? AND until >= ? ORDER BY since',
        id,
        element,
        to,
        from,
      )
      .map((row): Span => ({ from: int(row, 'since'), to: int(row, 'until') }));
    const pieces: Span[] = [];
    for (const span of held) {
      if (span.from < from) pieces.push({ from: span.from, to: Math.min(span.to, from) });
      if (span.to > to) pieces.push({ from: Math.max(span.from, to), to: span.to });
      // What is sealed stays: the executions that it rests on may be gone.
      if (from < this.sealedUntil && span.from < this.sealedUntil) {
        pieces.push({ from: span.from, to: Math.min(span.to, this.sealedUntil) });
      }
    }
    const wanted = joined([...pieces, ...spans]);
    if (sameSpans(held, wanted)) return;
    for (const span of held)
      this.#db.write('DELETE FROM span WHERE timeline = ? AND element = ? AND since = ?', id, element, span.from);
    const wasOpen = open.has(element);
    const openSpan = wanted.find((span) => span.to === FOREVER);
    for (const span of wanted) {
      this.#db.write(
        'INSERT INTO span(timeline, element, since, until) VALUES (?, ?, ?, ?)',
        id,
        element,
        span.from,
        span.to,
      );
      if (span.to !== FOREVER && span.to > this.#closedUntil) this.#closedUntil = span.to;
    }
    // `held` reaches the open interval only where the window does; elsewhere it stays as it is.
    const touchesOpen = held.some((span) => span.to === FOREVER) || openSpan !== undefined;
    if (touchesOpen) {
      if (openSpan === undefined) open.delete(element);
      else open.set(element, openSpan.from);
      if (wasOpen && openSpan === undefined) this.#listener.closed(this.row, element);
      if (!wasOpen && openSpan !== undefined) this.#listener.opened(this.row, element);
    }
    if (wasOpen === (touchesOpen ? openSpan !== undefined : wasOpen))
      this.#listener.rewrote(this.row, element, from, to);
  }

  #remember(key: string, execution: Execution | null): void {
    this.#recent.delete(key);
    this.#recent.set(key, execution);
    if (this.#recent.size <= RECENT) return;
    const [oldest] = this.#recent.keys();
    if (oldest !== undefined) this.#recent.delete(oldest);
  }

  #openSpans(): Map<number, number> {
    if (this.#open !== null) return this.#open;
    const open = new Map<number, number>();
    for (const row of this.#db.all(
      'SELECT element, since FROM span WHERE timeline = ? AND until = ?',
      this.row.id,
      FOREVER,
    )) {
      open.set(int(row, 'element'), int(row, 'since'));
    }
    const closed = this.#db.get(
      'SELECT max(until) AS until FROM span WHERE timeline = ? AND until < ?',
      this.row.id,
      FOREVER,
    );
    this.#closedUntil = closed === undefined ? 0 : (intOrNull(closed, 'until') ?? 0);
    this.#open = open;
    return open;
  }

  /** The longest life of any execution: how far before t one that is alive at t may have begun. Never shrinks. */
  #longestLife(): number {
    if (this.#longest === null) {
      const row = this.#db.get('SELECT longest FROM timeline WHERE id = ?', this.row.id);
      this.#longest = row === undefined ? 0 : int(row, 'longest');
    }
    return this.#longest;
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

function joined(spans: Span[]): Span[] {
  spans.sort((a, b) => a.from - b.from);
  const result: Span[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last !== undefined && span.from <= last.to) {
      if (span.to > last.to) result[result.length - 1] = { from: last.from, to: span.to };
    } else result.push(span);
  }
  return result;
}

function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return a.length === b.length && a.every((span, i) => span.from === b[i]?.from && span.to === b[i]?.to);
}
