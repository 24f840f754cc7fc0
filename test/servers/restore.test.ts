/** Backup and restore of the scaled size, as docs/operations.md says it: Neo4j first, Redis after it, the workers' folders not at all. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { copyNeo4j, neo4jServer } from './neo4j-server.ts';
import { copyOwnRedis, ownRedisServer } from './redis-server.ts';

const APPLIED = { timeout: 60_000, interval: 200 };

let redisUrl: string;
let worker: TestHub;
let embedded: TestHub;

const startWorker = (data?: string): Promise<TestHub> =>
  startTestHub({
    env: { NEO4J_URI, REDIS_URL: redisUrl, HEADWATER_ROLE: 'worker' },
    ...(data === undefined ? {} : { data }),
  });

beforeAll(async () => {
  await emptyNeo4j();
  redisUrl = await ownRedisServer('start', '--fresh');
  [worker, embedded] = await Promise.all([startWorker(), startTestHub()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([worker, embedded].map((hub) => hub?.stop()));
  await neo4jServer('start');
  await ownRedisServer('stop');
}, 120_000);

const events = (name: string): Record<string, unknown>[] =>
  Array.from({ length: 10 }, (_, i) =>
    runEvent(`${name}-${i}`, { reads: [`${name}-${i}`], writes: [`${name}-${i + 1}`] }),
  );

async function sendAll(hub: TestHub, all: readonly Record<string, unknown>[]): Promise<string> {
  let last = '0';
  for (const event of all) last = await hub.send(event);
  return last;
}

async function exportAt(hub: TestHub, position: string): Promise<string> {
  const { status, body } = await hub.ask({ path: '/api/v1/export', headers: { 'headwater-after': position } });
  expect(status).toBe(200);
  return body;
}

it('what was accepted before Redis was copied is there again, the graph behind it catches up, and goes on', {
  timeout: 300_000,
}, async () => {
  const copies = temporaryFolder();
  const [inGraph, inLogAlone] = [events('graph'), events('log')];
  await exportAt(worker, await sendAll(worker, inGraph));
  await neo4jServer('stop');
  await copyNeo4j('backup', copies);
  await sendAll(worker, inLogAlone);
  await copyOwnRedis('backup', copies);
  await sendAll(worker, events('lost'));
  await worker.stop();
  await ownRedisServer('stop');

  await copyNeo4j('restore', copies);
  await copyOwnRedis('restore', copies);
  await Promise.all([neo4jServer('start'), ownRedisServer('start')]);
  worker = await startWorker();

  const expected = await exportAt(embedded, await sendAll(embedded, [...inGraph, ...inLogAlone]));
  await expect.poll(() => exportAt(worker, '20'), APPLIED).toBe(expected);
  const [next] = events('next');
  const last = await sendAll(worker, next === undefined ? [] : [next]);
  expect(last).toBe('21');
  await sendAll(embedded, next === undefined ? [] : [next]);
  expect(await exportAt(worker, last)).toBe(await exportAt(embedded, last));
});
