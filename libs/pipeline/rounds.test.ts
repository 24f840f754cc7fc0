import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Rounds } from './rounds.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Rounds that wait to be let go; the answer of each is what `answers` says next. */
function counted(answers: (number | null | Error)[] = []) {
  const seen = { begun: 0, atOnce: 0, most: 0 };
  const rounds = new Rounds(async () => {
    seen.begun++;
    seen.most = Math.max(seen.most, ++seen.atOnce);
    await Promise.resolve();
    seen.atOnce--;
    const answer = answers.shift() ?? null;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { rounds, seen };
}

describe('rounds', () => {
  test('a wake before the start is not heeded', async () => {
    const { rounds, seen } = counted();
    rounds.wake();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.begun).toBe(0);
  });

  test('wakes of one moment are one round, and one that comes during a round is another after it', async () => {
    const { rounds, seen } = counted();
    rounds.start();
    rounds.wake();
    rounds.wake();
    const own = rounds.settled();
    await own;
    expect(seen).toMatchObject({ begun: 2, most: 1 });
    rounds.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toMatchObject({ begun: 3, most: 1 });
  });

  test('a round says when the next one is', async () => {
    const { rounds, seen } = counted([500]);
    rounds.start();
    rounds.wake();
    await vi.advanceTimersByTimeAsync(499);
    expect(seen.begun).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.begun).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000_000);
    expect(seen.begun).toBe(2);
  });

  test('one that fails is said and made up for a second later', async () => {
    const { rounds, seen } = counted([new Error('away')]);
    rounds.start();
    rounds.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(rounds.failure).toBe('away');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.begun).toBe(2);
    expect(rounds.failure).toBeNull();
  });

  test('who waits for a round of its own hears that it failed, and the next one goes on', async () => {
    const { rounds, seen } = counted([new Error('away')]);
    await expect(rounds.settled()).rejects.toThrow('away');
    await rounds.settled();
    expect(seen.begun).toBe(2);
  });

  test('after the stop there is none, neither by timer nor by a wake', async () => {
    const { rounds, seen } = counted([500]);
    rounds.start();
    rounds.wake();
    await vi.advanceTimersByTimeAsync(0);
    await rounds.stop();
    rounds.wake();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.begun).toBe(1);
  });
});
