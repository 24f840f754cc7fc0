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
import { arbitraryArrival, type JsonEvent, THEMES, type ThemeName } from './generators.ts';
import { histories } from './histories.ts';
import { deltasOf, logged } from './order-law.ts';
import { referenceCurrent } from './reference-fold.ts';

const themes = Object.keys(THEMES) as ThemeName[];

describe('the change feed of the embedded graph', () => {
  it.each(themes)(
    '%s: folded from empty it is the current graph, after every batch',
    { timeout: 120_000 },
    async (theme) => {
      await fc.assert(
        fc.asyncProperty(arbitraryArrival(theme, 40), async ({ events, delivery }) => {
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
        { numRuns: histories(8) },
      );
    },
  );

  it('of several names of one node the last word counts: a repeat of one, and what another takes back', async () => {
    const said = (minute: number, name: string, facets: object): JsonEvent => ({
      eventTime: `2026-01-01T00:0${minute}:00Z`,
      producer: 'https://example.com/p',
      dataset: { namespace: 'db', name, facets },
    });
    const about = (minute: number, name: string, description: string): JsonEvent =>
      said(minute, name, { documentation: { description } });
    const folder = mkdtempSync(join(tmpdir(), 'headwater-feed-'));
    const file = new GraphFile(folder);
    const told = [
      said(0, 'b', { symlinks: { identifiers: [{ namespace: 'db', name: 'a', type: 'TABLE' }] } }),
      about(1, 'b', 'one'),
      about(2, 'a', 'two'),
      about(3, 'b', 'one'),
      said(4, 'a', { documentation: { _deleted: true } }),
      about(5, 'b', 'one'),
    ].map((event, i) => {
      const { changes } = file.apply([logged(event, i + 1)], 0);
      const facets = changes.filter(({ kind, text }) => kind === 'facet.changed' && text.startsWith('documentation'));
      return facets.map(({ before, after }) => [described(before), described(after)]);
    });
    file.close();
    await storeClosed();
    rmSync(folder, { recursive: true });
    expect(told).toEqual([[], [[null, 'one']], [['one', 'two']], [['two', 'one']], [['one', null]], [[null, 'one']]]);
  });

  it('how an old run ended is the past where a later one has ended; runs side by side are both told', async () => {
    const ended = (eventType: string, runId: string, from: number, to: number): JsonEvent[] =>
      [['START', from] as const, [eventType, to] as const].map(([type, minute]) => ({
        eventType: type,
        eventTime: `2026-01-01T00:${minute}:00Z`,
        producer: 'https://example.com/p',
        run: { runId },
        job: { namespace: 'jobs', name: 'j' },
      }));
    const folder = mkdtempSync(join(tmpdir(), 'headwater-feed-'));
    const file = new GraphFile(folder);
    let position = 0;
    const told = [
      ended('COMPLETE', 'later', 30, 40),
      ended('FAIL', 'older', 10, 20),
      ended('COMPLETE', 'oldest', 11, 19),
      ended('FAIL', 'beside', 15, 35),
      ended('FAIL', 'last', 50, 55),
      ended('FAIL', 'before', 44, 45),
      ended('COMPLETE', 'between', 46, 47),
    ].map((events) => {
      const { changes } = file.apply(
        events.map((event) => logged(event, ++position)),
        0,
      );
      return changes.flatMap(({ kind, subject, after }) =>
        subject.startsWith('run:') ? [[kind, subject, after]] : [],
      );
    });
    file.close();
    await storeClosed();
    rmSync(folder, { recursive: true });
    const at = (minute: number): number => Date.parse(`2026-01-01T00:${minute}:00Z`);
    expect(told).toEqual([
      [['run.completed', 'run:later', 'DONE']],
      [['history', 'run:older', { from: at(20), to: at(30) }]],
      [['history', 'run:oldest', { from: at(19), to: at(30) }]],
      [['run.failed', 'run:beside', 'FAILED']],
      [['run.failed', 'run:last', 'FAILED']],
      [['run.failed', 'run:before', 'FAILED']],
      [['history', 'run:between', { from: at(47), to: at(50) }]],
    ]);
  });
});

const described = (facet: unknown): unknown =>
  facet === null ? null : (facet as { readonly value: { readonly description: string } }).value.description;

function sorted({ dropped, ...graph }: ReturnType<typeof foldChanges>): unknown {
  return { ...graph, dropped: [...dropped].sort() };
}
