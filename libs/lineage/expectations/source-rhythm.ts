/**
 * When a source was heard, and whether it has fallen silent. Arrival counts, not event time: a source that sends a year's
 * history in an hour was heard for an hour.
 *
 * Kept is a bit for each five minutes of each hour: unions, so that neither order nor repeats matter, and rows per hour, not
 * per event. What is usual is learnt from the longest silence of each day: over all gaps the nights of a source that
 * speaks each minute of the day would be one in a thousand.
 *
 * ```
 * nightly, 02:00 to 02:20      longest of each day 23 h 40 min    silent after 26 h
 * each minute, by day          longest of each day 12 h           silent after 13 h 12 min
 * each minute                  longest of each day 5 min          silent after 10 min
 * ```
 */
import { sayDuration } from '../continuous/say.ts';
import { formatInstant } from '../instant.ts';
import { type UsualSilence, usualSilence } from './usual-silence.ts';

export const SLOT = 5 * 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Four weeks: as many weekends. */
export const DAYS_KEPT = 28;

/** An hour since the epoch, and its five minutes in which something was heard, the first in the lowest bit. */
export interface HeardHour {
  readonly hour: number;
  readonly slots: number;
}

export const heardAt = (t: number): HeardHour => ({
  hour: Math.floor(t / HOUR),
  slots: 1 << Math.floor((t % HOUR) / SLOT),
});

/** What is usual of a source; null: too few days, or no habit. @param hours rising */
export function usualOf(hours: readonly HeardHour[]): UsualSilence | null {
  const longest = new Map<number, number>();
  let before: number | null = null;
  for (const { hour, slots } of hours) {
    for (let slot = 0; slot < HOUR / SLOT; slot++) {
      if ((slots & (1 << slot)) === 0) continue;
      const at = hour * HOUR + slot * SLOT;
      const day = Math.floor(at / DAY);
      if (before !== null) longest.set(day, Math.max(longest.get(day) ?? 0, at - before));
      before = at;
    }
  }
  return usualSilence([...longest.values()]);
}

/** The end of the last five minutes in which it was heard, ms; null: never. */
export function lastHeardOf(hours: readonly HeardHour[]): number | null {
  const last = hours.at(-1);
  return last === undefined ? null : last.hour * HOUR + (32 - Math.clz32(last.slots)) * SLOT;
}

export const saySilent = (source: string, last: number, { gap, count }: UsualSilence): string =>
  `${source} was not heard since ${formatInstant(last)}: on nine of ten days its longest silence is ${sayDuration(gap)} or less, by ${count} days`;

export const sayHeardAgain = (source: string, silent: number): string =>
  `${source} is heard again, after ${sayDuration(silent)}`;
