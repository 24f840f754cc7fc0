/** The order law on what real programs sent: each recording in order, backwards, and shuffled with repeats and restarts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExportLine } from '../../libs/lineage/export-line.ts';
import { arbitraryDelivery, type JsonEvent } from '../model/generators.ts';
import { graphFileStore } from '../model/graph-file-store.ts';
import { checkOrderLaw, deltasOf } from '../model/order-law.ts';
import { referenceExport } from '../model/reference-fold.ts';
import { recordings as allRecordings } from './recordings.ts';

const recordings = allRecordings();

const linesOf = (events: readonly JsonEvent[]): ExportLine[] =>
  referenceExport(deltasOf(events)).map((line) => JSON.parse(line) as ExportLine);

describe('recordings', () => {
  it('are there', () => {
    expect(recordings.length).toBeGreaterThan(20);
    expect(recordings.filter(({ events }) => events.length === 0)).toEqual([]);
  });

  it.each(recordings)('$name: in order, one by one', async ({ events }) => {
    const oneByOne = events.map((_, event) => ({ events: [event], restart: event % 20 === 10 }));
    await checkOrderLaw(graphFileStore, events, oneByOne);
  });

  it.each(recordings)('$name: backwards, in batches', async ({ events }) => {
    const backwards = events.map((_, event) => events.length - 1 - event);
    const batches = backwards.flatMap((_, i) =>
      i % 7 === 0 ? [{ events: backwards.slice(i, i + 7), restart: false }] : [],
    );
    await checkOrderLaw(graphFileStore, events, batches);
  });

  it.each(recordings)('$name: shuffled, repeated, restarted', async ({ events }) => {
    await fc.assert(
      fc.asyncProperty(arbitraryDelivery(events), (delivery) => checkOrderLaw(graphFileStore, events, delivery)),
      { numRuns: 4, seed: 20_260_101, endOnFailure: true },
    );
  });

  it('all of them in one graph', async () => {
    const events = recordings.flatMap((recording) => recording.events);
    const backwards = events.map((_, event) => events.length - 1 - event);
    await checkOrderLaw(graphFileStore, events, [
      { events: backwards, restart: true },
      { events: backwards.slice(0, 50), restart: false },
    ]);
  });
});

describe('reference counts: jobs, runs, datasets, table edges, column edges', () => {
  it.each([
    ['compat-CLL', [4, 4, 3, 5, 21]],
    ['compat-simple_run_event', [1, 1, 2, 2, 0]],
    ['compat-spark_dataproc_simple_producer_test', [1, 1, 2, 2, 2]],
  ])('%s', (name, counts) => {
    const lines = linesOf(recordings.find((recording) => recording.name === name)?.events ?? []);
    const count = (isCounted: (line: ExportLine) => boolean) => lines.filter(isCounted).length;
    expect([
      count(({ kind }) => kind === 'job'),
      count(({ kind }) => kind === 'run'),
      count(({ kind }) => kind === 'dataset'),
      count((line) => line.kind === 'edge' && (line.edge === 'READS' || line.edge === 'WRITES')),
      count(({ kind }) => kind === 'columnEdge'),
    ]).toEqual(counts);
  });
});

describe('failed runs', () => {
  it('after a FAIL there is no WRITES that only failed runs mention', () => {
    let mayWrite = 0;
    for (const { name, events } of recordings) {
      const deltas = deltasOf(events);
      const lines = linesOf(events);
      const failed = new Set(
        lines.flatMap((line) =>
          line.kind === 'run' &&
          line.processingType === 'BATCH' &&
          (line.state === 'FAILED' || line.state === 'ABORTED')
            ? `${line.runId} ${line.job}`
            : [],
        ),
      );
      const standing = new Set(
        deltas
          .filter(
            ({ run, job }) =>
              run === null || job === null || !failed.has(`${run.runId} job:${job.namespace}:${job.name}`),
          )
          .map(({ stamp }) => stamp.h),
      );
      for (const line of lines) {
        if (line.kind === 'edge' && line.edge === 'MAY_WRITE') mayWrite++;
        if (line.kind !== 'edge' || (line.edge !== 'WRITES' && line.edge !== 'READS')) continue;
        const told = line.evidence.every(
          ({ firstEvent, lastEvent }) => standing.has(firstEvent) && standing.has(lastEvent),
        );
        expect(told, `${name}: ${line.id}`).toBe(true);
      }
    }
    expect(mayWrite).toBeGreaterThan(0);
  });
});
