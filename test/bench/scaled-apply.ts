/**
 * What a worker of the scaled size takes for an event, without HTTP and Redis, beside a bare loop: the same statements
 * with the same rows in as many transactions, with nothing worked out and nothing kept. Both on an empty graph.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { GraphCommitter, Neo4jDatabase, ReadableGraph, type Statements } from '#graph';
import type { LoggedEvent } from '#lineage';
import type { BenchContext } from './bench.ts';
import { median } from './figure.ts';
import { loggedEvent } from './logged-event.ts';
import { startStopwatch, type Took } from './stopwatch.ts';
import { EventSource, REALISTIC } from './workload.ts';

/** Rounds of each, taking turns: the first also warms the server. */
const ROUNDS = 3;

type Statement = readonly [cypher: string, parameters: Readonly<Record<string, unknown>>];

/** @returns what the bare loop does in the largest transactions, events/s */
export async function scaledApply(uri: string, folder: string, { sizes, report }: BenchContext): Promise<number> {
  const source = new EventSource({ ...REALISTIC, jobs: sizes.ingestJobs });
  const events = Array.from({ length: sizes.scaledEvents }, (_, i) =>
    loggedEvent(source.text(i), i + 1, source.timeOf(i)),
  );
  const database = await Neo4jDatabase.connect({ uri });
  let last = 0;
  try {
    for (const batch of sizes.scaledBatch) {
      const told = { batch, events, uri, database, folder };
      // What a commit writes is heard once, outside of what is measured.
      const transactions = await heard(told);
      const applied: Took[] = [];
      const bare: Took[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        applied.push(await byWorker(told));
        bare.push(await byLoop(told, transactions));
      }
      const rows = transactions
        .flat()
        .reduce((sum, [, { rows: given }]) => sum + (Array.isArray(given) ? given.length : 0), 0);
      const rate = (took: readonly Took[]): number => (events.length / median(took.map(({ ms }) => ms))) * 1000;
      const name = `scaled.apply.${batch}`;
      const cpu = (took: readonly Took[]): string =>
        `${Math.round((median(took.map(({ cpuMs }) => cpuMs)) / events.length) * 1000)} µs CPU of this process an event`;
      const n = events.length;
      last = rate(bare);
      report({
        name: `${name}.rate`,
        value: Math.round(rate(applied)),
        unit: 'events/s',
        n,
        note: `${batch} events a commit, ${sizes.ingestJobs} jobs, ${(rows / n).toFixed(1)} rows an event; ${cpu(applied)}; median of ${ROUNDS}`,
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
  readonly uri: string;
  readonly database: Neo4jDatabase;
  readonly folder: string;
}

async function emptied({ database }: Told): Promise<ReadableGraph> {
  await database.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
  return ReadableGraph.on(database);
}

async function byWorker(told: Told): Promise<Took> {
  const graph = await emptied(told);
  const log = { read: () => Promise.reject(new Error('a single worker follows nobody')) };
  const worker = await GraphCommitter.open({ graph, folder: mkdtempSync(join(told.folder, 'worker-')), log });
  const stopwatch = startStopwatch();
  for (let at = 0; at < told.events.length; at += told.batch)
    await worker.apply(told.events.slice(at, at + told.batch));
  const took = stopwatch();
  await worker.close();
  return took;
}

async function byLoop(told: Told, transactions: readonly (readonly Statement[])[]): Promise<Took> {
  await emptied(told);
  const stopwatch = startStopwatch();
  for (const statements of transactions) {
    await told.database.write(async ({ run }) => {
      for (const [cypher, parameters] of statements) await run(cypher, parameters);
    });
  }
  return stopwatch();
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
