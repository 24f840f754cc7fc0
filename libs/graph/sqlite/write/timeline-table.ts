/** The rows of one timeline in SQLite, with its open intervals held in memory: `TimelineRows` of the core. */
import { type Execution, FOREVER, type Span, type TimelineRows } from '#lineage';
import { type Database, int, intOrNull } from '../database.ts';
import type { Interned, TimelineRow } from '../interned.ts';
import { type Executions, FewExecutions } from './few-executions.ts';
import { type HeldExecutions, StoredExecutions } from './stored-executions.ts';

/** Told when an edge opens in a timeline or stops being open there, so that each edge knows how many hold it open. */
export interface SpanListener {
  /** @param at since when */
  opened(timeline: TimelineRow, element: number, at: number): void;
  /** @param at until when; null: it never was */
  closed(timeline: TimelineRow, element: number, at: number | null): void;
  /** A closed stretch of the past changed. */
  rewrote(timeline: TimelineRow, element: number, from: number, to: number): void;
}

/** Executions held in memory: a run speaks a few times within a short while. */
const RECENT = 4;

export class TimelineTable implements TimelineRows {
  readonly row: TimelineRow;
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #listener: SpanListener;
  readonly #stored: StoredExecutions;
  /** Of the timeline whose versions end claims: itself, but for failed runs' claims. */
  readonly #enders: StoredExecutions;
  /** The latest last. */
  readonly #recent: { readonly key: string; readonly execution: Execution | null }[] = [];
  #open: Map<number, number> | null = null;
  /** No closed interval ends after this. */
  #closedUntil = 0;
  #longest: number | null = null;
  #sealed: number | null = null;
  /** All executions, where the timeline was made lately; null: ask the store. */
  #few: FewExecutions | null = null;

  readonly #executions: HeldExecutions;

  /** @param isUnused nothing is stored of the timeline */
  constructor(
    db: Database,
    interned: Interned,
    row: TimelineRow,
    listener: SpanListener,
    executions: HeldExecutions,
    isUnused: boolean,
  ) {
    this.#db = db;
    this.#executions = executions;
    this.#interned = interned;
    this.row = row;
    this.#listener = listener;
    this.#stored = new StoredExecutions(db, executions, row.id);
    this.#enders = row.failedOf === null ? this.#stored : new StoredExecutions(db, executions, row.failedOf);
    if (!isUnused) return;
    this.#open = new Map();
    this.#longest = 0;
    this.#sealed = -FOREVER;
    this.#few = new FewExecutions();
  }

  /** Beside what its timeline itself takes, in elements that it holds open. */
  get weight(): number {
    return 32 + (this.#open?.size ?? 0) + 4 * (this.#few?.size ?? 0);
  }

  execution(key: string): Execution | null {
    if (this.#few !== null) return this.#few.get(key);
    const recent = this.#recent.find((each) => each.key === key);
    return recent === undefined ? this.#stored.get(key) : recent.execution;
  }

  /** The execution can't be stored yet: its run is new. */
  isNew(key: string): void {
    if (this.#few === null) this.#remember(key, null);
  }

  store(key: string, execution: Execution | null): void {
    this.#executions.hold(this.row.id, key, execution);
    if (this.#few?.store(key, execution) !== true) {
      this.#few = null;
      this.#remember(key, execution);
    }
    if (execution === null) return;
    const { end, start } = execution;
    if (end - start > this.#longestLife()) {
      this.#longest = end - start;
      this.#db.write('UPDATE timeline SET longest = ? WHERE id = ?', end - start, this.row.id);
    }
  }

  versionsAfter(t: number): Iterable<Execution> {
    return this.#versions().versionsAfter(t);
  }

  versionsUpTo(t: number): Iterable<Execution> {
    return this.#versions().versionsUpTo(t);
  }

  alive(t: number): Iterable<Execution> {
    return this.#own().alive(t, this.#longestLife());
  }

  endedBefore(t: number, notBefore: number): Iterable<Execution> {
    return this.#own().endedBefore(t, notBefore);
  }

  startedAfter(t: number, before: number): Iterable<Execution> {
    return this.#own().startedAfter(t, before);
  }

  #own(): Executions {
    return this.#few ?? this.#stored;
  }

  /** What ends claims: the timeline's own versions, or another's where failed runs made the claims. */
  #versions(): Executions {
    return this.row.failedOf === null ? this.#own() : this.#enders;
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
    const held = this.#spansIn(element, from, to);
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
      if (wasOpen && openSpan === undefined) this.#listener.closed(this.row, element, wanted.at(-1)?.to ?? null);
      if (!wasOpen && openSpan !== undefined) this.#listener.opened(this.row, element, openSpan.from);
    }
    if (wasOpen === (touchesOpen ? openSpan !== undefined : wasOpen))
      this.#listener.rewrote(this.row, element, from, to);
  }

  /** Those that overlap [from, to] or touch it, ascending. */
  #spansIn(element: number, from: number, to: number): Span[] {
    if (!this.#openSpans().has(element) && this.#closedUntil < from) return [];
    return this.#db
      .all(
        'SELECT since, until FROM span WHERE timeline = ? AND element = ? AND since <= ? AND until >= ? ORDER BY since',
        this.row.id,
        element,
        to,
        from,
      )
      .map((row): Span => ({ from: int(row, 'since'), to: int(row, 'until') }));
  }

  #remember(key: string, execution: Execution | null): void {
    const place = this.#recent.findIndex((each) => each.key === key);
    if (place >= 0) this.#recent.splice(place, 1);
    else if (this.#recent.length === RECENT) this.#recent.shift();
    this.#recent.push({ key, execution });
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
