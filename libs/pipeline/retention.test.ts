/** When rounds of retention come; what they take, stores and logs tell in their contracts. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Retention } from './retention.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let began: number;
/** When the store was asked, ms after the start, and whether it is away. */
let rounds: number[];
let away: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  [began, rounds, away] = [Date.now(), [], false];
});
afterEach(() => void vi.useRealTimers());

function retentionOf(limits: Limits): Retention {
  return new Retention({
    log: { read: async () => [], prune: async () => ({ events: 1 }) },
    store: {
      prune: async () => {
        rounds.push(Date.now() - began);
        if (away) throw new Error('away');
        return { runs: 1 };
      },
    },
    clock: { now: () => Date.now() },
    limits,
    applied: () => 0,
  });
}

it('begins a minute after the start, goes on each hour, and a minute after a round that failed', async () => {
  const retention = retentionOf(DEFAULT_LIMITS);
  away = true;
  retention.start();
  await vi.advanceTimersByTimeAsync(2 * MINUTE - 1);
  expect(retention.failure).toBe('away');
  away = false;
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(rounds).toEqual([MINUTE, 2 * MINUTE, 2 * MINUTE + HOUR]);
  expect(retention.failure).toBeNull();
  await retention.stop();
});

it('is off when nothing is to be forgotten: by itself, and where it is asked for', async () => {
  const retention = retentionOf({ ...DEFAULT_LIMITS, retentionMs: null });
  retention.start();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(await retention.run()).toEqual({ at: Date.now(), events: 0, runs: 0 });
  expect(rounds).toEqual([]);
});
