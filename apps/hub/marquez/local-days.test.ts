import { expect, it } from 'vitest';
import { localDays } from './local-days.ts';

const iso = (days: readonly number[] | null) => days?.map((day) => new Date(day).toISOString());

it.each([
  // Summer time begins on 29 March 2026 in Berlin: that day has 23 hours.
  [
    'Europe/Berlin',
    '2026-03-30T10:00:00Z',
    ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', '2026-03-30T22:00:00.000Z'],
  ],
  // Half an hour beside the hour; it is already tomorrow there.
  [
    'Asia/Kolkata',
    '2026-01-01T19:00:00Z',
    ['2025-12-31T18:30:00.000Z', '2026-01-01T18:30:00.000Z', '2026-01-02T18:30:00.000Z'],
  ],
  // In Beirut the clocks go from 00:00 to 01:00, so the day begins at one.
  [
    'Asia/Beirut',
    '2026-03-29T10:00:00Z',
    ['2026-03-27T22:00:00.000Z', '2026-03-28T22:00:00.000Z', '2026-03-29T21:00:00.000Z'],
  ],
  [
    'America/Havana',
    '2026-03-08T12:00:00Z',
    ['2026-03-07T05:00:00.000Z', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
  ],
])('knows the days of %s', (timeZone, now, days) => {
  expect(iso(localDays(Date.parse(now), timeZone, 2))).toEqual(days);
});

it('knows when a zone is none', () => {
  expect(localDays(0, 'Mars/Olympus', 7)).toBeNull();
});
