/**
 * The lineage of five hops in Neo4j, beside that of the embedded graph that it is a copy of: what a reader takes for it,
 * without HTTP. `NEO4J_URI` names a server whose database may be emptied.
 */
import { join } from 'node:path';
import {
  Exporter,
  GRAPH_FILE,
  GraphDatabase,
  Neo4jDatabase,
  Neo4jGraphReader,
  ReadableGraph,
  ServedLines,
  SqliteGraphReader,
} from '#graph';
import { DEFAULT_FLOW_LIMITS, type ExportLine, type GraphReader, LOCAL_VIEWER } from '#lineage';
import type { Bench, BenchContext } from './bench.ts';
import { buildData } from './build-data.ts';
import { quantile } from './figure.ts';
import { graphOf } from './lineage.ts';
import { spreadIds } from './lineage-query.ts';
import { inScratch, madeOnce } from './scratch.ts';
import { UsageError } from './sizes.ts';
import { EventSource } from './workload.ts';

const NODES = [80, 120] as const;
const DATASETS = 100;
const PER_COMMIT = 2_000;
const LIMIT = 500;

export const lineageNeo4j: Bench = {
  name: 'lineage-neo4j',
  about:
    'lineage of five hops and about 100 nodes in Neo4j (NEO4J_URI: it is emptied), and in the graph it is a copy of',
  asked: true,
  run: (context) => inScratch((folder) => inAll(folder, context)),
};

async function inAll(folder: string, context: BenchContext): Promise<void> {
  const uri = process.env['NEO4J_URI'];
  if (uri === undefined) throw new UsageError('lineage-neo4j needs NEO4J_URI: it empties that database');
  for (const nodes of context.sizes.lineageNodes) await withGraph(nodes, folder, uri, context);
}

async function withGraph(nodes: number, folder: string, uri: string, { keep, sizes, report }: BenchContext) {
  const source = new EventSource(graphOf(Math.floor(nodes / 2)));
  const data = join(folder, String(nodes));
  await madeOnce(keep, `lineage-${nodes}`, data, (empty) => buildData(empty, source, source.workload.jobs));
  const file = new GraphDatabase(join(data, GRAPH_FILE), { readOnly: true });
  const database = await Neo4jDatabase.connect({ uri });
  try {
    const began = performance.now();
    const rows = await copyTo(uri, database, file);
    const seconds = (performance.now() - began) / 1000;
    report({
      name: `neo4j.copy.${nodes}`,
      value: Math.round(rows / seconds),
      unit: 'lines/s',
      n: rows,
      note: `${PER_COMMIT} lines a commit`,
    });
    const embedded = new SqliteGraphReader(file, DEFAULT_FLOW_LIMITS);
    const inNeo4j = new Neo4jGraphReader(database, LOCAL_VIEWER, DEFAULT_FLOW_LIMITS);
    const ids = await idsOfSize(embedded, spreadIds(source, 20 * DATASETS));
    // Plans are made, and pages read, before the clock starts.
    for (const id of ids) await ask(inNeo4j, id, false);
    for (const details of [false, true]) {
      const taken = new Map<string, number[]>([
        ['neo4j', []],
        ['embedded', []],
      ]);
      for (let i = 0; i < sizes.lineageQueries; i += ids.length) {
        for (const [name, reader] of [
          ['neo4j', inNeo4j],
          ['embedded', embedded],
        ] as const) {
          for (const id of ids) taken.get(name)?.push(await ask(reader, id, details));
        }
      }
      for (const [name, latencies] of taken) {
        for (const [label, q] of [
          ['p50', 0.5],
          ['p95', 0.95],
        ] as const) {
          report({
            name: `${name}.lineage.${nodes}.${details ? 'detailed' : 'bare'}.${label}`,
            value: quantile(latencies, q),
            unit: 'ms',
            n: latencies.length,
            note: `5 hops both ways, ${NODES[0]} to ${NODES[1]} nodes, around ${ids.length} datasets; one after the other, the two taking turns; no HTTP`,
          });
        }
      }
    }
  } finally {
    file.close();
    await database.close();
  }
}

async function ask(reader: GraphReader, id: string, details: boolean): Promise<number> {
  const began = performance.now();
  await reader.lineage({ of: [id], direction: 'BOTH', depth: 5, limit: LIMIT, asOf: null, details });
  return performance.now() - began;
}

async function idsOfSize(reader: GraphReader, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const answer = await reader.lineage({
      of: [id],
      direction: 'BOTH',
      depth: 5,
      limit: LIMIT,
      asOf: null,
      details: false,
    });
    const { length } = answer.nodes;
    if (length >= NODES[0] && length <= NODES[1]) found.push(id);
    if (found.length === DATASETS) break;
  }
  return found;
}

/** Nodes before what hangs on them, as a commit writes them. */
const ORDER: readonly ExportLine['kind'][] = [
  'dataset',
  'job',
  'field',
  'edge',
  'columnEdge',
  'run',
  'jobVersion',
  'schemaVersion',
  'activity',
];

async function copyTo(uri: string, database: Neo4jDatabase, file: GraphDatabase): Promise<number> {
  await database.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
  const graph = await ReadableGraph.open({ uri });
  const lines = [...new Exporter(file).lines()].map((text) => JSON.parse(text) as ExportLine);
  const served = [...new ServedLines(file, DEFAULT_FLOW_LIMITS).all()];
  let commit = 0;
  try {
    const sorted = ORDER.flatMap((kind) => lines.filter((line) => line.kind === kind));
    for (let from = 0; from < sorted.length; from += PER_COMMIT) {
      const put = sorted.slice(from, from + PER_COMMIT);
      await graph.commit({ after: commit++, applied: 0, changes: [], parts: [{ put, gone: [], served: [] }] });
    }
    for (let from = 0; from < served.length; from += PER_COMMIT) {
      const part = served.slice(from, from + PER_COMMIT);
      await graph.commit({ after: commit++, applied: 0, changes: [], parts: [{ put: [], gone: [], served: part }] });
    }
    return lines.length + served.length;
  } finally {
    await graph.close();
  }
}
