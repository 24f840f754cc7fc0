/** What is usual among some values, whatever a few of them are: the middle, and how far from it the others lie. */

/** Of the normal distribution: standard deviation by median absolute deviation. */
const NORMAL = 1.4826;

export interface Spread {
  readonly count: number;
  readonly median: number;
  /** The median absolute deviation, scaled to be a standard deviation where values are normally distributed. */
  readonly deviation: number;
}

/** null: no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const median = middle(values);
  return { count: values.length, median, deviation: NORMAL * middle(values.map((value) => Math.abs(value - median))) };
}

/** The smallest value that at least this share of all values doesn't exceed. @param share in (0, 1] */
export function quantileOf(values: readonly number[], share: number): number | null {
  return sorted(values)[Math.ceil(values.length * share) - 1] ?? null;
}

function middle(values: readonly number[]): number {
  const rising = sorted(values);
  const half = rising.length >> 1;
  const [low, high] = [rising[half - 1] ?? 0, rising[half] ?? 0];
  return rising.length % 2 === 1 ? high : (low + high) / 2;
}

/** Numbers alone sort by value, and several times as fast, in an array of their own type: this is done for each run. */
const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
