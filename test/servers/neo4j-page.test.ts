/** The page for people at the Neo4j browser: each query of it is run as it stands, on a graph that has what it asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Neo4jDatabase } from '#graph';
import { logged } from '../model/order-law.ts';
import { NEO4J_URI } from './empty-neo4j.ts';
import { PublishedGraph } from './published-graph.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/neo4j.md'), 'utf8');
const QUERIES = [...PAGE.matchAll(/\n([^\n]+)\n\n```cypher\n(.*?)```/gs)].map(([, title = '', query = '']) => ({
  title,
  query,
}));

const facet = { _producer: 'https://example.com/p', _schemaURL: 'https://example.com/s.json' };
const dataset = (name: string, more: object = {}) => ({ namespace: 'shop', name, ...more });

function run(
  job: string,
  hour: number,
  eventType: string,
  inputs: object[],
  outputs: object[],
  runFacets: object = {},
) {
  return {
    eventTime: `2026-01-01T0${hour}:00:00Z`,
    eventType,
    run: { runId: `0194f1a5-0000-7000-8000-00000000000${hour}`, facets: runFacets },
    job: { namespace: 'etl', name: job },
    inputs,
    outputs,
    producer: 'https://example.com/p',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  };
}

const checked = dataset('raw.orders', {
  inputFacets: {
    dataQualityAssertions: { ...facet, assertions: [{ assertion: 'not_null', column: 'id', success: false }] },
  },
});
const mart = dataset('marts.orders', {
  facets: {
    symlinks: { ...facet, identifiers: [{ namespace: 'lake', name: '/marts/orders', type: 'LOCATION' }] },
    schema: { ...facet, fields: [{ name: 'total', type: 'int' }] },
    columnLineage: {
      ...facet,
      fields: { total: { inputFields: [{ namespace: 'shop', name: 'raw.orders', field: 'amount' }] } },
    },
  },
  outputFacets: { outputStatistics: { ...facet, rowCount: 7, size: 70 } },
});

const STORY = [
  run('build', 1, 'COMPLETE', [checked, dataset('raw.rates')], [mart]),
  run('build', 2, 'COMPLETE', [checked], [mart]),
  run('report', 3, 'COMPLETE', [dataset('marts.orders')], [dataset('reports.orders')]),
  run('report', 4, 'FAIL', [], [], {
    errorMessage: { ...facet, message: 'out of memory', programmingLanguage: 'SQL' },
  }),
];

describe('docs/neo4j.md', () => {
  let graph: PublishedGraph;
  let database: Neo4jDatabase;
  beforeAll(async () => {
    graph = await PublishedGraph.make();
    const { faults } = await graph.apply(
      STORY.slice(0, -1).map((event, i) => logged(event, i + 1)),
      0,
    );
    expect(faults).toEqual([]);
    const word = { subject: 'job:etl:report', by: 'ann', at: 0, carried: false, expiresAt: null, key: null };
    for (const kind of ['ANNOTATION', 'TAG'] as const) graph.file.words.remark({ ...word, kind, text: 'gold' });
    await graph.apply(
      STORY.map((event, i) => logged(event, i + 1)),
      0,
    );
    expect(faults).toEqual([]);
    database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
  });
  afterAll(async () => {
    await database.close();
    await graph.remove();
  });

  it('has ten queries', () => {
    expect(QUERIES).toHaveLength(10);
  });

  it.each(QUERIES)('$title', async ({ query }) => {
    const rows = await database.run(query);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(Object.values(row)).not.toContain(null);
  });

  it('names every label and type that is in the graph', async () => {
    const words = new Set(PAGE.match(/(?<=:)[A-Z]\w+/g));
    const labels = await database.run('MATCH (n) UNWIND labels(n) AS word RETURN DISTINCT word');
    const types = await database.run('MATCH ()-[e]->() RETURN DISTINCT type(e) AS word');
    const unsaid = [...labels, ...types].map(({ word }) => String(word)).filter((word) => !words.has(word));
    expect(unsaid).toEqual([]);
  });
});
