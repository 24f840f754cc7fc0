/** Neo4j answers as the embedded graph does that it is a copy of, also where an export says nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqliteGraphReader } from '#graph';
import { DEFAULT_FLOW_LIMITS, type GraphReader, LOCAL_VIEWER } from '#lineage';
import { arbitraryHistory, type ThemeName } from '../model/generators.ts';
import { logged } from '../model/order-law.ts';
import { PublishedGraph } from './published-graph.ts';

const T0 = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const THEMES: readonly ThemeName[] = ['columns', 'continuous', 'declared'];
const FIRST = 1_000;

type Ask = (reader: GraphReader, ids: readonly string[]) => Promise<unknown>;

const search =
  (text: string, more: object = {}): Ask =>
  async (reader) => {
    const asked = { text, types: null, namespaces: null, tags: null, owners: null, first: FIRST, after: null, ...more };
    const { items, total } = await reader.search(asked);
    return { total, items: items.map(({ asset, matched }) => [asset.id, matched]) };
  };

const walks =
  (depth: number, asOf: number | null, details: boolean): Ask =>
  async (reader, ids) => {
    const answers = [];
    for (const id of ids) {
      const query = { of: [id], direction: 'BOTH', depth, limit: FIRST, asOf, details } as const;
      const { nodes, edges, cut } = await reader.lineage(query);
      answers.push({ nodes: sorted(nodes), edges, cut: sorted(cut) });
    }
    return answers;
  };

const columns =
  (asOf: number | null): Ask =>
  async (reader, ids) => {
    const answers = [];
    for (const id of ids) {
      const { fields, edges, cut } = await reader.columnLineage({
        of: [id],
        direction: 'BOTH',
        depth: 4,
        limit: FIRST,
        asOf,
      });
      answers.push({ fields, edges, cut: sorted(cut) });
    }
    return answers;
  };

const ASKED: Readonly<Record<string, Ask>> = {
  'walks of three steps': walks(3, null, true),
  'walks of six steps': walks(6, null, false),
  'walks of seven steps, with details': walks(7, null, true),
  'walks as of a time': walks(6, T0 + HOUR, true),
  'column walks': columns(null),
  'column walks as of a time': columns(T0 + HOUR),
  schemas: (reader, ids) => reader.schemas(ids),
  flows: (reader, ids) => reader.flows(ids, T0 + 48 * HOUR),
  // Of batch jobs the embedded graph keeps hours too, and no line tells of them.
  activity: async (reader, ids) => {
    const jobs = (await reader.assets(ids)).flatMap((asset) =>
      asset?.kind === 'job' && asset.processing !== 'BATCH' ? asset.id : [],
    );
    return reader.activity(jobs, T0 - HOUR, T0 + 48 * HOUR);
  },
  'search by a name': search('a'),
  'search by a word': search('orders'),
  'search by a namespace': search('etl'),
  circles: async (reader) => sorted(await reader.cycles(FIRST)),
  namespaces: (reader) => reader.namespaces(),
  'recent runs': async (reader, ids) => {
    const runs = await reader.runs(
      ids.filter((id) => id.startsWith('job:')),
      FIRST,
      null,
    );
    return [...runs].map(([job, { items, total }]) => [job, total, sorted(items)]);
  },
};

describe('in Neo4j and embedded the same is answered', () => {
  it.each(THEMES)('%s', { timeout: 200_000 }, async (theme) => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory(theme, 30), async (events) => {
        const graph = await PublishedGraph.make();
        try {
          await graph.apply(
            events.map((event, i) => logged(event, i + 1)),
            T0 + 30 * 60_000,
          );
          const embedded = new SqliteGraphReader(graph.file.db, DEFAULT_FLOW_LIMITS);
          const reader = graph.reader(LOCAL_VIEWER);
          const lists = await Promise.all(
            (['dataset', 'job'] as const).map((kind) =>
              embedded.list({ kind, namespace: null, order: 'name', limit: FIRST, offset: 0 }),
            ),
          );
          const ids = lists.flatMap(({ items }) => items.map(({ id }) => id));
          for (const [what, ask] of Object.entries(ASKED)) {
            expect(await ask(reader, ids), what).toEqual(await ask(embedded, ids));
          }
        } finally {
          await graph.remove();
        }
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });
});

const sorted = (list: readonly unknown[]): string[] => list.map((item) => JSON.stringify(item)).sort();
