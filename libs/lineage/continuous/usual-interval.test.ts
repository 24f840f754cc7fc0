import { describe, expect, it } from 'vitest';
import { DEFAULT_FLOW_LIMITS } from './flow-limits.ts';
import type { Beat } from './flow-row.ts';
import { rhythmOf, usualGap } from './usual-interval.ts';

const learnt = (beats: readonly Beat[]) => rhythmOf({ beats, window: null }, DEFAULT_FLOW_LIMITS);
const every = (seconds: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => from + i * seconds * 1000);

describe('the usual interval', () => {
  it('is the gap between the beats of one run', () => {
    expect(learnt(every(60, 3).map((t) => [t, 1]))).toEqual({ interval: 60_000, basis: 'LEARNT', patience: 180_000 });
  });

  it('is not learnt from one gap, nor from none', () => {
    expect(
      learnt([
        [0, 1],
        [60_000, 1],
      ]),
    ).toEqual({ interval: 60_000, basis: 'FEW', patience: 3_600_000 });
    expect(learnt([[0, 1]])).toEqual({ interval: null, basis: 'FEW', patience: 3_600_000 });
    expect(
      learnt([
        [0, 1],
        [7_200_000, 1],
      ]).patience,
    ).toBe(21_600_000);
  });

  it('is the declared one where there is one', () => {
    const beats: Beat[] = every(5, 10).map((t) => [t, 1]);
    expect(rhythmOf({ beats, window: [0, 60] }, DEFAULT_FLOW_LIMITS)).toEqual({
      interval: 60_000,
      basis: 'DECLARED',
      patience: 180_000,
    });
  });

  it('bears outages: they are among the longest tenth', () => {
    const beats: Beat[] = [...every(60, 15), ...every(60, 15, 10_000_000)].map((t) => [t, 1]);
    expect(learnt(beats).interval).toBe(60_000);
  });

  it('is the time between runs where each says START and soon COMPLETE', () => {
    const beats = every(60, 10).flatMap((t, run): Beat[] => [
      [t, run],
      [t + 2000, run],
    ]);
    expect(learnt(beats).interval).toBe(58_000);
  });

  it('is the time inside each run where ten pods speak at about one time', () => {
    const beats = every(60, 4).flatMap((t) => Array.from({ length: 10 }, (_, pod): Beat => [t + pod * 1500, pod]));
    expect(learnt(beats).interval).toBe(60_000);
  });

  it('takes beats of one second for one, and never calls less than ten seconds silence', () => {
    const beats = every(2, 10).flatMap((t, run): Beat[] => [
      [t, run],
      [t + 3, run],
    ]);
    expect(learnt(beats)).toMatchObject({ interval: 2000, patience: 10_000 });
  });

  it('weighs gaps by their length', () => {
    expect(usualGap([2, 58, 2, 58, 2])).toBe(58);
    expect(usualGap([])).toBe(null);
  });
});
