import { type Spread, spreadOf } from './spread.ts';

/** How long a run of a job may take. */
export interface RunPatience {
  /** ms from its beginning: longer is slow. */
  readonly slowAfter: number;
  /** ms from its beginning: longer, and it is stuck once nothing was heard of it for `quiet`. */
  readonly stuckAfter: number;
  readonly quiet: number;
  /** What it rests on, for people. */
  readonly because: string;
  /** What is usual, ms; null where only a rule says. */
  readonly usual: Spread | null;
}

/** Fewer runs show no habit. Of eight, three may be wild without moving the middle much. */
export const LEAST_RUNS = 8;
const MINUTE = 60_000;

/**
 * What earlier durations (ms) teach; null where they are too few.
 *
 * | | beyond the median m by | and at least | and at least |
 * |---|---|---|---|
 * | slow | 5 typical deviations | 1.5 m | m + 1 min: what takes seconds isn't slow for taking some more |
 * | stuck | 10 typical deviations | 4 m | m + 10 min |
 *
 * A run that still speaks is slow, not stuck, however long it takes: it must have been quiet for m, and for ten minutes.
 */
export function usualPatience(durations: readonly number[], say: (ms: number) => string): RunPatience | null {
  const usual = spreadOf(durations);
  if (usual === null || usual.count < LEAST_RUNS) return null;
  const { median, deviation, count } = usual;
  return {
    slowAfter: Math.max(median + 5 * deviation, 1.5 * median, median + MINUTE),
    stuckAfter: Math.max(median + 10 * deviation, 4 * median, median + 10 * MINUTE),
    quiet: Math.max(median, 10 * MINUTE),
    because: `usually ${say(median)}, by ${count} runs`,
    usual,
  };
}

/** What a rule says: slow beyond it, stuck beyond twice as long. */
export function declaredPatience(within: number, say: (ms: number) => string): RunPatience {
  const quiet = Math.min(within, 10 * MINUTE);
  return {
    slowAfter: within,
    stuckAfter: 2 * within,
    quiet,
    because: `at most ${say(within)}, as declared`,
    usual: null,
  };
}
