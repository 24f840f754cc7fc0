/** One measured value; `npm run bench` prints each as a line of JSON. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** How many measurements, events or rows the value is made of. */
  readonly n: number;
  readonly note: string;
}

export type Report = (figure: Figure) => void;

/** Nearest rank: a value that was really measured. @throws RangeError for no values */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
  if (found === undefined) throw new RangeError('no values to take a quantile of');
  return found;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Three significant digits: more would claim what one run can't know. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}

export function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
