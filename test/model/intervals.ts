/** Sets of time as lists of [from, to), to null for ever. */
import type { Interval } from '../../libs/lineage/read-model.ts';

const endOf = (interval: Interval): number => interval.to ?? Number.POSITIVE_INFINITY;
const interval = (from: number, to: number): Interval => ({ from, to: to === Number.POSITIVE_INFINITY ? null : to });

/** Sorted, overlapping and touching ones joined. */
export function union(intervals: readonly Interval[]): Interval[] {
  const joined: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || endOf(last) < next.from) joined.push(next);
    else joined.splice(-1, 1, interval(last.from, Math.max(endOf(last), endOf(next))));
  }
  return joined;
}

/** What of `intervals` is outside `holes`. */
export function minus(intervals: readonly Interval[], holes: readonly Interval[]): Interval[] {
  let left = [...intervals];
  for (const hole of holes) {
    left = left.flatMap((one) => {
      const before = interval(one.from, Math.min(endOf(one), hole.from));
      const after = interval(Math.max(one.from, endOf(hole)), endOf(one));
      return [before, after].filter((part) => part.from < endOf(part));
    });
  }
  return union(left);
}

export const holdsAt = (intervals: readonly Interval[], t: number): boolean =>
  intervals.some((one) => one.from <= t && t < endOf(one));

/** At the end of the fold. */
export const holdsNow = (intervals: readonly Interval[]): boolean => intervals.some((one) => one.to === null);
