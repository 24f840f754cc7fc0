/** Durations and rates as rule files write them: `30s`, `5m`, `2h`, `1d`; `6/1h`. */
import { parseDuration as readDuration } from '#lineage';

const DURATION = /^([1-9]\d{0,5})([smhd])$/;
const RATE = /^([1-9]\d{0,3})\/(.+)$/;

/** The patterns, for the published schema. */
export const DURATION_PATTERN: RegExp = DURATION;
export const RATE_PATTERN: RegExp = /^[1-9]\d{0,3}\/[1-9]\d{0,5}[smhd]$/;

/** At most so many in one window: the times of all of them are kept. */
export const MOST_PER_WINDOW = 1_000;

export interface Rate {
  readonly count: number;
  /** ms */
  readonly window: number;
}

/** Milliseconds; null: no duration, as `5 m`, `0s`, `1w` or `P1D`. A day has 24 hours. */
export const parseDuration = (text: string): number | null => (DURATION.test(text) ? readDuration(text) : null);

/** `6/1h`: six in any hour; null: no rate, or more than `MOST_PER_WINDOW`. */
export function parseRate(text: string): Rate | null {
  const [, count, rest] = RATE.exec(text) ?? [];
  if (count === undefined || rest === undefined) return null;
  const window = parseDuration(rest);
  return window === null || Number(count) > MOST_PER_WINDOW ? null : { count: Number(count), window };
}

/** The two greatest units that aren't zero: `1 h 5 min`, `2 d`, `30 s`; under a second: `0 s`. */
export function sayDuration(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1_000);
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
