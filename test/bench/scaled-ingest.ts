/**
 * The scaled size as it runs: one api process that takes events over HTTP, Redis, workers that are processes, Neo4j.
 * On one machine they share its cores, and the load generator does too.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Neo4jDatabase } from '#graph';
import { RedisEventLog } from '#queue';
import { startTestHub, type TestHub } from '../harness.ts';
import type { BenchContext } from './bench.ts';
import { megabytes } from './figure.ts';
import { cpuMsOf, cpuMsOfProcess, memoryOf, pidOfNeo4j, portOf, residentBytes, whenApplied } from './hub-probe.ts';
import { runLoad } from './load.ts';
import { acceptedEvent } from './logged-event.ts';
import type { LoopRates } from './scaled-apply.ts';
import type { Sizes } from './sizes.ts';
import { EventSource, REALISTIC, type Workload } from './workload.ts';

const CONNECTIONS = 16;
/** A look at the position costs the api CPU that it shares with all others, ms. */
const POLL_MS = 50;
/** What the api gathers into one append, about. */
const APPEND = 16;
const READ = 512;

export interface Servers {
  readonly neo4j: string;
  readonly redis: string;
}

export async function scaledIngest(
  servers: Servers,
  folder: string,
  loops: LoopRates,
  { sizes, report }: BenchContext,
): Promise<void> {
  const workload: Workload = { ...REALISTIC, jobs: sizes.ingestJobs };
  const events = sizes.scaledEvents;
  for (const workers of sizes.scaledWorkers) {
    const { ms, cpu, perCommit, bytes, memory } = await withWorkers(
      servers,
      join(folder, `of-${workers}`),
      workers,
      workload,
      sizes,
    );
    const rate = (events / ms) * 1000;
    const name = `scaled.ingest.${workers}`;
    report({
      name: `${name}.rate`,
      value: Math.round(rate),
      unit: 'events/s',
      n: events,
      note: `from the first POST until the last event is in Neo4j; 1 api, ${workers} workers, ${CONNECTIONS} connections, ${Math.round(perCommit)} events a commit, on ${availableParallelism()} cores that all of them share with the load; CPU µs/event: ${cpu}`,
    });
    for (const [loop, bare] of Object.entries(loops))
      report({
        name: `${name}.of-${loop}`,
        value: rate / bare,
        unit: 'ratio',
        n: events,
        note: `${name}.rate to the ${loop} loop of ${Math.round(bare)} events/s`,
      });
    for (const [process, bytes] of memory)
      report({
        name: `${name}.memory.${process}`,
        value: megabytes(bytes),
        unit: 'MB',
        n: events,
        note: 'resident, at the end',
      });
    if (workers !== sizes.scaledWorkers[0]) continue;
    report({
      name: 'scaled.redis.event',
      value: Math.round(bytes),
      unit: 'bytes',
      n: events,
      note: `of Redis's memory, with the event's hash, of ${name}`,
    });
    const redisMs = await redisAlone(servers.redis, workload, events);
    report({
      name: 'scaled.redis.share',
      value: redisMs / ms,
      unit: 'ratio',
      n: events,
      note: `of ${name}: to append these events by ${APPEND} with each synced, and to read them by ${READ}, one after the other. BullMQ carries no events`,
    });
  }
}

interface Run {
  readonly ms: number;
  readonly cpu: string;
  /** Events. */
  readonly perCommit: number;
  /** That an event takes of Redis's memory. */
  readonly bytes: number;
  readonly memory: readonly (readonly [process: string, bytes: number])[];
}

async function withWorkers(
  servers: Servers,
  folder: string,
  workers: number,
  workload: Workload,
  { scaledEvents: events, ingestWarmup: warmup }: Sizes,
): Promise<Run> {
  const redis = new Redis(servers.redis);
  const neo4j = await Neo4jDatabase.connect({ uri: servers.neo4j });
  const hubs: (readonly [name: string, hub: TestHub])[] = [];
  try {
    await redis.flushall();
    await neo4j.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
    mkdirSync(folder, { recursive: true });
    const env = { NEO4J_URI: servers.neo4j, REDIS_URL: servers.redis };
    const start = (role: string, name: string) =>
      startTestHub({ env: { ...env, HEADWATER_ROLE: role }, data: join(folder, name) });
    const api = await start('api', 'api');
    hubs.push(['api', api]);
    for (let w = 1; w <= workers; w++) hubs.push([`worker-${w}`, await start('worker', `worker-${w}`)]);
    const plan = { port: portOf(api), workload, requests: { kind: 'events' }, connections: CONNECTIONS } as const;
    await whenApplied(api, (await runLoad({ ...plan, count: warmup, from: 0 })).position);
    const java = await pidOfNeo4j(neo4j);
    const before = await Promise.all(hubs.map(([, hub]) => cpuMsOf(hub)));
    const [javaBefore, commitsBefore, bytesBefore] = [
      cpuMsOfProcess(java),
      await commitsOf(neo4j),
      await heldBy(redis),
    ];
    const load = await runLoad({ ...plan, count: events, from: warmup });
    const ms = (await whenApplied(api, load.position, POLL_MS)) - load.began;
    const neo4jCpu = Math.round(((cpuMsOfProcess(java) - javaBefore) / events) * 1000);
    const spent = await Promise.all(
      hubs.map(
        async ([name, hub], i) => `${name} ${Math.round((((await cpuMsOf(hub)) - (before[i] ?? 0)) / events) * 1000)}`,
      ),
    );
    const memory = await Promise.all(hubs.map(async ([name, hub]) => [name, (await memoryOf(hub)).resident] as const));
    return {
      ms,
      cpu: [...spent, `neo4j ${neo4jCpu}`].join(', '),
      perCommit: events / ((await commitsOf(neo4j)) - commitsBefore),
      bytes: ((await heldBy(redis)) - bytesBefore) / events,
      memory: [...memory, ['neo4j', await residentOfNeo4j(neo4j)], ['redis', await residentOf(redis)]],
    };
  } finally {
    for (const [, hub] of hubs) await hub.stop();
    await neo4j.close();
    redis.disconnect();
  }
}

async function redisAlone(url: string, workload: Workload, events: number): Promise<number> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
  const source = new EventSource(workload);
  const all = Array.from({ length: events }, (_, i) => acceptedEvent(source.text(i), Date.now()));
  const log = await RedisEventLog.open({ url, onError: () => undefined });
  const began = performance.now();
  for (let at = 0; at < events; at += APPEND) await log.append(all.slice(at, at + APPEND));
  for (let at = 0; at < events; at += READ) await log.read(at, READ);
  const ms = performance.now() - began;
  await log.close();
  return ms;
}

/** Heap, page cache and all else, as the system counts it. */
async function residentOfNeo4j(neo4j: Neo4jDatabase): Promise<number> {
  return residentBytes(await pidOfNeo4j(neo4j), 'java');
}

async function commitsOf(neo4j: Neo4jDatabase): Promise<number> {
  const [row] = await neo4j.run("MATCH (g:HeadwaterGraph {name: 'graph'}) RETURN g.commit AS commit");
  return Number(row?.['commit']);
}

async function heldBy(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

async function residentOf(redis: Redis): Promise<number> {
  return Number(/used_memory_rss:(\d+)/.exec(await redis.info('memory'))?.[1]);
}
