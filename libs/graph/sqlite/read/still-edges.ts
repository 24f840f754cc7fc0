/**
 * Edges of a state that doesn't change while they are read, many at once: what holds them and who said so is fetched in
 * a few statements. All that a job says in one breath has one evidence: it is put together once, and is one object.
 */
import type { Evidence, Span } from '#lineage';
import { type Database, int, type Row } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { ColumnNotes } from './column-notes.ts';
import { EdgeReads, type Usage } from './edge-reads.ts';
import { isLatest, type LatestUsage } from './latest-usages.ts';
import type { NameBook } from './name-book.ts';
import { isToldByOwner } from './touched-sayings.ts';

interface Known {
  readonly row: Row;
  readonly spans: Span[];
  readonly timelines: number[];
}

export class StillEdges extends EdgeReads {
  readonly #db: Database;
  /** By element: of edges, and of column edges. */
  readonly #known = [new Map<number, Known>(), new Map<number, Known>()] as const;
  readonly #usages = new Map<number, Usage[]>();
  readonly #noted = new Set<number>();
  readonly #evidence = new Map<string, Evidence[]>();
  readonly #numbers = new Map<Usage, number>();
  readonly #latest = new Map<number, LatestUsage | undefined>();
  readonly #interned: Interned;

  constructor(db: Database, names: NameBook, interned: Interned) {
    super(db, names, interned);
    this.#db = db;
    this.#interned = interned;
  }

  /**
   * In place of those that were loaded before; others are found too, each by itself.
   * @returns their rows
   */
  load(elements: readonly number[], columns: boolean): Row[] {
    const known = this.#known[columns ? 1 : 0];
    known.clear();
    const rows = this.#db.all(
      `SELECT e.* FROM json_each(?) j CROSS JOIN ${columns ? 'column_edge' : 'edge'} e ON e.id = j.value`,
      JSON.stringify(elements),
    );
    for (const row of rows) known.set(int(row, 'id'), { row, spans: [], timelines: [] });
    const timelines = new Set<number>();
    for (const [element, timeline] of this.#db.tuples(
      'SELECT e.element, e.timeline FROM json_each(?) j CROSS JOIN edge_timeline e ON e.element = j.value AND e.columns = ?',
      JSON.stringify(elements),
      columns ? 1 : 0,
    ) as [number, number][]) {
      known.get(element)?.timelines.push(timeline);
      if (!this.#usages.has(timeline)) timelines.add(timeline);
    }
    for (const [element, from, to] of this.#db.tuples(
      'SELECT e.element, s.since, s.until FROM json_each(?) j CROSS JOIN edge_timeline e ON e.element = j.value AND e.columns = ? CROSS JOIN span s ON s.timeline = e.timeline AND s.element = e.element',
      JSON.stringify(elements),
      columns ? 1 : 0,
    ) as [number, number, number][])
      known.get(element)?.spans.push({ from, to });
    this.#loadTimelines([...timelines]);
    return rows;
  }

  override notes(elements: readonly number[]): ColumnNotes {
    const silent = elements.every((element) => {
      const known = this.#known[1].get(element);
      return known !== undefined && !known.timelines.some((timeline) => this.#noted.has(timeline));
    });
    return silent ? { description: null, masking: null } : super.notes(elements);
  }

  override evidence(elements: readonly number[], columns: boolean): Evidence[] {
    const known = elements.flatMap((element) => this.saidOf(element, columns));
    const key = known.map((usage) => this.#numberOf(usage)).join(' ');
    const held = this.#evidence.get(key);
    if (held !== undefined) return held;
    const made = this.evidenceOf(known);
    this.#evidence.set(key, made);
    return made;
  }

  /** Whose last words tell when one of these was said last, in the order in which they count. */
  timelines(elements: readonly number[], columns: boolean): string[] {
    const telling = elements.flatMap((element) =>
      this.#timelinesOf(element, columns).filter((timeline) => this.#tellsOf(timeline, element)),
    );
    return [...new Set(telling)].map(String);
  }

  #timelinesOf(element: number, columns: boolean): readonly number[] {
    const known = this.#known[columns ? 1 : 0].get(element);
    if (known !== undefined) return known.timelines;
    const found = this.#db.tuples(
      'SELECT timeline FROM edge_timeline WHERE element = ? AND columns = ?',
      element,
      columns ? 1 : 0,
    ) as [number][];
    const timelines = found.map(([timeline]) => timeline);
    this.#loadTimelines(timelines.filter((timeline) => !this.#usages.has(timeline)));
    return timelines;
  }

  #tellsOf(timeline: number, element: number): boolean {
    const latest = this.#latestOf(timeline);
    return (
      latest !== undefined &&
      isToldByOwner(this.#interned.timelineById(timeline)) &&
      this.#interned.has(latest.set, element)
    );
  }

  #latestOf(timeline: number): LatestUsage | undefined {
    if (this.#latest.has(timeline)) return this.#latest.get(timeline);
    let latest: LatestUsage | undefined;
    for (const usage of this.#usages.get(timeline) ?? []) if (isLatest(usage, latest)) latest = usage;
    this.#latest.set(timeline, latest);
    return latest;
  }

  protected override rowOf(element: number, columns: boolean): Row {
    return this.#known[columns ? 1 : 0].get(element)?.row ?? super.rowOf(element, columns);
  }

  protected override spansOf(element: number, columns: boolean): Span[] {
    return this.#known[columns ? 1 : 0].get(element)?.spans ?? super.spansOf(element, columns);
  }

  protected override usagesOf(element: number, columns: boolean): Usage[] {
    const known = this.#known[columns ? 1 : 0].get(element);
    if (known === undefined) return super.usagesOf(element, columns);
    return known.timelines.flatMap((timeline) => this.#usages.get(timeline) ?? []);
  }

  #loadTimelines(timelines: readonly number[]): void {
    for (const timeline of timelines) this.#usages.set(timeline, []);
    for (const [timeline, set, source, firstT, firstK, lastT, lastK, how] of this.#db.tuples(
      'SELECT u.timeline, u.eset, source.text, u.first_t, u.first_k, u.last_t, u.last_k, u.how FROM json_each(?) j CROSS JOIN usage u ON u.timeline = j.value JOIN timeline t ON t.id = u.timeline JOIN source ON source.id = t.source',
      JSON.stringify(timelines),
    ) as [number, number, string, number, number, number, number, number][])
      this.#usages
        .get(timeline)
        ?.push({ set, source, first: { t: firstT, k: firstK }, last: { t: lastT, k: lastK }, how });
    for (const [timeline] of this.#db.tuples(
      'SELECT DISTINCT note.timeline FROM json_each(?) j CROSS JOIN note ON note.timeline = j.value',
      JSON.stringify(timelines),
    ) as [number][])
      this.#noted.add(timeline);
  }

  #numberOf(usage: Usage): number {
    const held = this.#numbers.get(usage);
    if (held !== undefined) return held;
    const number = this.#numbers.size;
    this.#numbers.set(usage, number);
    return number;
  }
}
