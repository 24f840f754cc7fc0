import { describe, expect, it } from 'vitest';
import { StoreAheadOfLog } from './progress.ts';
import { Reach } from './reach.ts';

const at = (head: () => number) => ({ head: () => Promise.resolve(head()) });
const store = (applied: number) => ({ applied: () => Promise.resolve(applied) });

describe('a look at log and graph', () => {
  it('does not take for lost what was heard while the log was asked', async () => {
    const reach = new Reach(() => undefined);
    const answer = at(() => {
      reach.heard(11);
      return 10;
    });
    await reach.look(answer, store(10));
    expect([reach.head, reach.applied, reach.backlog]).toEqual([11, 10, 1]);
  });

  it('finds a log that lost what it had, or is behind the graph', async () => {
    const reach = new Reach(() => undefined);
    await reach.lookAtLog(at(() => 10));
    await expect(reach.lookAtLog(at(() => 9))).rejects.toThrow(StoreAheadOfLog);
    await expect(
      reach.look(
        at(() => 10),
        store(11),
      ),
    ).rejects.toThrow(StoreAheadOfLog);
  });
});

it('tells a state once, and each new reason', () => {
  const told: (string | null)[] = [];
  const reach = new Reach(({ reason }) => told.push(reason));
  reach.goesWell();
  for (const reason of ['closed', 'closed', 'refused']) reach.failed(new Error(reason));
  reach.goesWell();
  expect(told).toEqual(['closed', 'refused', null]);
});
