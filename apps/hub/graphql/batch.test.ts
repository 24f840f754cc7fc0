import { describe, expect, it } from 'vitest';
import { Batch } from './batch.ts';

function batchOf(keep: boolean) {
  const calls: (readonly string[])[] = [];
  const batch = new Batch(keep, async (keys) => {
    calls.push(keys);
    if (keys.includes('bad')) throw new Error('down');
    return keys.includes('short') ? [] : keys.map((key) => key.toUpperCase());
  });
  return { batch, calls };
}

describe('batch', () => {
  it('joins the loads of a tick, also those that come a few promises later', async () => {
    const { batch, calls } = batchOf(true);
    const late = (async () => {
      for (let n = 0; n < 20; n++) await undefined;
      return batch.load('c');
    })();
    expect(await Promise.all([batch.load('a'), batch.load('b'), batch.load('a'), late])).toEqual(['A', 'B', 'A', 'C']);
    expect(calls).toEqual([['a', 'b', 'c']]);
  });

  it('reads a key once when it keeps, and again when it does not', async () => {
    const kept = batchOf(true);
    const fresh = batchOf(false);
    for (const { batch } of [kept, fresh]) {
      await batch.load('a');
      await batch.load('a');
    }
    expect(kept.calls).toHaveLength(1);
    expect(fresh.calls).toHaveLength(2);
  });

  it('fails each load of a call that failed, or that answered too little', async () => {
    const { batch } = batchOf(true);
    const failed = await Promise.allSettled([batch.load('a'), batch.load('bad')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(batch.load('short')).rejects.toThrow(/1 keys were answered with 0 values/);
  });
});
