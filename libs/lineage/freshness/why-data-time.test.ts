/** The drawings of docs/freshness.md, and the path that each data time shows. */
import { describe, expect, it } from 'vitest';
import { formatInstant } from '../instant.ts';
import type { Contribution, DataTold, DataWrite } from './data-time.ts';
import { DataTimePropagation } from './data-time-propagation.ts';
import { MemoryDataTimeRows } from './memory-data-time-rows.ts';
import { whyDataTime } from './why-data-time.ts';

const at = (time: string): number => Date.parse(`2026-01-05T${time}:00Z`);

const told = (dataset: string, time: string, reach: string): DataTold => ({
  kind: 'told',
  key: `${dataset} ${time}`,
  dataset,
  job: null,
  at: at(time),
  reach: at(reach),
  bound: at(reach),
  because: 'its watermark',
});

const run = (
  job: string,
  start: string,
  done: string,
  reads: string[],
  dataset: string,
  more: Partial<DataWrite> = {},
): DataWrite => ({
  kind: 'write',
  key: `${job} ${start} ${dataset}`,
  dataset,
  job,
  start: at(start),
  at: at(done),
  cap: null,
  watermark: null,
  inputs: reads.filter((input) => input !== dataset),
  readsItself: reads.includes(dataset),
  ...more,
});

function rowsOf(...contributions: readonly Contribution[]): MemoryDataTimeRows {
  const rows = new MemoryDataTimeRows();
  const propagation = new DataTimePropagation(rows);
  for (const contribution of contributions) propagation.put(contribution);
  propagation.settle();
  return rows;
}

/** `08:00` of the day, or `–`, and why, from the dataset upwards. */
const path = (rows: MemoryDataTimeRows, dataset: string): string[] =>
  whyDataTime(rows, dataset, (name) => name).path.map(
    (step) => `${step.dataset} ${step.at === null ? '–' : formatInstant(step.at).slice(11, 16)}: ${step.because}`,
  );
const reach = (rows: MemoryDataTimeRows, dataset: string): string | null =>
  path(rows, dataset)[0]?.split(':').slice(0, 2).join(':') ?? null;

describe('data time along the lineage', () => {
  it('is the least of the inputs as they were when the run began', () => {
    const rows = rowsOf(
      told('raw', '08:00', '08:00'),
      told('raw', '09:00', '09:00'),
      told('rates', '06:00', '06:00'),
      told('rates', '09:10', '09:00'),
      run('load', '08:10', '08:20', ['raw'], 'stg'),
      run('build', '09:30', '09:40', ['stg', 'rates'], 'mart'),
    );
    expect(path(rows, 'mart')).toEqual([
      'mart 08:00: the least of what the run of build that began at 2026-01-05T09:30:00.000Z had read: stg',
      'stg 08:00: the least of what the run of load that began at 2026-01-05T08:10:00.000Z had read: raw',
      'raw 08:00: its watermark, told at 2026-01-05T08:00:00.000Z',
    ]);
  });

  it('counts what was done in the instant in which the run began', () => {
    const rows = rowsOf(told('raw', '08:00', '07:55'), run('load', '08:00', '08:20', ['raw'], 'stg'));
    expect(reach(rows, 'stg')).toBe('stg 07:55');
  });

  it('of a source without a watermark is the start of the run that wrote it', () => {
    const rows = rowsOf(run('extract', '08:00', '08:20', [], 'raw'));
    expect(path(rows, 'raw')).toEqual([
      'raw 08:00: it has no watermark: the run of extract that began at 2026-01-05T08:00:00.000Z wrote it and names no inputs',
    ]);
  });

  it('of a source with a watermark is the watermark, however often it is written', () => {
    const rows = rowsOf(told('raw', '07:00', '06:30'), run('extract', '08:00', '08:20', [], 'raw'));
    expect(reach(rows, 'raw')).toBe('raw 06:30');
  });

  it('gets no fresher by rerunning an old partition', () => {
    const source = [told('raw', '08:00', '08:00'), run('load', '08:10', '08:20', ['raw'], 'stg')];
    const rerun = rowsOf(
      ...source,
      told('raw', '10:00', '10:00'),
      run('load', '10:10', '10:20', ['raw'], 'stg', { cap: at('02:00') }),
    );
    expect(reach(rerun, 'stg')).toBe('stg 08:00');
    const alone = rowsOf(
      told('raw', '10:00', '10:00'),
      run('load', '10:10', '10:20', ['raw'], 'stg', { cap: at('02:00') }),
    );
    expect(path(alone, 'stg')[0]).toBe(
      'stg 02:00: the run of load that began at 2026-01-05T10:10:00.000Z was for the time up to 2026-01-05T02:00:00.000Z: it makes nothing fresher than that',
    );
    const declared = rowsOf(...source, run('load', '10:10', '10:20', ['raw'], 'stg', { watermark: at('02:00') }));
    expect(reach(declared, 'stg')).toBe('stg 08:00');
  });

  it('gets no staler by a table that is merged into itself', () => {
    const rows = rowsOf(
      told('raw', '08:00', '08:00'),
      run('merge', '08:10', '08:20', ['raw', 'stg'], 'stg'),
      told('raw', '09:00', '09:00'),
      run('merge', '09:10', '09:20', ['raw', 'stg'], 'stg'),
      run('compact', '11:00', '11:20', ['stg'], 'stg'),
    );
    expect(reach(rows, 'stg')).toBe('stg 09:00');
  });

  it('is unknown by the name of the input that nobody knows', () => {
    const rows = rowsOf(
      told('raw', '08:00', '08:00'),
      run('load', '08:10', '08:20', ['raw', 'lookup'], 'stg'),
      run('build', '08:30', '08:40', ['stg'], 'mart'),
    );
    const answer = whyDataTime(rows, 'mart', (name) => name);
    expect(answer.reach).toEqual({
      at: null,
      reason:
        "Its input stg is not known, for lookup isn't: nothing tells how far it reaches: it has no watermark, and no run is known to have written it by then.",
    });
    expect(answer.path.map(({ dataset }) => dataset)).toEqual(['mart', 'stg', 'lookup']);
  });

  it('stays known where an unknown input can have brought nothing new', () => {
    const rows = rowsOf(
      told('raw', '08:00', '08:00'),
      run('load', '08:10', '08:20', ['raw'], 'stg'),
      run('backfill', '09:00', '09:30', ['archive'], 'stg', { cap: at('03:00') }),
    );
    expect(reach(rows, 'stg')).toBe('stg 08:00');
  });

  it('ends in a circle: a run sees only what was there before it', () => {
    const rows = rowsOf(
      told('a', '08:00', '08:00'),
      run('there', '08:10', '08:20', ['a'], 'b'),
      run('back', '08:30', '08:40', ['b'], 'a'),
      run('there', '08:50', '09:00', ['a'], 'b'),
    );
    expect(path(rows, 'b')).toHaveLength(2);
    expect(reach(rows, 'b')).toBe('b 08:00');
  });
});
