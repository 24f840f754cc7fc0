import { describe, expect, it } from 'vitest';
import type { Change, GraphStore } from '#lineage';
import { Ticker } from './ticker.ts';

const change: Change = {
  sequence: 1,
  kind: 'job.silent',
  subject: 'job:a:b',
  at: 1,
  seen: 2,
  text: 'b is silent',
  breaking: null,
  corrected: false,
  before: null,
  after: null,
};

describe('the ticker', () => {
  it('tells the store the time, tells what came of it, and bears a failure', async () => {
    const ticks: number[] = [];
    const told: Change[] = [];
    let isAway = true;
    const store: Pick<GraphStore, 'tick'> = {
      async tick(now) {
        ticks.push(now);
        if (isAway) throw new Error('away');
        return told.length === 0 ? [change] : [];
      },
    };
    const ticker = new Ticker({
      store: store as GraphStore,
      asOf: () => 42,
      everyMs: 5,
      onChanges: (changes) => told.push(...changes),
    });
    ticker.start();
    await expect.poll(() => ticker.failure, { timeout: 10_000 }).toBe('away');
    isAway = false;
    await expect.poll(() => told, { timeout: 10_000 }).toEqual([change]);
    await ticker.stop();
    expect(ticker.failure).toBeNull();
    expect(new Set(ticks)).toEqual(new Set([42]));
    const stoppedAt = ticks.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ticks).toHaveLength(stoppedAt);
  });
});
