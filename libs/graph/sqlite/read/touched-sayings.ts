/**
 * Of what a transaction wrote of who said what: where an edge is to tell it, and where its job does for all of its edges.
 *
 * ```
 * the last word of a timeline   before   a b c          said at the job's node: when
 *                               now        b c d        said of the edges alone: a no more, d from now on
 * ```
 * A run that says what the one before said touches no edge, however many it names.
 */
import { type Database, int } from '../database.ts';
import type { Interned, OwnedTimeline, TimelineRow } from '../interned.ts';
import type { TouchedRows } from '../write/touched-rows.ts';
import { type LatestUsage, latestUsages } from './latest-usages.ts';

export interface TouchedSayings {
  /** Elements whose own lines are to tell who said them, and when. */
  readonly elements: readonly (readonly [timeline: TimelineRow, element: number])[];
  /** Jobs, by name, whose last words differ. */
  readonly jobs: ReadonlySet<number>;
}

/** Whether a timeline's owner may tell for its edges when they were said last. */
export function isToldByOwner(timeline: TimelineRow): timeline is OwnedTimeline {
  const { owner, direction } = timeline;
  return owner !== null && direction !== 'PAIRS' && direction !== 'FEEDS';
}

/**
 * @param db sees the open transaction
 * @param committed sees the last commit
 * @param saidAfter the position up to which a graph was written without its jobs' last words
 */
export function touchedSayings(
  db: Database,
  committed: Database,
  touched: TouchedRows,
  interned: Interned,
  saidAfter: number,
): TouchedSayings {
  const said = setsByTimeline(touched.get('usage'));
  const again = setsByTimeline(touched.get('usageAgain'));
  const timelines = [...new Set([...said.keys(), ...again.keys()])];
  const before = latestUsages(committed, timelines);
  const now = latestUsages(db, timelines);
  const elements: (readonly [TimelineRow, number])[] = [];
  const jobs = new Set<number>();

  for (const id of timelines) {
    const timeline = interned.timelineById(id);
    const [was, is] = [before.get(id), now.get(id)];
    const mark = (set: number | undefined, but?: number): void => {
      if (set === undefined || set === but) return;
      for (const element of interned.elements(set))
        if (but === undefined || !interned.has(but, element)) elements.push([timeline, element]);
    };
    for (const set of said.get(id) ?? []) mark(set);
    if (!isToldByOwner(timeline)) {
      for (const set of again.get(id) ?? []) mark(set);
      continue;
    }
    mark(was?.set, is?.set);
    if (is === undefined) continue;
    for (const set of again.get(id) ?? []) mark(set, is.set);
    mark(is.set, wasTold(committed, was, saidAfter) ? was?.set : undefined);
    const strays = interned.strays(timeline, is.set);
    for (const element of strays) elements.push([timeline, element]);
    if (strays.length < interned.elements(is.set).length) jobs.add(timeline.owner);
  }
  return { elements, jobs };
}

function setsByTimeline(rows: readonly (readonly [set: number, timeline: number])[] = []): Map<number, number[]> {
  const sets = new Map<number, number[]>();
  for (const [set, timeline] of rows) {
    const held = sets.get(timeline);
    if (held === undefined) sets.set(timeline, [set]);
    else held.push(set);
  }
  return sets;
}

/** Whether edges know already that this timeline tells for them: so since its last word came with a later commit. */
function wasTold(committed: Database, was: LatestUsage | undefined, saidAfter: number): boolean {
  if (was === undefined) return false;
  const row = committed.get('SELECT position FROM event WHERE k = ? AND t = ?', was.last.k, was.last.t);
  return row !== undefined && int(row, 'position') > saidAfter;
}
