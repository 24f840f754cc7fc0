/**
 * Merges by hand and the order law: what events say is exported as if nobody had merged anything; what is current is the
 * same, whether the merge came before the events or among them; and with all of them undone, it is as it was.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exporter, GRAPH_FILE, GraphDatabase, GraphFile } from '#graph';
import type { Change, LoggedEvent, Merge } from '#lineage';
import { storeClosed } from './collect-garbage.ts';
import { foldChanges } from './fold-changes.ts';
import { arbitraryArrival, type ThemeName } from './generators.ts';
import { deltasOf, differenceOf, logged } from './order-law.ts';
import { referenceCurrent, referenceExport } from './reference-fold.ts';

const themes: readonly ThemeName[] = ['names', 'drops', 'everything'];
const WORD = { by: 'ann', at: 0, reason: null };

/** Numbers that pick among what is there when the batch before has come. */
const arbitrarySteps = fc.array(fc.record({ undo: fc.boolean(), alias: fc.nat(), into: fc.nat() }), {
  minLength: 2,
  maxLength: 6,
});

function exported(folder: string): string[] {
  const db = new GraphDatabase(join(folder, GRAPH_FILE), { readOnly: true });
  try {
    return [...new Exporter(db).lines()];
  } finally {
    db.close();
  }
}

const sorted = ({ dropped, ...graph }: ReturnType<typeof foldChanges>) => ({ ...graph, dropped: [...dropped].sort() });

describe('merges by hand keep the order law', () => {
  it.each(themes)('%s', { timeout: 60_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryArrival(theme, 10), arbitrarySteps, async ({ events, delivery }, steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'headwater-merged-'));
        const beside = mkdtempSync(join(tmpdir(), 'headwater-merged-'));
        const bodies = events.map((event, index) => logged(event, index + 1));
        const deltas = deltasOf(events);
        let file = new GraphFile(folder);
        const feed: Change[] = [];
        const arrived: number[] = [];
        const batches: LoggedEvent[][] = [];
        let held: Merge[] = [];
        let position = 0;
        const split = ({ into, alias }: Merge): void => {
          const outcome = file.split({ ...WORD, id: into, alias });
          if (outcome.kind !== 'done') throw new Error(outcome.reason);
          feed.push(...outcome.changes);
          held = held.filter((merge) => merge.alias !== alias);
        };
        try {
          for (const [n, step] of delivery.entries()) {
            const batch = step.events.flatMap((index): LoggedEvent[] => {
              const body = bodies[index];
              position += 1;
              return body === undefined ? [] : [{ ...body, position }];
            });
            batches.push(batch);
            arrived.push(...step.events);
            feed.push(...file.apply(batch, 0).changes);
            const chosen = steps[n % steps.length];
            const datasets = Object.keys(foldChanges(feed).nodes)
              .filter((id) => id.startsWith('dataset:'))
              .sort();
            const [alias, into] = [
              datasets[(chosen?.alias ?? 0) % datasets.length],
              datasets[(chosen?.into ?? 0) % datasets.length],
            ];
            if (chosen?.undo === true) held.slice(0, 1).forEach(split);
            else if (alias !== undefined && into !== undefined && alias !== into) {
              const outcome = file.merge({ ...WORD, ids: [alias], into });
              if (outcome.kind !== 'done') throw new Error(outcome.reason);
              feed.push(...outcome.changes);
              held.push({ ...WORD, alias, into });
            }
            if (step.restart) {
              file.close();
              file = new GraphFile(folder);
            }
            const wanted = referenceExport(arrived.flatMap((index) => deltas[index] ?? []));
            expect(differenceOf(wanted, exported(folder)), `after batch ${n + 1}`).toBeNull();
          }
          // The merges first, then the events: the same graph.
          const other = new GraphFile(beside, undefined, [], folder);
          const otherFeed = batches.flatMap((batch) => other.apply(batch, 0).changes);
          other.close();
          expect(sorted(foldChanges(otherFeed))).toEqual(sorted(foldChanges(feed)));

          for (const merge of [...held]) split(merge);
          const wanted = referenceCurrent(arrived.flatMap((index) => deltas[index] ?? []));
          expect(sorted(foldChanges(feed))).toEqual(sorted(wanted));
        } finally {
          file.close();
          await storeClosed();
          rmSync(folder, { recursive: true });
          rmSync(beside, { recursive: true });
        }
      }),
      { seed: 20_260_101, numRuns: 12, interruptAfterTimeLimit: 40_000 },
    );
  });
});
