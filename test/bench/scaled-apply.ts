/**
 * What a worker of the scaled size takes for an event, without HTTP and Redis, beside a bare loop: the same statements
 * with the same rows in as many transactions, with nothing worked out and nothing kept. Each begins on an empty graph, and
 * is measured after its first events: by then jobs and datasets are known, and code is compiled on both sides.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { GraphCommitter, Neo4jDatabase, ReadableGraph, type Statements } from '#graph';
import type { LoggedEvent } from '#lineage';
import type { BenchContext } from './bench.ts';
import { median } from './figure.ts';
import { cpuMsOfProcess, pidOfNeo4j } from './hub-probe.ts';
import { loggedEvent } from './logged-event.ts';
import { startStopwatch, type Took } from './stopwatch.ts';
import { EventSource, REALISTIC } from './workload.ts';

/** Rounds of each; who is first takes turns too. */
const ROUNDS = 3;

type Statement = readonly [cypher: string, parameters: Readonly<Record<string, unknown>>];

/** @returns what the bare loop does in the largest transactions, events/s */
export async function scaledApply(uri: string, folder: string, { sizes, report }: BenchContext): Promise<number> {
  const source = new EventSource({ ...REALISTIC, jobs: sizes.ingestJobs });
  const warmup = sizes.ingestWarmup;
  const events = Array.from({ length: warmup + sizes.scaledEvents }, (_, i) =>
    loggedEvent(source.text(i), i + 1, source.timeOf(i)),
  );
  const database = await Neo4jDatabase.connect({ uri });
  const java = await pidOfNeo4j(database);
  let last = 0;
  try {
    for (const batch of sizes.scaledBatch) {
      const told = { batch, events, warmup: Math.ceil(warmup / batch), database, folder, java };
      // What a commit writes is heard once, outside of what is measured.
      const transactions = await heard(told);
      const applied: Spent[] = [];
      const bare: Spent[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const turns = [
          async () => applied.push(await byWorker(told)),
          async () => bare.push(await byLoop(told, transactions)),
        ];
        for (const measure of round % 2 === 0 ? turns : turns.reverse()) await measure();
      }
      const counted = transactions.slice(told.warmup);
      const n = events.length - told.warmup * batch;
      const rows = counted
        .flat()
        .reduce((sum, [, { rows: given }]) => sum + (Array.isArray(given) ? given.length : 0), 0);
      const rate = (took: readonly Spent[]): number => (n / median(took.map(({ ms }) => ms))) * 1000;
      const name = `scaled.apply.${batch}`;
      const each = (ms: readonly number[]): number => Math.round((median(ms) / n) * 1000);
      const cpu = (took: readonly Spent[]): string =>
        `CPU µs/event: this process ${each(took.map(({ cpuMs }) => cpuMs))}, neo4j ${each(took.map(({ javaMs }) => javaMs))}`;
      last = rate(bare);
      report({
        name: `${name}.rate`,
        value: Math.round(rate(applied)),
        unit: 'events/s',
        n,
        note: `${batch} events a commit, ${sizes.ingestJobs} jobs, ${(rows / n).toFixed(1)} rows an event in ${Math.round(counted.flat().length / counted.length)} statements a commit; ${cpu(applied)}; median of ${ROUNDS}`,
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
        note: `${name}.rate to ${name}.bare, the two taking turns`,
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
  const batches = Array.from({ length: Math.ceil(told.events.length / told.batch) }, (_, i) =>
    told.events.slice(i * told.batch, (i + 1) * told.batch),
  );
  const took = await measured(
    told,
    batches.map((batch) => () => worker.apply(batch)),
  );
  await worker.close();
  return took;
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

async function heard(told: Told): Promise<Statement[][]> {
  const transactions: Statement[][] = [];
  const { database } = told;
  const { write } = database;
  database.write = (work, viewer) => {
    const statements: Statement[] = [];
    transactions.push(statements);
    const hearing = ({ run }: Statements): Statements => ({
      run: (cypher, parameters = {}) => {
        statements.push([cypher, parameters]);
        return run(cypher, parameters);
      },
    });
    return write.call(database, (given: Statements) => work(hearing(given)), viewer) as ReturnType<typeof work>;
  };
  await byWorker(told);
  database.write = write;
  // Of emptying and opening, not of commits.
  return transactions.filter((statements) => statements.some(([cypher]) => cypher.includes('UNWIND')));
}
