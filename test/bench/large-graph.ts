/**
 * A graph of any size in Neo4j, in minutes: the store writes the first job of it, with all that hangs on it, and the
 * others are copies under other names and between other nodes, made where they lie.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Neo4jDatabase, Neo4jGraphStore, type Properties } from '#graph';
import { assetId, edgeId } from '#lineage';
import { loggedEvent } from './logged-event.ts';
import type { EventSource } from './workload.ts';

/** Transactions of so many jobs: with what hangs on them, about 30,000 rows. */
const PER_COMMIT = 2_500;
/** At once: their jobs lie far apart, so none waits for another's datasets. */
const WRITERS = 2;

const SOURCES = `
UNWIND $rows AS row
CREATE (d:Asset:Dataset) SET d = $dataset, d.id = row.id, d.name = row.name, d.searchText = row.id`;

const DATASETS_AND_JOBS = `
UNWIND $rows AS row
CREATE (d:Asset:Dataset) SET d = $dataset, d.id = row.dataset.id, d.name = row.dataset.name, d.searchText = row.dataset.id
CREATE (j:Asset:Job) SET j = $job, j.id = row.job.id, j.name = row.job.name, j.searchText = row.job.id
CREATE (j)-[e:WRITES]->(d) SET e = $writes, e.id = row.writes
CREATE (r:Run)-[:RUN_OF]->(j) SET r = $run, r.id = row.run, r.runId = row.run, r.job = row.job.id
CREATE (v:JobVersion)-[:VERSION_OF]->(j) SET v = $version, v.id = row.version, v.job = row.job.id`;

const READS = `
UNWIND $rows AS row
MATCH (j:Asset {id: row.job.id})
UNWIND row.reads AS read
MATCH (d:Asset {id: read.from})
CREATE (d)-[e:READS]->(j) SET e = $reads, e.id = read.id`;

const FIRST_JOB = `
MATCH (d:Dataset)<-[writes:WRITES]-(j:Job)<-[reads:READS]-(:Dataset), (r:Run)-[:RUN_OF]->(j), (v:JobVersion)-[:VERSION_OF]->(j)
RETURN properties(d) AS dataset, properties(j) AS job, properties(writes) AS writes, properties(reads) AS reads,
  properties(r) AS run, properties(v) AS version LIMIT 1`;

/** @returns nodes and relationships that were made */
export async function buildLargeGraph(
  uri: string,
  database: Neo4jDatabase,
  folder: string,
  source: EventSource,
): Promise<number> {
  await emptied(database);
  const patterns = await firstJob(uri, database, folder, source);
  await emptied(database);
  const store = await Neo4jGraphStore.open({ neo4j: { uri } });
  await store.close();
  // A walk asks none of them, and they are most of the work.
  for (const { name } of await database.run(
    "SHOW INDEXES YIELD name, owningConstraint WHERE owningConstraint IS NULL AND name STARTS WITH 'headwater_' RETURN name",
  ))
    await database.run(`DROP INDEX ${String(name)}`);
  const { jobs } = source.workload;
  const read = new Set<number>();
  for (let job = 0; job < jobs; job++) for (const input of source.inputsOf(job, 0)) if (input < 0) read.add(input);
  let made = read.size;
  await database.write(({ run }) =>
    run(SOURCES, { ...patterns, rows: [...read].map((each) => dataset(source, each)) }),
  );
  for (const query of [DATASETS_AND_JOBS, READS]) {
    const starts = Array.from({ length: Math.ceil(jobs / PER_COMMIT) }, (_, i) => i * PER_COMMIT);
    const half = Math.ceil(starts.length / WRITERS);
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (const from of starts.slice(writer * half, (writer + 1) * half)) {
          const rows = Array.from({ length: Math.min(PER_COMMIT, jobs - from) }, (_, i) => rowOf(source, from + i));
          await database.write(({ run }) => run(query, { ...patterns, rows }));
          made += query === READS ? rows.reduce((sum, { reads }) => sum + reads.length, 0) : rows.length * 7;
        }
      }),
    );
  }
  return made;
}

async function emptied(database: Neo4jDatabase): Promise<void> {
  await database.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
}

/** What the store writes of one event, by what it is: each a map of properties. */
async function firstJob(
  uri: string,
  database: Neo4jDatabase,
  folder: string,
  source: EventSource,
): Promise<Properties> {
  const log = { read: () => Promise.reject(new Error('a single worker follows nobody')) };
  const worker = { folder: mkdtempSync(join(folder, 'first-job-')), log };
  const store = await Neo4jGraphStore.open({ neo4j: { uri }, worker });
  await store.apply([loggedEvent(source.text(0), 1, source.timeOf(0))]);
  await store.close();
  const [patterns] = await database.run(FIRST_JOB);
  if (patterns === undefined) throw new Error('the store wrote no job that reads and writes');
  // Ids are unique: no two may have that of the first one, not even for a moment.
  return Object.fromEntries(
    Object.entries(patterns).map(([name, properties]) => [name, { ...(properties as Properties), id: null }]),
  );
}

function dataset(source: EventSource, number: number): { readonly id: string; readonly name: string } {
  const ref = source.dataset(number);
  return { id: assetId({ kind: 'dataset', ...ref }), name: ref.name };
}

function rowOf(source: EventSource, number: number) {
  const job = { kind: 'job', ...source.job(number) } as const;
  const output = { kind: 'dataset', ...source.dataset(number) } as const;
  const id = assetId(job);
  return {
    job: { id, name: job.name },
    dataset: { id: assetId(output), name: output.name },
    writes: edgeId('WRITES', job, output),
    run: `run ${id}`,
    version: `version ${id}`,
    reads: source.inputsOf(number, 0).map((each) => {
      const input = { kind: 'dataset', ...source.dataset(each) } as const;
      return { from: assetId(input), id: edgeId('READS', input, job) };
    }),
  };
}
