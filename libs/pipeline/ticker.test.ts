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

function storeThatTicks(answers: (readonly Change[] | Error)[]): { store: GraphStore; ticks: number[] } {
  const ticks: number[] = [];
  const store: Pick<GraphStore, 'tick'> = {
    async tick(now) {
      ticks.push(now);
      const answer = answers.shift() ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { store: store as GraphStore, ticks };
}

describe('the ticker', () => {
  it('tells the store the time, tells what came of it, and bears a failure', async () => {
    const { store, ticks } = storeThatTicks([new Error('away'), [change]]);
    const told: Change[] = [];
    const ticker = new Ticker({ store, clock: { now: () => 42 }, everyMs: 5, onChanges: (changes) => told.push(...changes) });
    ticker.start();
    await expect.poll(() => ticker.failure).toBe('away');
    await expect.poll(() => told).toEqual([change]);
    await ticker.stop();
    expect(ticker.failure).toBeNull();
    expect(new Set(ticks)).toEqual(new Set([42]));
    const stoppedAt = ticks.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ticks).toHaveLength(stoppedAt);
  });
});
