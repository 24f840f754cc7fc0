/**
 * The lineage of five hops in Neo4j, as a reader answers it, without HTTP. `NEO4J_URI` names a server whose database may be
 * emptied. Beside it stands what the same server takes to answer `RETURN 1`: the least that any answer can take.
 */
import { Neo4jDatabase, Neo4jGraphReader } from '#graph';
import { DEFAULT_FLOW_LIMITS, type GraphReader, LOCAL_VIEWER } from '#lineage';
import type { Bench, BenchContext } from './bench.ts';
import { quantile } from './figure.ts';
import { buildLargeGraph } from './large-graph.ts';
import { graphOf } from './lineage.ts';
import { spreadIds } from './lineage-query.ts';
import { inScratch } from './scratch.ts';
import { UsageError } from './sizes.ts';
import { EventSource } from './workload.ts';

const NODES = [80, 120] as const;
const DATASETS = 100;
const LIMIT = 500;
/** Of each dataset: plans are made, code is compiled and pages are read before the clock starts. */
const WARM_UP = 10;

export const lineageNeo4j: Bench = {
  name: 'lineage-neo4j',
  about: 'lineage of five hops and about 100 nodes in Neo4j (NEO4J_URI: it is emptied)',
  asked: true,
  run: (context) => inScratch((folder) => inAll(folder, context)),
};

async function inAll(folder: string, context: BenchContext): Promise<void> {
  const uri = process.env['NEO4J_URI'];
  if (uri === undefined) throw new UsageError('lineage-neo4j needs NEO4J_URI: it empties that database');
  const database = await Neo4jDatabase.connect({ uri });
  try {
    for (const nodes of context.sizes.lineageNodes) await withGraph(nodes, folder, uri, database, context);
  } finally {
    await database.close();
  }
}

async function withGraph(
  nodes: number,
  folder: string,
  uri: string,
  database: Neo4jDatabase,
  { sizes, report }: BenchContext,
): Promise<void> {
  const source = new EventSource(graphOf(Math.floor(nodes / 2)));
  const began = performance.now();
  const made = await buildLargeGraph(uri, database, folder, source);
  const rate = made / ((performance.now() - began) / 1000);
  report({
    name: `neo4j.build.${nodes}`,
    value: Math.round(rate),
    unit: 'nodes and relationships/s',
    n: made,
    note: 'by copies of one job, for the benches',
  });
  const reader = new Neo4jGraphReader(database, LOCAL_VIEWER, DEFAULT_FLOW_LIMITS);
  const ids = await idsOfSize(reader, spreadIds(source, 20 * DATASETS));
  const asks: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    bare: (id) => ask(reader, id, false),
    detailed: (id) => ask(reader, id, true),
    floor: () => database.ask('RETURN 1', {}),
  };
  for (let round = 0; round < WARM_UP; round++)
    for (const id of ids) await Promise.all(Object.values(asks).map((each) => each(id)));
  const taken = new Map(Object.keys(asks).map((name) => [name, [] as number[]]));
  for (let i = 0; i < sizes.lineageQueries; i += ids.length) {
    for (const id of ids) {
      for (const [name, each] of Object.entries(asks)) {
        const start = performance.now();
        await each(id);
        taken.get(name)?.push(performance.now() - start);
      }
    }
  }
  for (const [name, latencies] of taken) {
    for (const [label, q] of [
      ['p50', 0.5],
      ['p95', 0.95],
    ] as const) {
      report({
        name: `neo4j.lineage.${nodes}.${name}.${label}`,
        value: quantile(latencies, q),
        unit: 'ms',
        n: latencies.length,
        note:
          name === 'floor'
            ? 'RETURN 1, in turns with these'
            : `5 hops both ways, ${NODES[0]} to ${NODES[1]} nodes, around ${ids.length} datasets, one after the other; no HTTP`,
      });
    }
  }
}

const ask = (reader: GraphReader, id: string, details: boolean) =>
  reader.lineage({ of: [id], direction: 'BOTH', depth: 5, limit: LIMIT, asOf: null, details });

async function idsOfSize(reader: GraphReader, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const { length } = (await ask(reader, id, false)).nodes;
    if (length >= NODES[0] && length <= NODES[1]) found.push(id);
    if (found.length === DATASETS) break;
  }
  if (found.length === 0) throw new Error(`no lineage among ${ids.length} has ${NODES[0]} to ${NODES[1]} nodes`);
  return found;
}
