const DAY = 86_400_000;

/**
 * The starts of the last `days` days in a time zone, the current one included, and of the next day: `days + 1` rising
 * instants. null: no such time zone. Days of 23 and 25 hours, at the change to and from summer time, are as long as
 * they are.
 */
export function localDays(now: number, timeZone: string, days: number): readonly number[] | null {
  const format = formatIn(timeZone);
  if (format === null) return null;
  const today = Math.floor(wallClock(format, now) / DAY) * DAY;
  return Array.from({ length: days + 1 }, (_, i) => instantOf(format, today + (i + 1 - days) * DAY));
}

/** The zone's clock at an instant, written as if it were UTC. */
function wallClock(format: Intl.DateTimeFormat, instant: number): number {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/**
 * The instant at which the zone's clock shows `wall`. The offset at a first guess may be the one across a change of
 * the clocks, so the guess is corrected once more. Where midnight is skipped, the first instant after the gap.
 */
function instantOf(format: Intl.DateTimeFormat, wall: number): number {
  const guess = wall - (wallClock(format, wall) - wall);
  const corrected = guess - (wallClock(format, guess) - wall);
  return wallClock(format, corrected) === wall ? corrected : Math.max(guess, corrected);
}

function formatIn(timeZone: string): Intl.DateTimeFormat | null {
  try {
    const number = 'numeric';
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
    });
  } catch {
    return null; // a RangeError: the zone's name is unknown
  }
}
