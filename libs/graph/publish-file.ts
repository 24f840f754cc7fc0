/**
 * A whole graph file into an empty graph that workers share. It takes as many commits as its size asks for, which count
 * as one: a worker follows them when the last is there, from the rows that they carry.
 *
 * ```
 * commit 1…a  lines │ a+1…b  what is served │ b+1…c  changes │ c+1…z  rows, gzipped; z is the last
 * ```
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Change, type ChangeFeed, DEFAULT_FLOW_LIMITS, type ExportLine, type FlowLimits } from '#lineage';
import { Neo4jDatabase, type Neo4jOptions } from './neo4j/neo4j-database.ts';
import { partRows } from './neo4j/part-rows.ts';
import { type GraphCommit, ReadableGraph } from './neo4j/readable-graph.ts';
import { Database } from './sqlite/database.ts';
import { GRAPH_FILE } from './sqlite/graph-file.ts';
import { rowLines } from './sqlite/graph-rows.ts';
import { ChangeReads } from './sqlite/read/change-reads.ts';
import { Exporter } from './sqlite/read/exporter.ts';
import { ServedLines } from './sqlite/read/served-lines.ts';

type Part = Pick<GraphCommit, 'parts' | 'changes' | 'rows'>;

/** What one commit writes: some seconds, and a few tens of MB of the server's memory. */
const LINES_AT_ONCE = 2_000;
const ROW_TEXT_AT_ONCE = 4_194_304;
const TURN_MS = 60_000;
const NOTHING: Part = { parts: [], changes: [] };

/** Somebody's graph is there. */
export class GraphNotEmpty extends Error {
  override readonly name = 'GraphNotEmpty';
}

/**
 * @param folder of a `graph.db`
 * @returns how many commits it took
 * @throws GraphNotEmpty, CommitOvertaken
 */
export async function publishFile(
  folder: string,
  neo4j: Neo4jOptions,
  limits: FlowLimits = DEFAULT_FLOW_LIMITS,
): Promise<number> {
  const database = await Neo4jDatabase.connect(neo4j);
  try {
    const graph = await ReadableGraph.on(database);
    const { commit } = await graph.position();
    if (commit > 0) {
      throw new GraphNotEmpty(
        `the graph in Neo4j is not empty (it is at commit ${commit}): an import is never mixed with another graph. Take another database, or empty this one with every hub stopped: MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS`,
      );
    }
    // Nobody applies meanwhile: events that came in wait.
    const worker = randomUUID();
    let after = 0;
    for (const { part, last } of withLast(partsOf(folder, limits))) {
      await graph.takeTurn(worker, TURN_MS);
      await graph.commit({ ...part, after, applied: 0, step: { op: 'import', last } });
      after++;
    }
    await graph.endTurn(worker);
    return after;
  } finally {
    await database.close();
  }
}

/** The rows that the commits from `first` to `last` carry, a piece at a time. */
export async function* publishedRows(graph: ReadableGraph, first: number, last: number): AsyncIterable<string[]> {
  for (let number = first; number <= last; number++) {
    const rows = await graph.rowsOf(number);
    if (rows !== null) yield gunzipSync(rows).toString().split('\n');
  }
}

function* partsOf(folder: string, limits: FlowLimits): Iterable<Part> {
  // Hiding merges is for connections of exports alone.
  const db = new Database(join(folder, GRAPH_FILE), { readOnly: true });
  try {
    // Assets first: the others hang on them.
    const isAsset = ({ kind }: ExportLine): boolean => kind === 'dataset' || kind === 'job';
    for (const wanted of [isAsset, (line: ExportLine) => !isAsset(line)])
      for (const put of pieces(filtered(new Exporter(db).shown(), wanted), LINES_AT_ONCE))
        yield { ...NOTHING, parts: [partRows({ put, seen: [], said: [], gone: [], served: [] })] };
    for (const served of pieces(new ServedLines(db, limits).all(), LINES_AT_ONCE))
      yield { ...NOTHING, parts: [partRows({ put: [], seen: [], said: [], gone: [], served })] };
    for (const changes of changesOf(db)) yield { ...NOTHING, changes };
    let held: string[] = [];
    let size = 0;
    for (const line of rowLines(db)) {
      held.push(line);
      size += line.length;
      if (size < ROW_TEXT_AT_ONCE) continue;
      yield { ...NOTHING, rows: gzipSync(held.join('\n')) };
      [held, size] = [[], 0];
    }
    if (held.length > 0) yield { ...NOTHING, rows: gzipSync(held.join('\n')) };
  } finally {
    db.close();
  }
}

function* changesOf(db: Database): Iterable<readonly Change[]> {
  const reads = new ChangeReads(db);
  const all = { kinds: null, subjects: null, since: null, breaking: null, first: LINES_AT_ONCE };
  let after: string | null = '0';
  while (after !== null) {
    const feed: ChangeFeed = reads.changes({ ...all, after });
    if (feed.items.length > 0) yield feed.items;
    after = feed.next;
  }
}

function* filtered<T>(all: Iterable<T>, wanted: (each: T) => boolean): Iterable<T> {
  for (const each of all) if (wanted(each)) yield each;
}

function* pieces<T>(all: Iterable<T>, most: number): Iterable<readonly T[]> {
  let held: T[] = [];
  for (const each of all) {
    held.push(each);
    if (held.length < most) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

function* withLast(parts: Iterable<Part>): Iterable<{ readonly part: Part; readonly last: boolean }> {
  let held: Part | null = null;
  for (const part of parts) {
    if (held !== null) yield { part: held, last: false };
    held = part;
  }
  if (held !== null) yield { part: held, last: true };
}
