import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAttempt, RETRY_FOR, retryAfter } from './retry.ts';

describe('the next attempt', () => {
  it('waits longer each time, up to an hour', () => {
    const waits = [1, 2, 3, 4, 20].map((attempts) =>
      nextAttempt({ attempts, firstAt: 0, now: 0, after: null }, 1 - 1e-9),
    );
    expect(waits.map((wait) => Math.round((wait ?? 0) / 1_000))).toEqual([5, 10, 20, 40, 3_600]);
  });

  it('waits as long as the receiver asked for, and not beyond a day', () => {
    expect(nextAttempt({ attempts: 1, firstAt: 0, now: 1_000, after: 60_000 }, 0)).toBe(61_000);
    expect(nextAttempt({ attempts: 9, firstAt: 0, now: RETRY_FOR, after: null }, 0)).toBeNull();
    expect(nextAttempt({ attempts: 1, firstAt: 0, now: 0, after: RETRY_FOR + 1 }, 0)).toBeNull();
  });

  it('always comes to an end', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (chances) => {
        let now = 0;
        let attempts = 1;
        for (const chance of chances) {
          const next = nextAttempt({ attempts, firstAt: 0, now, after: null }, chance);
          if (next === null) break;
          expect(next).toBeGreaterThan(now);
          now = next;
          attempts++;
        }
        expect(attempts).toBeLessThan(80);
        expect(attempts).toBeGreaterThan(20);
      }),
      { numRuns: 50 },
    );
  });
});

it.each([
  ['120', 120_000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 1969 00:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  [undefined, null],
])('Retry-After %s', (header, ms) => {
  expect(retryAfter(header, 0)).toBe(ms);
});
