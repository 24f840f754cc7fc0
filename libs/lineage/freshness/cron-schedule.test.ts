import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant } from '../instant.ts';
import { type CronSchedule, readCron } from './cron-schedule.ts';

function schedule(expression: string, timezone?: string): CronSchedule {
  const read = readCron(expression, timezone);
  if ('fault' in read) throw new Error(read.fault);
  return read.schedule;
}

const at = Date.parse;
const shown = (t: number | null): string | null => (t === null ? null : formatInstant(t));

/** The next instants after a time. */
function next(of: CronSchedule, after: string, count: number): (string | null)[] {
  const found: (string | null)[] = [];
  let t: number | null = at(after);
  for (let n = 0; n < count && t !== null; n++) {
    t = of.nextAfter(t);
    found.push(shown(t));
  }
  return found;
}

describe('readCron', () => {
  it('counts an instant itself as passed', () => {
    const daily = schedule('0 8 * * *');
    expect(shown(daily.lastBy(at('2026-01-02T08:00:00Z')))).toBe('2026-01-02T08:00:00.000Z');
    expect(shown(daily.lastBy(at('2026-01-02T07:59:59.999Z')))).toBe('2026-01-01T08:00:00.000Z');
    expect(shown(daily.nextAfter(at('2026-01-02T08:00:00Z')))).toBe('2026-01-03T08:00:00.000Z');
    expect(shown(daily.nextAfter(at('2026-01-02T07:59:59.999Z')))).toBe('2026-01-02T08:00:00.000Z');
  });

  it('keeps to the wall clock of its zone when the clocks go forward', () => {
    expect(next(schedule('0 8 * * 1-5', 'Europe/Paris'), '2026-03-26T12:00:00Z', 3)).toEqual([
      '2026-03-27T07:00:00.000Z', // Friday, UTC+1
      '2026-03-30T06:00:00.000Z', // Monday, UTC+2
      '2026-03-31T06:00:00.000Z',
    ]);
  });

  it('gives 02:30 at 03:00 on the day that has no 02:30', () => {
    const early = schedule('30 2 * * *', 'Europe/Paris');
    expect(next(early, '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
    expect(shown(early.lastBy(at('2026-03-29T12:00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
  });

  it('gives a fixed time once on the day that has it twice: the first time round', () => {
    const early = schedule('30 2 * * *', 'Europe/Paris');
    expect(next(early, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
    expect(shown(early.lastBy(at('2026-10-25T12:00:00Z')))).toBe('2026-10-25T00:30:00.000Z');
  });

  it('gives every hour on the day of 25', () => {
    const hourly = schedule('0 * * * *', 'Europe/Paris');
    expect(next(hourly, '2026-10-24T23:30:00Z', 4)).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
      '2026-10-25T03:00:00.000Z',
    ]);
  });

  it('takes nicknames, and day of month or day of week as cron does', () => {
    expect(next(schedule('@daily'), '2026-01-01T12:00:00Z', 1)).toEqual(['2026-01-02T00:00:00.000Z']);
    // The 13th, and every Friday.
    expect(next(schedule('0 0 13 * 5'), '2026-01-10T00:00:00Z', 2)).toEqual([
      '2026-01-13T00:00:00.000Z',
      '2026-01-16T00:00:00.000Z',
    ]);
  });

  it.each([
    ['0 8 30 2 *', 'UTC', 'names no instant that ever comes'],
    ['every day', 'UTC', 'is no cron expression'],
    ['0 25 * * *', 'UTC', 'is no cron expression: CronPattern: Invalid value for hour: 25'],
    ['0 0 8 * * *', 'UTC', 'requires exactly 5 parts'],
    ['? 8 * * *', 'UTC', 'write "*"'],
    ['@reboot', 'UTC', 'is no cron expression'],
    ['0 8 * * *', 'Mars/Olympus', '"Mars/Olympus" is no time zone'],
  ])('refuses %s in %s', (expression, timezone, why) => {
    const read = readCron(expression, timezone);
    expect('fault' in read ? read.fault : 'was read').toContain(why);
  });

  it('has no instant between the last and the next, wherever one looks', () => {
    const day = 86_400_000;
    const around = fc
      .constantFrom(
        at('2026-03-29T01:00:00Z'),
        at('2026-10-25T01:00:00Z'),
        at('2026-03-08T07:00:00Z'),
        at('2026-11-01T06:00:00Z'),
      )
      .chain((turn) => fc.integer({ min: turn - day, max: turn + day }));
    fc.assert(
      fc.property(
        fc.constantFrom('*/30 * * * *', '0 * * * *', '30 2 * * *', '0 1,3 * * *', '15 1-4 * * *', '0 8 * * 1-5'),
        fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        around,
        (expression, timezone, t) => {
          const of = schedule(expression, timezone);
          const last = of.lastBy(t) ?? Number.NaN;
          const following = of.nextAfter(t) ?? Number.NaN;
          expect(last).toBeLessThanOrEqual(t);
          expect(following).toBeGreaterThan(t);
          // Asked from outside the gap, so that nothing is remembered.
          of.lastBy(t + 400 * day);
          expect(shown(of.nextAfter(last))).toBe(shown(following));
          of.lastBy(t + 400 * day);
          expect(shown(of.lastBy(following - 1))).toBe(shown(last));
        },
      ),
      { numRuns: 300 },
    );
  });
});
