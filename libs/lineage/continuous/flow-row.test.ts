import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEventType } from '../delta.ts';
import type { FlowObservation } from './flow-observation.ts';
import { type FlowRow, observe } from './flow-row.ts';

const fold = (observations: readonly FlowObservation[]): FlowRow | null =>
  observations.reduce<FlowRow | null>(observe, null);

/** Few instants, so that ties are common; spread over seconds, minutes and hours, so that every step is thinned. */
const instants = fc
  .tuple(fc.nat(30), fc.constantFrom(1, 400, 1000, 20_000, 60_000, 3_600_000))
  .map(([count, unit]) => 1_000_000 + count * unit);
const amounts = fc.oneof(
  { weight: 5, arbitrary: fc.nat(6) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(-1, Number.POSITIVE_INFINITY) },
);
const inputs = fc
  .record({
    topic: fc.constantFrom('orders', 'payments'),
    // Blocks of partitions: some histories grow past what has room for every point.
    from: fc.constantFrom(0, 1, 2, 40),
    count: fc.constantFrom(1, 1, 2, 90),
    position: amounts,
    end: amounts,
    watermark: fc.option(fc.nat(5)),
  })
  .map(({ topic, from, count, position, end, watermark }) =>
    Array.from({ length: count }, (_, i) => ({
      dataset: { namespace: 'kafka://b:9092', name: topic },
      partition: String(from + i),
      position,
      endPosition: end,
      watermark,
    })),
  );
const checkpoints = fc.record({ completed: fc.nat(3), failed: fc.nat(3), restored: fc.nat(2) });
const observations: fc.Arbitrary<FlowObservation> = fc.record({
  t: instants,
  // More runs than a row keeps.
  runId: fc.option(
    fc.nat(20).map((n) => `run-${n}`),
    { freq: 9 },
  ),
  eventType: fc.constantFrom<(RunEventType | null)[]>('START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', null),
  progress: fc.option(
    fc.record({
      inputs: fc.array(inputs, { maxLength: 2 }).map((lists) => lists.flat()),
      recordsPerSecond: amounts,
      watermark: fc.option(fc.nat(3)),
      checkpoints: fc.option(checkpoints),
      stopped: fc.boolean(),
    }),
  ),
  windowSeconds: fc.constantFrom(undefined, 0, 30, 60),
});

describe('a flow row', () => {
  it('depends on the set of observations: neither on their order nor on repeats', () => {
    const histories = fc
      .array(observations, { minLength: 1, maxLength: 70 })
      .chain((list) =>
        fc.tuple(
          fc.constant(list),
          fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2, maxLength: list.length * 2 }),
        ),
      );
    fc.assert(
      fc.property(histories, ([list, shuffled]) => {
        // As bytes: stores may compare what they wrote.
        expect(JSON.stringify(fold(shuffled))).toBe(JSON.stringify(fold(list)));
      }),
      { numRuns: 150 },
    );
  });

  it('is plain JSON', () => {
    fc.assert(
      fc.property(fc.array(observations, { minLength: 1, maxLength: 10 }), (list) => {
        const row = fold(list);
        expect(JSON.parse(JSON.stringify(row))).toEqual(row);
      }),
    );
  });

  it('stays small over a week of words from ever new runs', () => {
    let row: FlowRow | null = null;
    for (let minute = 0; minute < 10_080; minute++) {
      row = observe(row, {
        t: minute * 60_000,
        runId: `01a1fafb-2961-75f6-b90b-${String(minute).padStart(12, '0')}`,
        eventType: 'COMPLETE',
        progress: {
          inputs: [0, 1, 2].map((partition) => ({
            dataset: { namespace: 'kafka://b:9092', name: 'orders' },
            partition: String(partition),
            position: minute * 1000,
            endPosition: minute * 1000 + 5,
            watermark: minute * 60_000,
          })),
          recordsPerSecond: 50,
          watermark: minute * 60_000,
          checkpoints: { completed: minute, failed: 0, restored: 0 },
          stopped: false,
        },
      });
    }
    expect(JSON.stringify(row).length).toBeLessThan(12_000);
  });

  it('keeps a few numbers for each of thousands of partitions', () => {
    const partitions = 3000;
    let row: FlowRow | null = null;
    for (let minute = 0; minute < 12; minute++) {
      row = observe(row, {
        t: minute * 60_000,
        runId: 'r',
        eventType: 'RUNNING',
        progress: {
          inputs: Array.from({ length: partitions }, (_, partition) => ({
            dataset: { namespace: 'kafka://b:9092', name: 'orders' },
            partition: String(partition),
            position: minute,
            endPosition: minute,
            watermark: null,
          })),
          recordsPerSecond: null,
          watermark: null,
          checkpoints: null,
          stopped: false,
        },
      });
    }
    expect(row?.partitions.length).toBe(partitions);
    expect(row?.partitions.every(({ points, moves }) => points.length === 1 && moves.length === 2)).toBe(true);
  });

  it('takes a JobEvent for a declaration, not for a sign of life', () => {
    const row = observe(null, { t: 5, runId: null, eventType: null, progress: null, windowSeconds: 60 });
    expect(row).toMatchObject({ heard: 5, first: null, beats: [], words: [], window: [5, 60] });
  });
});
