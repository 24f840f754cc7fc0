import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BRAKE_OFF, type BrakeState, brakeStep, limitOf, median, releaseBrake } from './brake.ts';

const HOUR = 3_600_000;
const LIMITS = { least: 10 };

/** So many fires in each hour, spread over it. */
function play(hours: readonly number[], before: BrakeState = BRAKE_OFF): { state: BrakeState; held: number[] } {
  let state = before;
  const start = (before.hour ?? -1) + 1;
  const held = hours.map((count, hour) => {
    let stopped = 0;
    for (let i = 0; i < count; i++) {
      const step = brakeStep(state, (start + hour) * HOUR + Math.floor((i * HOUR) / count), LIMITS);
      state = step.state;
      if (step.held) stopped++;
    }
    return stopped;
  });
  return { state, held };
}

describe('the brake', () => {
  it('never holds what is within the least', () => {
    expect(play(Array(200).fill(10)).held.every((held) => held === 0)).toBe(true);
  });

  it('learns what is usual, and holds what is far more', () => {
    const calm = Array.from({ length: 48 }, (_, i) => 8 + (i % 3));
    const { state } = play(calm);
    expect(limitOf(state, LIMITS)).toBeCloseTo(20, 0);
    expect(play([100], state).held[0]).toBeGreaterThan(75);
  });

  it('is moved by one wild hour as little as can be', () => {
    const calm = Array.from({ length: 47 }, (_, i) => 8 + (i % 3));
    const history = [...calm.slice(0, 20), 5_000, ...calm.slice(20)];
    expect(limitOf({ ...BRAKE_OFF, history }, LIMITS)).toBeLessThan(25);
  });

  it('knows a nightly load', () => {
    const day = [500, ...Array<number>(23).fill(2)];
    const history = Array.from({ length: 7 }, () => day).flat();
    expect(limitOf({ ...BRAKE_OFF, history }, LIMITS)).toBe(1_000);
    expect(limitOf({ ...BRAKE_OFF, history: [...history, 500] }, LIMITS)).toBe(10);
  });

  it('stays on until an hour is calm, or somebody releases it', () => {
    const { state, held } = play([50, 50, 5, 5]);
    expect(held).toEqual([40, 50, 5, 0]);
    expect(state.since).toBeNull();
    const braked = play([50]).state;
    expect(braked.since).not.toBeNull();
    expect(releaseBrake(braked).since).toBeNull();
  });

  it('learns from a person that a nightly load is right', () => {
    const night = [84, ...Array<number>(23).fill(1)];
    let { state, held } = play(night.slice(0, 1));
    expect(held).toEqual([74]);
    // The rest of that night, as far as it was held.
    for (let i = 0; i < 5; i++) state = brakeStep(releaseBrake(state), 0, LIMITS).state;
    expect(state.since).toBeNull();
    ({ state, held } = play([...night.slice(1), ...night], state));
    expect(held.every((count) => count === 0)).toBe(true);
    expect(play([200], state).held[0]).toBeGreaterThan(0);
  });

  it('does not take its own hours for usual', () => {
    expect(play([50, 50, 50]).state.history).toEqual([null, null]);
  });

  it('holds a bounded history, whatever time does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 * HOUR }), { maxLength: 200 }), (times) => {
        let state = BRAKE_OFF;
        for (const at of times) state = brakeStep(state, at, LIMITS).state;
        expect(state.history.length).toBeLessThanOrEqual(168);
        expect(state.wanted).toBeLessThanOrEqual(times.length);
      }),
    );
  });
});

it.each([
  [[], 0],
  [[3], 3],
  [[4, 1], 2.5],
  [[9, 1, 2], 2],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});
