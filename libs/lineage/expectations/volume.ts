/** How much a job writes into a dataset, against how much it usually does. */
import { sayCount, sayNumber } from '../continuous/say.ts';
import { spreadOf } from './spread.ts';

/** How many counts are kept to learn from, the one in question apart. */
export const COUNTS_KEPT = 30;
/** Fewer show no habit. */
export const LEAST_COUNTS = 8;
/** Beyond so many typical deviations: the cut of Iglewicz and Hoaglin (1993) for outliers. */
const DEVIATIONS = 3.5;
/** Never for less than a quarter of what is usual: of counts that never vary each other one would be an outlier. */
const LEAST_SHARE = 0.25;

export interface VolumeVerdict {
  /** null: usual. */
  readonly unusual: 'LOW' | 'HIGH' | null;
  /** What is usual, and its bounds, in rows. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/**
 * Whether a count (rows) is unusual among earlier ones; null: they are too few to tell.
 *
 * A count outside the bounds is usual all the same where two of the earlier ones lay as far out on that side: weekends of
 * a table that is small on weekends.
 *
 * ```
 * 1000 990 1010 1005 …       median 1000, deviation 10     bounds 750 … 1250: a quarter is wider than 3.5 deviations
 * 1000 40 1000 1000 40 …     40 is outside, and was there twice: usual. 0 is not
 * ```
 */
export function judgeVolume(rows: number, earlier: readonly number[]): VolumeVerdict | null {
  const usual = spreadOf(earlier);
  if (usual === null || usual.count < LEAST_COUNTS) return null;
  const { median, deviation, count } = usual;
  const width = Math.max(DEVIATIONS * deviation, LEAST_SHARE * median);
  const [least, most] = [Math.max(0, median - width), median + width];
  const unusual = rows < least || (rows === 0 && median > 0) ? 'LOW' : rows > most ? 'HIGH' : null;
  const asFar = earlier.filter((each) => (unusual === 'LOW' ? each <= rows : each >= rows)).length;
  return { unusual: unusual !== null && asFar < 2 ? unusual : null, median, least, most, count };
}

/** One plain sentence. */
export function sayVolume(
  dataset: string,
  rows: number,
  { unusual, median, least, most, count }: VolumeVerdict,
): string {
  const bounds = `${sayNumber(median)} are usual (${sayNumber(Math.ceil(least))} to ${sayNumber(Math.floor(most))}, by ${count} runs)`;
  const much =
    unusual === null ? 'as many rows as usual' : unusual === 'LOW' ? 'unusually few rows' : 'unusually many rows';
  return `${dataset} was written with ${much}: ${sayCount(rows, 'row')}; ${bounds}`;
}
