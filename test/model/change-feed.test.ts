/** SEMANTICS §5: applied one after the other to the empty graph, the changes give the current graph, in any order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphFile } from '#graph';
import type { Change, LoggedEvent } from '#lineage';
import { storeClosed } from './collect-garbage.ts';
import { foldChanges } from './fold-changes.ts';
import { arbitraryArrival, THEMES, type ThemeName } from './generators.ts';
import { histories } from './histories.ts';
import { deltasOf, logged } from './order-law.ts';
import { referenceCurrent } from './reference-fold.ts';

const themes = Object.keys(THEMES) as ThemeName[];

describe('the change feed of the embedded graph', () => {
  it.each(themes)(
    '%s: folded from empty it is the current graph, after every batch',
    { timeout: 60_000 },
    async (theme) => {
      await fc.assert(
        fc.asyncProperty(arbitraryArrival(theme, 12), async ({ events, delivery }) => {
          const folder = mkdtempSync(join(tmpdir(), 'headwater-feed-'));
          const file = new GraphFile(folder);
          const bodies = events.map((event, index) => logged(event, index + 1));
          const deltas = deltasOf(events);
          const feed: Change[] = [];
          const arrived: number[] = [];
          let position = 0;
          try {
            for (const step of delivery) {
              const batch = step.events.flatMap((index): LoggedEvent[] => {
                const body = bodies[index];
                position += 1;
                return body === undefined ? [] : [{ ...body, position }];
              });
              arrived.push(...step.events);
              const { changes, faults } = file.apply(batch, 0);
              expect(faults).toEqual([]);
              feed.push(...changes);
              const wanted = referenceCurrent(arrived.flatMap((index) => deltas[index] ?? []));
              expect(sorted(foldChanges(feed))).toEqual(sorted(wanted));
            }
            expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, index) => index + 1));
            // What was told is what is stored, and a repeat makes no change.
            const again = bodies.map((body) => ({ ...body, position: ++position }));
            expect(file.apply(again, 0).changes).toEqual([]);
          } finally {
            file.close();
            await storeClosed();
            rmSync(folder, { recursive: true });
          }
        }),
        { seed: 20_260_101, numRuns: histories(4) },
      );
    },
  );
});

function sorted({ dropped, ...graph }: ReturnType<typeof foldChanges>): unknown {
  return { ...graph, dropped: [...dropped].sort() };
}
