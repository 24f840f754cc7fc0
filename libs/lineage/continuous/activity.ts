import type { HourOfActivity } from '../read-model.ts';
import { fingerprint } from './fingerprint.ts';
import type { FlowObservation } from './flow-observation.ts';

/**
 * The sum of the positions of one set of partitions, first and last in the hour (ms, sum). Sums are comparable only over
 * the same set: each pod tells its own partitions, and a rebalance deals them anew.
 */
export type PositionSpan = readonly [set: number, firstAt: number, first: number, lastAt: number, last: number];

/** One hour of one job: what a month of one event a minute costs, 720 rows of some 150 bytes. Times are ms. */
export interface ActivityRow {
  /** The hour's beginning. */
  readonly hour: number;
  readonly observations: number;
  readonly first: number;
  readonly last: number;
  /** Records a second as said: how often, and their sum in thousandths (whole numbers add up in any order). */
  readonly rates: { readonly count: number; readonly milli: number };
  /** By set. One more than `SETS` means: more than can be followed. */
  readonly spans: readonly PositionSpan[];
}

const HOUR = 3_600_000;
const SETS = 32;

/** The beginning (ms) of the UTC hour of `t` (ms). */
export const hourOf = (t: number): number => Math.floor(t / HOUR) * HOUR;

/** The row of a single observation; null: a JobEvent, which is no activity. */
export function activityOf({ t, runId, progress }: FlowObservation): ActivityRow | null {
  if (runId === null) return null;
  const rate = progress?.recordsPerSecond ?? null;
  const known = rate !== null && Number.isFinite(rate) && rate >= 0;
  return {
    hour: hourOf(t),
    observations: 1,
    first: t,
    last: t,
    rates: known ? { count: 1, milli: Math.round(rate * 1000) } : { count: 0, milli: 0 },
    spans: spanOf(t, progress?.inputs ?? []),
  };
}

/**
 * Two rows of one job and hour. The order doesn't matter, so rows can be made apart and joined later. **Repeats do**:
 * observations and rates are counted, so the caller observes each event once (a store drops an event whose hash it
 * holds before it gets here). Spans would bear repeats.
 */
export function joinActivity(a: ActivityRow, b: ActivityRow): ActivityRow {
  return {
    hour: a.hour,
    observations: a.observations + b.observations,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    rates: { count: a.rates.count + b.rates.count, milli: a.rates.milli + b.rates.milli },
    spans: joinSpans(a.spans, b.spans),
  };
}

/**
 * What the rows of one job say of its hours; `rows` in order of time, `before` the last row ahead of them (its positions
 * are where the first hour begins). Records are what positions gained, else the mean rate over the time that was watched;
 * null where neither was said. A rebalance makes new sets: what was gained across it is missing, so records are a lower
 * bound then.
 */
export function hoursOfActivity(rows: readonly ActivityRow[], before: ActivityRow | null): readonly HourOfActivity[] {
  const reached = new Map<number, number>(before?.spans.map(([set, , , , last]) => [set, last]));
  let lastSeen = before?.last ?? null;
  return rows.map((row) => {
    const records = gained(row, reached) ?? byRate(row, lastSeen);
    lastSeen = row.last;
    return { hour: row.hour, observations: row.observations, records };
  });
}

function gained({ spans }: ActivityRow, reached: Map<number, number>): number | null {
  if (spans.length === 0 || spans.length > SETS) return null;
  let records = 0;
  for (const [set, , first, , last] of spans) {
    const from = reached.get(set) ?? first;
    // Below where it was: offsets were reset, and the hour's gain is what it gained since.
    records += Math.max(0, last - (from > last ? Math.min(first, last) : from));
    reached.set(set, last);
  }
  return records;
}

function byRate({ hour, first, last, rates }: ActivityRow, lastSeen: number | null): number | null {
  if (rates.count === 0) return null;
  const from = lastSeen !== null && lastSeen >= hour - HOUR ? Math.max(hour, lastSeen) : first;
  return Math.round(((rates.milli / rates.count / 1000) * (last - from)) / 1000);
}

type Input = {
  readonly dataset: { readonly namespace: string; readonly name: string };
  readonly partition: string;
  readonly position: number | null;
};

function spanOf(t: number, inputs: readonly Input[]): readonly PositionSpan[] {
  const keys: string[] = [];
  let total = 0;
  for (const { dataset, partition, position } of inputs) {
    if (position === null || !Number.isFinite(position) || position < 0) continue;
    keys.push(`${dataset.namespace}\u0000${dataset.name}\u0000${partition}`);
    total += position;
  }
  return keys.length === 0 ? [] : [[fingerprint(keys.sort().join('\u0001')), t, total, t, total]];
}

/** Which sets are kept depends on their names alone, so that order can't matter: the lowest, and one to tell "too many". */
function joinSpans(a: readonly PositionSpan[], b: readonly PositionSpan[]): readonly PositionSpan[] {
  const bySet = new Map(a.map((span) => [span[0], span]));
  for (const span of b) {
    const other = bySet.get(span[0]);
    bySet.set(span[0], other === undefined ? span : joinSpan(other, span));
  }
  return [...bySet.values()].sort((x, y) => x[0] - y[0]).slice(0, SETS + 1);
}

function joinSpan(a: PositionSpan, b: PositionSpan): PositionSpan {
  const [set, aFrom, aFirst, aTo, aLast] = a;
  const [, bFrom, bFirst, bTo, bLast] = b;
  // Of one instant the lower sum begins and the higher ends: positions rise.
  const [from, first] = aFrom < bFrom || (aFrom === bFrom && aFirst <= bFirst) ? [aFrom, aFirst] : [bFrom, bFirst];
  const [to, last] = aTo > bTo || (aTo === bTo && aLast >= bLast) ? [aTo, aLast] : [bTo, bLast];
  return [set, from, first, to, last];
}
