import { describe, expect, it } from 'vitest';
import { type Tuple, withNewestByKey, withNewestPerStep } from './kept-tuples.ts';

describe('kept tuples', () => {
  it('keeps the drawing of its head: the last of the newest seconds and minutes', () => {
    const steps = [
      { ms: 1000, keep: 3 },
      { ms: 60_000, keep: 2 },
    ];
    const at = (minutes: number, seconds: number): Tuple => [(minutes * 60 + seconds) * 1000];
    const all = [at(0, 10), at(0, 50), at(1, 20), at(1, 58), at(1, 59), at(2, 0)];
    const kept = all.reduce<readonly Tuple[]>((sofar, item) => withNewestPerStep(sofar, item, steps), []);
    expect(kept).toEqual([at(1, 58), at(1, 59), at(2, 0)]);
    // With a third minute, its last item stays and its first one goes.
    const wider = [
      { ms: 1000, keep: 3 },
      { ms: 60_000, keep: 3 },
    ];
    expect(all.reduce<readonly Tuple[]>((sofar, item) => withNewestPerStep(sofar, item, wider), [])).toEqual([
      at(0, 50),
      at(1, 58),
      at(1, 59),
      at(2, 0),
    ]);
  });

  it('keeps the last item of each key, of the newest keys', () => {
    const keyOf = ([, key]: Tuple): string => String(key);
    const all: Tuple[] = [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [2, 'c'],
      [4, 'b'],
    ];
    expect(all.reduce<readonly Tuple[]>((sofar, item) => withNewestByKey(sofar, item, keyOf, 2), [])).toEqual([
      [3, 'c'],
      [4, 'b'],
    ]);
  });
});
