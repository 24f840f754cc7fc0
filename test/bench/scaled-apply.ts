/**
 * What a worker of the scaled size takes for an event, without HTTP and Redis, beside two bare loops in as many
 * transactions, with nothing worked out and nothing kept. One has the same statements with the same rows, which are few,
 * since a worker knows what moved; the other writes each node and edge that the events speak of whole, as a loop without
 * that knowledge has to. Both send rows as a worker does, as lists. Each begins on an empty graph, and is measured after its
 * first events: by then jobs and datasets are known, and code is compiled on all sides.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import {
  GRAPH_FILE,
  GraphCommitter,
  GraphDatabase,
  GraphFile,
  Neo4jDatabase,
  partRows,
  ReadableGraph,
  type SaidEdge,
  type SeenNode,
  ServedLines,
  type Statements,
  TouchedLines,
  TouchedRecorder,
  type WrittenLine,
  withTimes,
} from '#graph';
import { DEFAULT_FLOW_LIMITS, type ExportLine, type LoggedEvent } from '#lineage';
import type { BenchContext } from './bench.ts';
import { median } from './figure.ts';
import { cpuMsOfProcess, pidOfNeo4j } from './hub-probe.ts';
import { loggedEvent } from './logged-event.ts';
import { startStopwatch, type Took } from './stopwatch.ts';
import { EventSource, REALISTIC } from './workload.ts';

/** Rounds of each; who is first takes turns too. */
const ROUNDS = 3;

type Statement = readonly [cypher: string, parameters: Readonly<Record<string, unknown>>];

/** What the loops do in the largest transactions, events/s. */
export interface LoopRates {
  /** With the worker's own statements. */
  readonly bare: number;
  /** With each node and edge whole. */
  readonly whole: number;
}

export async function scaledApply(uri: string, folder: string, { sizes, report }: BenchContext): Promise<LoopRates> {
  const source = new EventSource({ ...REALISTIC, jobs: sizes.ingestJobs });
  const warmup = sizes.ingestWarmup;
  const events = Array.from({ length: warmup + sizes.scaledEvents }, (_, i) =>
    loggedEvent(source.text(i), i + 1, source.timeOf(i)),
  );
  const database = await Neo4jDatabase.connect({ uri });
  const java = await pidOfNeo4j(database);
  let last: LoopRates = { bare: Number.NaN, whole: Number.NaN };
  try {
    for (const batch of sizes.scaledBatch) {
      const told = { batch, events, warmup: Math.ceil(warmup / batch), database, folder, java };
      // What a commit writes is heard once, outside of what is measured.
      const transactions = await heard(told, () => byWorker(told));
      const wholeTransactions = await heard(told, () => whollyWritten(told));
      const applied: Spent[] = [];
      const bare: Spent[] = [];
      const whole: Spent[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const turns = [
          async () => applied.push(await byWorker(told)),
          async () => bare.push(await byLoop(told, transactions)),
          async () => whole.push(await byLoop(told, wholeTransactions)),
        ];
        for (const measure of round % 2 === 0 ? turns : turns.reverse()) await measure();
      }
      const counted = transactions.slice(told.warmup);
      const n = events.length - told.warmup * batch;
      const rowsOf = (of: readonly (readonly Statement[])[]): string => {
        const rows = of.flat().flatMap(([, { rows }]) => (Array.isArray(rows) ? rows.length : 0));
        return `${(rows.reduce((sum, given) => sum + given, 0) / n).toFixed(1)} rows an event`;
      };
      const rate = (took: readonly Spent[]): number => (n / median(took.map(({ ms }) => ms))) * 1000;
      const name = `scaled.apply.${batch}`;
      const each = (ms: readonly number[]): number => Math.round((median(ms) / n) * 1000);
      const cpu = (took: readonly Spent[]): string =>
        `CPU µs/event: this process ${each(took.map(({ cpuMs }) => cpuMs))}, neo4j ${each(took.map(({ javaMs }) => javaMs))}`;
      last = { bare: rate(bare), whole: rate(whole) };
      report({
        name: `${name}.rate`,
        value: Math.round(rate(applied)),
        unit: 'events/s',
        n,
        note: `${batch} events a commit, ${sizes.ingestJobs} jobs, ${rowsOf(counted)} in ${Math.round(counted.flat().length / counted.length)} statements a commit; ${cpu(applied)}; median of ${ROUNDS}`,
      });
      report({
        name: `${name}.bare`,
        value: Math.round(rate(bare)),
        unit: 'events/s',
        n,
        note: `UNWIND … MERGE of the same rows, as many commits; ${cpu(bare)}`,
      });
      report({
        name: `${name}.of-bare`,
        value: rate(applied) / rate(bare),
        unit: 'ratio',
        n,
        note: `${name}.rate to ${name}.bare, taking turns`,
      });
      report({
        name: `${name}.whole`,
        value: Math.round(rate(whole)),
        unit: 'events/s',
        n,
        note: `UNWIND … MERGE of each node and edge that the events speak of, whole: ${rowsOf(wholeTransactions.slice(told.warmup))}; ${cpu(whole)}`,
      });
      report({
        name: `${name}.of-whole`,
        value: rate(applied) / rate(whole),
        unit: 'ratio',
        n,
        note: `${name}.rate to ${name}.whole, taking turns`,
      });
    }
    return last;
  } finally {
    await database.close();
  }
}

interface Told {
  readonly batch: number;
  readonly events: readonly LoggedEvent[];
  /** Commits that are not measured. */
  readonly warmup: number;
  readonly database: Neo4jDatabase;
  readonly folder: string;
  /** The process of the server. */
  readonly java: number;
}

interface Spent extends Took {
  /** CPU of Neo4j. */
  readonly javaMs: number;
}

/** What comes after the first commits. */
async function measured(told: Told, commits: readonly (() => Promise<unknown>)[]): Promise<Spent> {
  for (const commit of commits.slice(0, told.warmup)) await commit();
  const before = cpuMsOfProcess(told.java);
  const stopwatch = startStopwatch();
  for (const commit of commits.slice(told.warmup)) await commit();
  return { ...stopwatch(), javaMs: cpuMsOfProcess(told.java) - before };
}

async function emptied({ database }: Told): Promise<ReadableGraph> {
  await database.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
  return ReadableGraph.on(database);
}

async function byWorker(told: Told): Promise<Spent> {
  const graph = await emptied(told);
  const log = { read: () => Promise.reject(new Error('a single worker follows nobody')) };
  const worker = await GraphCommitter.open({ graph, folder: mkdtempSync(join(told.folder, 'worker-')), log });
  const took = await measured(
    told,
    batchesOf(told).map((batch) => () => worker.apply(batch)),
  );
  await worker.close();
  return took;
}

const batchesOf = ({ events, batch }: Told): (readonly LoggedEvent[])[] =>
  Array.from({ length: Math.ceil(events.length / batch) }, (_, i) => events.slice(i * batch, (i + 1) * batch));

/** Each line that a batch touched, and all that is served beside it. */
async function whollyWritten(told: Told): Promise<void> {
  const graph = await emptied(told);
  const folder = mkdtempSync(join(told.folder, 'whole-'));
  const file = new GraphFile(folder);
  const committed = new GraphDatabase(join(folder, GRAPH_FILE), { readOnly: true });
  const recorder = new TouchedRecorder(file.db);
  // As of a graph that jobs tell nothing of: each edge tells when it was said last.
  const lines = new TouchedLines(file.db, committed, null, Number.MAX_SAFE_INTEGER);
  const held = new Map<string, ExportLine>();
  for (const [after, batch] of batchesOf(told).entries()) {
    const applied = batch.at(-1)?.position ?? 0;
    const { changes, parts } = file.db.transaction(() => {
      const { changes } = file.apply(batch, applied);
      const served = new ServedLines(file.db, DEFAULT_FLOW_LIMITS);
      const parts = [...lines.parts(recorder.take())].map(({ put, seen, said, gone, measured }) => {
        const lines = put.map(asExported);
        for (const line of lines) held.set(line.id, line);
        const whole = [...lines, ...[...seen, ...said].flatMap((again) => wholly(held, again))];
        const all = [...served.of(whole), ...served.measured(measured)];
        return partRows({ put: whole, seen: [], said: [], gone, served: all });
      });
      return { changes, parts };
    });
    await graph.commit({ after, applied, changes, parts });
  }
  committed.close();
  file.close();
}

/** Without what its job or its edges may tell beside it. */
function asExported(written: WrittenLine): ExportLine {
  const { said, timelines, ...line }: WrittenLine & { said?: unknown; timelines?: unknown } = written;
  return line as ExportLine;
}

/** The line as it is now, of a node or an edge that was written before. */
function wholly(held: Map<string, ExportLine>, again: SeenNode | SaidEdge): ExportLine[] {
  const before = held.get(again.id);
  if (before === undefined) return [];
  let line = before;
  if ('evidence' in again && 'evidence' in before) line = { ...before, evidence: again.evidence };
  if ('facetTimes' in again && 'facets' in before) {
    const { firstSeen, lastSeen, facetTimes } = again;
    line = { ...before, firstSeen, lastSeen, facets: withTimes(before.facets, facetTimes) };
  }
  held.set(line.id, line);
  return [line];
}

async function byLoop(told: Told, transactions: readonly (readonly Statement[])[]): Promise<Spent> {
  await emptied(told);
  return measured(
    told,
    transactions.map(
      (statements) => () =>
        told.database.write(async ({ run }) => {
          for (const [cypher, parameters] of statements) await run(cypher, parameters);
        }),
    ),
  );
}

/** What is said to Neo4j meanwhile, by transaction. */
async function heard(told: Told, meanwhile: () => Promise<unknown>): Promise<Statement[][]> {
  const transactions: Statement[][] = [];
  const { database } = told;
  const { writeUnless } = database;
  database.writeUnless = (refuse, work) => {
    const statements: Statement[] = [];
    transactions.push(statements);
    const hearing = ({ run }: Statements): Statements => ({
      run: (cypher, parameters = {}) => {
        statements.push([cypher, parameters]);
        return run(cypher, parameters);
      },
    });
    return writeUnless.call(database, refuse, (given: Statements) => work(hearing(given))) as ReturnType<typeof work>;
  };
  await meanwhile();
  database.writeUnless = writeUnless;
  // Of emptying and opening, not of commits.
  return transactions.filter((statements) => statements.some(([cypher]) => cypher.includes('UNWIND')));
}
