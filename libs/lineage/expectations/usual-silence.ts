import { quantileOf, spreadOf } from './spread.ts';

/** How long it usually is until the next one comes. */
export interface UsualSilence {
  /** The gap that nine in ten don't exceed, ms. */
  readonly gap: number;
  /** Silence beyond this is unusual, ms. */
  readonly patience: number;
  /** How many gaps it was learnt from. */
  readonly count: number;
}

/** Fewer show no habit: of eight one in ten is none, so that the longest counts. */
export const LEAST_GAPS = 8;
/** A tenth of the gap: a daily load may come an hour later when the clocks change. Never less than five minutes. */
const SLACK_SHARE = 0.1;
const LEAST_SLACK = 5 * 60_000;
/** A gap that is many times the middle one is no rhythm: weekends are three to five times a weekday. */
const MOST_TIMES_MEDIAN = 6;

/**
 * What the gaps between comings teach; null where they are too few, or no habit: where they are too unlike, or it would
 * have been wrong more than once already.
 *
 * ```
 * 24 h 24 h 24 h 24 h 72 h …     each weekday: one gap in five is a weekend. Nine in ten are within 72 h: silent after 79 h
 * 1 h 1 h 1 h 9 h 1 h 1 h …      each hour, and one outage in thirty gaps: nine in ten are within 1 h, silent after 66 min
 * 2 h 40 h 1 h 300 h 7 h …       by hand: nine in ten are within many times the middle one. No habit
 * ```
 */
export function usualSilence(gaps: readonly number[]): UsualSilence | null {
  const gap = quantileOf(gaps, 0.9);
  const median = spreadOf(gaps)?.median ?? 0;
  if (gap === null || gap <= 0 || gaps.length < LEAST_GAPS || gap > MOST_TIMES_MEDIAN * median) return null;
  const patience = gap + Math.max(gap * SLACK_SHARE, LEAST_SLACK);
  const wrong = gaps.filter((each) => each > patience).length;
  return wrong > 1 ? null : { gap, patience, count: gaps.length };
}

/** The gaps between instants that rise. */
export function gapsBetween(instants: readonly number[]): number[] {
  return instants.slice(1).map((at, index) => at - (instants[index] ?? at));
}
