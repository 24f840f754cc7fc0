/** Times in which something holds, [from, to). */
import type { Interval } from './read-model.ts';

/** @param at ms; null: now, and so in one that has no end */
export const isHeld = (intervals: readonly Interval[], at: number | null): boolean =>
  intervals.some(({ from, to }) => (at === null ? to === null : from <= at && (to === null || at < to)));
