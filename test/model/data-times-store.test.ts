/** The data times that the embedded graph keeps, against the reference, after every batch of shuffled histories. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphFile } from '#graph';
import type { DataTimeStep } from '#lineage';
import type { Delta } from '../../libs/lineage/delta.ts';
import { NOTHING, shownOf } from '../../libs/lineage/freshness/data-time.ts';
import { foldContributions, reachedBy } from './fold-data-times.ts';
import { arbitraryArrival, type JsonEvent } from './generators.ts';
import { keyOf } from './order.ts';
import { deltaOf, logged } from './order-law.ts';

const SEED = 20_260_101;

/** Batch jobs alone: of a continuous job the store hears less than the reference, which folds its whole past each time. */
function withoutStreams(event: JsonEvent): JsonEvent {
  const { job, ...rest } = event as { job?: { facets?: { jobType?: unknown } } };
  if (job?.facets?.jobType === undefined) return event;
  const { jobType, ...facets } = job.facets;
  return { ...rest, job: { ...job, facets } };
}

interface Watched {
  readonly dataset: string;
  readonly steps: readonly DataTimeStep[];
}

function watchedOf(file: GraphFile): Watched[] {
  return file.db
    .all(
      'SELECT w.dataset AS id, n.namespace AS ns, n.name AS name FROM watched w JOIN name n ON n.id = w.dataset WHERE n.root = n.id',
    )
    .map((row) => ({
      dataset: keyOf(row['ns'], row['name']),
      steps: file.db
        .all('SELECT step FROM data_time_step WHERE dataset = ? ORDER BY moment', Number(row['id']))
        .map((step) => JSON.parse(String(step['step'])) as DataTimeStep),
    }));
}

describe('data times in the embedded graph', () => {
  it('are those of the reference, for every dataset that is watched', { timeout: 150_000 }, () => {
    let compared = 0;
    let known = 0;
    fc.assert(
      fc.property(arbitraryArrival('data-times', 14), ({ events, delivery }) => {
        const history = events.map(withoutStreams);
        const folder = mkdtempSync(join(tmpdir(), 'headwater-times-'));
        let file = new GraphFile(folder);
        try {
          const arrived: Delta[] = [];
          let position = 0;
          for (const { events: indexes, restart } of delivery) {
            const batch = indexes.map((index) => logged(history[index], ++position));
            arrived.push(...batch.map(deltaOf));
            expect(file.apply(batch, 1).faults).toEqual([]);
            if (restart) {
              file.close();
              file = new GraphFile(folder);
            }
            const all = [...foldContributions(arrived).values()];
            for (const { dataset, steps } of watchedOf(file)) {
              const instants = [
                ...new Set([...all.flatMap((one) => (one.kind === 'write' ? [one.at, one.start] : [one.at])), 4e15]),
              ];
              for (const t of instants) {
                for (const after of [false, true]) {
                  const moment = 2 * t + (after ? 1 : 0);
                  const shown = shownOf(steps.findLast((step) => step.moment <= moment) ?? NOTHING);
                  const { at } = reachedBy(all, dataset, t, after);
                  expect({ dataset, t, after, at: shown.at }).toEqual({ dataset, t, after, at });
                  compared += 1;
                  if (at !== null) known += 1;
                }
              }
            }
          }
        } finally {
          file.close();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { seed: SEED, numRuns: 80, interruptAfterTimeLimit: 120_000 },
    );
    expect(compared).toBeGreaterThan(1000);
    expect(known).toBeGreaterThan(200);
  });
});
