/** The lines that a batch is said to have touched, laid over those of before, are the whole export. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WrittenLine } from '#graph';
import { type Arrival, arbitraryArrival, THEMES, type ThemeName } from './generators.ts';
import { histories } from './histories.ts';
import { differenceOf } from './order-law.ts';
import { withTouchedGraph } from './touched-graph.ts';
import { keyOfNode, WrittenLines } from './written-lines.ts';

const SEED = 20_260_101;
const themes = Object.keys(THEMES) as ThemeName[];

describe('the lines that a batch touched', () => {
  it.each(themes)('lead from each export to the next: %s', { timeout: 60_000 }, (theme) => {
    fc.assert(fc.property(arbitraryArrival(theme, 14), checkTouchedLines), {
      seed: SEED,
      numRuns: histories(4),
      interruptAfterTimeLimit: 40_000,
    });
  });
});

describe('a batch', () => {
  it('touches no more than it speaks of, however large the graph is', () => {
    withTouchedGraph(({ apply }) => {
      apply(Array.from({ length: 300 }, (_, i) => loads('hub', `table${i}`, i)));
      const parts = apply([loads('hub', 'table7', 400)]);
      const put = parts.flatMap((part) => part.put);
      expect(put.map(({ id }) => id)).toEqual(['run:table7 at 400|job:shop:load table7']);
      // Its job tells for its edges.
      expect(parts.flatMap(({ said }) => said)).toEqual([]);
      const seen = parts.flatMap((part) => part.seen);
      expect(seen.map(({ id }) => id).sort()).toEqual(['dataset:db:hub', 'dataset:db:table7', 'job:shop:load table7']);
      expect(parts.flatMap(({ gone }) => gone)).toEqual([]);
    });
  });

  it('that deletes a schema takes away the fields that a run under way had told', () => {
    withTouchedGraph(({ apply }) => {
      const run = loads('a', 'b', 1);
      apply([
        {
          ...run,
          eventType: 'START',
          inputs: [{ namespace: 'db', name: 'a', facets: { schema: { fields: [{ name: 'f' }] } } }],
        },
      ]);
      const { eventTime, producer } = run;
      const facets = { schema: { _deleted: true } };
      const parts = apply([{ eventTime, producer, dataset: { namespace: 'db', name: 'a', facets } }]);
      expect(parts.flatMap(({ gone }) => gone)).toEqual([{ kind: 'field', id: 'datasetField:db:a:f' }]);
    });
  });

  it('that is held already touches nothing', () => {
    withTouchedGraph(({ apply }) => {
      apply([loads('a', 'b', 1)]);
      expect(apply([loads('a', 'b', 1)]).flatMap(({ put, gone }) => [...put, ...gone])).toEqual([]);
    });
  });
});

function checkTouchedLines({ events, delivery }: Arrival): void {
  for (const older of [0, Math.ceil(delivery.length / 2)])
    withTouchedGraph(({ apply, exported }) => {
      const lines = new WrittenLines();
      for (const [n, { events: indexes }] of delivery.entries()) {
        for (const part of apply(indexes.map((index) => events[index]))) {
          lines.write(part);
          expect(part.put.flatMap(restsOn).filter((node) => !lines.has(node))).toEqual([]);
        }
        const difference = differenceOf([...exported()].sort(), lines.exported().sort());
        if (difference !== null) throw new Error(`after batch ${n + 1} of ${delivery.length}:\n${difference}`);
      }
    }, older);
}

/** What is to be there by the time that a line comes: in Neo4j it hangs on these. */
function restsOn(line: WrittenLine): string[] {
  switch (line.kind) {
    case 'edge':
      return [line.from, line.to].map(keyOfNode);
    case 'field':
    case 'schemaVersion':
      return [keyOfNode(line.dataset)];
    case 'run':
    case 'jobVersion':
    case 'activity':
      return [keyOfNode(line.job)];
    default:
      return [];
  }
}

function loads(from: string, to: string, second: number) {
  return {
    eventType: 'COMPLETE',
    eventTime: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(),
    producer: 'p',
    run: { runId: `${to} at ${second}` },
    job: { namespace: 'shop', name: `load ${to}` },
    inputs: [{ namespace: 'db', name: from }],
    outputs: [{ namespace: 'db', name: to }],
  };
}
