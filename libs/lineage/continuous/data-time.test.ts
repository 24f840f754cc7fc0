import { describe, expect, it } from 'vitest';
import type { ProgressStatement } from '../delta.ts';
import { dataTimeOf } from './data-time.ts';
import { DEFAULT_FLOW_LIMITS } from './flow-limits.ts';
import { type FlowRow, observe } from './flow-row.ts';

type Look = readonly [position: number | null, end: number | null, watermark?: number];

function rowOf(looks: readonly (readonly [t: number, partitions: readonly Look[], watermark?: number])[]): FlowRow {
  const row = looks.reduce<FlowRow | null>((before, [t, partitions, watermark]) => {
    const progress: ProgressStatement = {
      inputs: partitions.map(([position, endPosition, of], i) => ({
        dataset: { namespace: 'kafka://b:9092', name: 'orders' },
        partition: String(i),
        position,
        endPosition,
        watermark: of ?? null,
      })),
      recordsPerSecond: null,
      watermark: watermark ?? null,
      checkpoints: null,
      stopped: false,
    };
    return observe(before, { t, runId: 'r', eventType: 'RUNNING', progress });
  }, null);
  if (row === null) throw new Error('no looks');
  return row;
}
const of = (...looks: Parameters<typeof rowOf>[0]) => dataTimeOf(rowOf(looks), DEFAULT_FLOW_LIMITS);

describe('data time', () => {
  it('is the watermark of the job where it says one', () => {
    expect(of([0, [[1, 9]]], [60_000, [[2, 9]], 55_000])).toEqual({ at: 55_000, by: 'WATERMARK' });
  });

  it('is the least over its partitions: of their watermarks, and of when the input ended where it is now', () => {
    expect(of([0, [[0, 100]]], [60_000, [[130, 160]]], [120_000, [[130, 220]]])).toEqual({
      at: 30_000,
      by: 'POSITION',
    });
    expect(
      of([
        60_000,
        [
          [9, 9],
          [1, 9, 40_000],
        ],
      ]),
    ).toEqual({ at: 40_000, by: 'WATERMARK' });
    expect(
      of([
        60_000,
        [
          [9, 9],
          [1, 9, 70_000],
        ],
      ]),
    ).toEqual({ at: 60_000, by: 'POSITION' });
  });

  it('is unknown, and says so, where one partition can’t be told, and where nothing was said', () => {
    expect(
      of([
        60_000,
        [
          [9, 9],
          [1, 9],
        ],
      ]),
    ).toEqual({
      at: null,
      reason: 'orders/1 is at 1, and when its input was there is not known.',
    });
    expect(of([0, [[1, 9]]], [60_000, [[2, 20]]])).toMatchObject({
      at: null,
      reason: expect.stringContaining('is at 2,'),
    });
    expect(of([60_000, [[null, 9]]])).toMatchObject({ at: null, reason: expect.stringContaining('has no position') });
    expect(of([60_000, []])).toMatchObject({ at: null });
  });

  it('is not held back by a partition that is no longer told of', () => {
    expect(
      of(
        [
          0,
          [
            [5, 5],
            [5, 5],
          ],
        ],
        [3_600_000, [[9, 9]]],
      ),
    ).toEqual({ at: 3_600_000, by: 'POSITION' });
  });
});
