import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProgressStatement } from '../delta.ts';
import { type ActivityRow, activityOf, hourOf, hoursOfActivity, joinActivity } from './activity.ts';
import type { FlowObservation } from './flow-observation.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

const looks = (
  t: number,
  positions: readonly (readonly [partition: number, position: number | null])[],
  recordsPerSecond: number | null = null,
): FlowObservation => {
  const progress: ProgressStatement = {
    inputs: positions.map(([partition, position]) => ({
      dataset: { namespace: 'kafka://b:9092', name: 'orders' },
      partition: String(partition),
      position,
      endPosition: null,
      watermark: null,
    })),
    recordsPerSecond,
    watermark: null,
    checkpoints: null,
    stopped: false,
  };
  return { t, runId: 'r', eventType: 'RUNNING', progress };
};

/** What a store does: one row per hour. */
function rowsOf(observations: readonly FlowObservation[]): ActivityRow[] {
  const rows = new Map<number, ActivityRow>();
  for (const observation of observations) {
    const row = activityOf(observation);
    if (row === null) continue;
    const before = rows.get(row.hour);
    rows.set(row.hour, before === undefined ? row : joinActivity(before, row));
  }
  return [...rows.values()].sort((a, b) => a.hour - b.hour);
}
const records = (observations: readonly FlowObservation[]): (number | null)[] =>
  hoursOfActivity(rowsOf(observations), null).map((hour) => hour.records);

describe('activity', () => {
  it('is kept by the UTC hour', () => {
    expect([0, HOUR - 1, HOUR, -1].map(hourOf)).toEqual([0, 0, HOUR, -HOUR]);
  });

  it('costs a row per hour: a month of one event a minute', () => {
    const month = Array.from({ length: 43_200 }, (_, i) =>
      looks(
        i * MINUTE,
        [
          [0, i * 10],
          [1, i * 5],
        ],
        0.25,
      ),
    );
    const rows = rowsOf(month);
    expect(rows.length).toBe(720);
    expect(JSON.stringify(rows).length).toBeLessThan(720 * 200);
    const hours = hoursOfActivity(rows, null);
    expect(hours[0]).toEqual({ hour: 0, observations: 60, records: 59 * 15 });
    // From the last look of the hour before.
    expect(hours[1]).toEqual({ hour: HOUR, observations: 60, records: 60 * 15 });
    expect(hoursOfActivity(rows.slice(1), rows[0] ?? null)[0]).toEqual(hours[1]);
  });

  it('is the same in any order', () => {
    const one = fc
      .record({
        t: fc.nat(12),
        set: fc.oneof(fc.nat(1), fc.nat(45)),
        position: fc.oneof(fc.nat(9), fc.constant(null)),
        rate: fc.option(fc.double({ min: 0, max: 9, noNaN: true })),
      })
      .map(({ t, set, position, rate }) => looks(t * 10 * MINUTE, [[set, position]], rate));
    const histories = fc
      .array(one, { minLength: 1, maxLength: 120 })
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      );
    fc.assert(
      fc.property(histories, ([list, shuffled]) => {
        expect(JSON.stringify(rowsOf(shuffled))).toBe(JSON.stringify(rowsOf(list)));
      }),
    );
  });

  it('counts what each set of partitions gained, and follows them over hours without a word', () => {
    const pods = [0, 1, 2].flatMap((i) => [looks(i * MINUTE, [[0, i * 10]]), looks(i * MINUTE + 1, [[1, 1000 + i]])]);
    expect(records(pods)).toEqual([22]);
    expect(records([...pods, looks(5 * HOUR, [[0, 100]])])).toEqual([22, 80]);
  });

  it('starts anew where offsets were set back', () => {
    expect(records([looks(0, [[0, 1000]]), looks(HOUR, [[0, 10]]), looks(HOUR + 1, [[0, 30]])])).toEqual([0, 20]);
  });

  it('falls back to the rates that were said over the time that was watched, and says so when it knows neither', () => {
    expect(records([looks(0, [], 10), looks(30 * MINUTE, [], 20), looks(HOUR + MINUTE, [], 5)])).toEqual([27_000, 300]);
    expect(records([looks(0, []), looks(MINUTE, [[0, null]])])).toEqual([null]);
    const sets = Array.from({ length: 40 }, (_, i) => looks(i, [[i, 5]]));
    expect(records(sets)).toEqual([null]);
    expect(rowsOf(sets)[0]?.spans.length).toBe(33);
  });

  it('takes no JobEvent', () => {
    expect(activityOf({ t: 0, runId: null, eventType: null, progress: null })).toBe(null);
  });
});
