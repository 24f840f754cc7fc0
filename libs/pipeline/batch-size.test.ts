import { describe, expect, it } from 'vitest';
import { BatchSize } from './batch-size.ts';

const LIMITS = { applyMs: 50, applyEvents: 1_000 };

/** Sizes of batches, each of which takes so long, while so many events wait. */
function sizes(count: number, msOf: (events: number) => number, backlog: number): readonly number[] {
  const size = new BatchSize(LIMITS);
  return Array.from({ length: count }, () => {
    size.took(size.events, msOf(size.events), backlog);
    return size.events;
  });
}

describe('the size of a batch', () => {
  it('is what takes as long as it should, twice the last one at most', () => {
    expect(sizes(3, (events) => events / 10, 0)).toEqual([32, 64, 128]);
    expect(sizes(20, (events) => events / 10, 0).at(-1)).toBe(500);
    expect(sizes(20, (events) => events / 1_000, 0).at(-1)).toBe(LIMITS.applyEvents);
  });

  it('is one where each event takes long and nobody waits', () => {
    expect(sizes(20, (events) => 100 * events, 0).at(-1)).toBe(1);
  });

  it('does not fall to one where each commit takes long while others wait', () => {
    const slow = sizes(50, () => 1_600, 10_000);
    expect(Math.min(...slow)).toBe(16);
  });

  it('grows with what waits where a commit takes long, whatever is in it', () => {
    const commit = (events: number): number => 200 + 2 * events;
    const waiting = [20, 200, 20_000].map((backlog) => sizes(60, commit, backlog).at(-1) ?? 0);
    expect(waiting).toEqual([16, 100, 649]);
    expect(commit(649)).toBeLessThan(1_500);
  });

  it('stays below what was too large for the store, and comes back to it slowly', () => {
    const size = new BatchSize(LIMITS);
    const goesWell = (batches: number): number => {
      for (let n = 0; n < batches; n++) size.took(size.events, 1, 10_000);
      return size.events;
    };
    expect(goesWell(10)).toBe(1_000);
    size.tooLarge(1_000);
    expect(size.events).toBe(500);
    expect(goesWell(10)).toBeLessThan(600);
    expect(goesWell(100)).toBe(1_000);
    size.tooLarge(1);
    expect(size.events).toBe(1);
  });

  it('is halved by a batch that fails, and grows again', () => {
    const size = new BatchSize(LIMITS);
    for (let n = 0; n < 9; n++) size.failed();
    expect(size.events).toBe(1);
    size.took(1, 400, 10_000);
    expect(size.events).toBe(2);
  });
});
