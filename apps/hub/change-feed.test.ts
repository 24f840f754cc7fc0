import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change } from '#lineage';
import { ChangeFeed } from './change-feed.ts';

const change = (sequence: number): Change => ({
  sequence,
  kind: 'job.silent',
  subject: 'job:a:b',
  at: 0,
  seen: 0,
  text: 'silent',
  breaking: null,
  corrected: false,
  before: null,
  after: null,
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function feed(tick: (now: number) => Promise<readonly Change[]>) {
  const ofEvents = new Set<(changes: readonly Change[]) => void>();
  const failures: unknown[] = [];
  const made = new ChangeFeed({
    pipeline: {
      onChanges(listener) {
        ofEvents.add(listener);
        return () => ofEvents.delete(listener);
      },
    },
    store: { tick },
    clock: { now: () => 1_234 },
    onFailure: (error) => failures.push(error),
  });
  const heard: number[] = [];
  const leave = made.onChanges((changes) => heard.push(...changes.map((each) => each.sequence)));
  return {
    made,
    heard,
    leave,
    failures,
    emit: (changes: readonly Change[]) => ofEvents.forEach((listener) => void listener(changes)),
  };
}

describe('ChangeFeed', () => {
  it('tells what events change and what time changes, until its listener leaves', async () => {
    const asked: number[] = [];
    const { made, heard, leave, emit } = feed(async (now) => {
      asked.push(now);
      return [change(2)];
    });
    made.start();
    emit([change(1)]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(heard).toEqual([1, 2]);
    expect(asked).toEqual([1_234]);
    leave();
    emit([change(3)]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(heard).toEqual([1, 2]);
    await made.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toHaveLength(2);
  });

  it('asks a slow store once at a time, and waits for it when it stops', async () => {
    let finish: (changes: readonly Change[]) => void = () => undefined;
    let asked = 0;
    const { made, heard } = feed(() => {
      asked++;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    made.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked).toBe(1);
    let stopped = false;
    const stop = made.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(1);
    expect(stopped).toBe(false);
    finish([change(9)]);
    await stop;
    expect(heard).toEqual([9]);
  });

  it('goes on after a failure, and says it', async () => {
    let asked = 0;
    const { made, failures } = feed(async () => {
      asked++;
      throw new Error('away');
    });
    made.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([asked, failures.length]).toEqual([2, 2]);
    await made.stop();
  });
});
