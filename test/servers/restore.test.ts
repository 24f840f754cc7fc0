/**
 * Backup and restore of the scaled size, as docs/operations.md says it: Neo4j first, Redis after it, and of the workers'
 * folders none, or one, where retention took what the others would have to fold.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ReadableGraph } from '#graph';
import { RedisEventLog } from '#queue';
import { runEvent } from '../e2e/events.ts';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { copyNeo4j, neo4jServer } from './neo4j-server.ts';
import { copyOwnRedis, ownRedisServer } from './redis-server.ts';

const APPLIED = { timeout: 60_000, interval: 200 };

let redisUrl: string;
let worker: TestHub;
let embedded: TestHub;
/** Copies of what Neo4j, Redis and a worker hold. */
const copies = temporaryFolder();
const KEPT = join(copies, 'worker');

const startWorker = (data?: string): Promise<TestHub> =>
  startTestHub({
    // Stopped while Neo4j is, it would wait for it.
    env: { NEO4J_URI, REDIS_URL: redisUrl, HEADWATER_ROLE: 'worker', HEADWATER_STOP_WITHIN: '1s' },
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

/** Events up to this position, and the commits that nobody can follow without them. */
async function retentionTakes(position: number): Promise<void> {
  const log = await RedisEventLog.open({ url: redisUrl, onError: () => undefined });
  const graph = await ReadableGraph.open({ uri: NEO4J_URI });
  const [next] = await log.read(position, 1);
  await log.prune(next?.receivedAt ?? 0);
  expect((await log.read(0, 1))[0]?.position).toBe(position + 1);
  await graph.forgetCommits(position);
  await graph.close();
  await log.close();
}

it('what was accepted before Redis was copied is there again, the graph behind it catches up, and goes on', {
  timeout: 300_000,
}, async () => {
  const [inFolder, inGraph, inLogAlone] = [events('folder'), events('graph'), events('log')];
  await exportAt(worker, await sendAll(worker, inFolder));
  await worker.stop();
  cpSync(worker.data, KEPT, { recursive: true });
  worker = await startWorker(worker.data);
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

  const expected = await exportAt(embedded, await sendAll(embedded, [...inFolder, ...inGraph, ...inLogAlone]));
  await expect.poll(() => exportAt(worker, '30'), APPLIED).toBe(expected);
  await goesOn('31');
});

it('where retention took the start of the log, a worker starts on the folder that was kept, and on no empty one', {
  timeout: 120_000,
}, async () => {
  await worker.stop();
  await retentionTakes(5);
  await expect(startWorker()).rejects.toThrow(/retention took what is between/);
  worker = await startWorker(KEPT);
  await goesOn('32');
});

async function goesOn(position: string): Promise<void> {
  const next = runEvent(`next-${position}`, { writes: ['next'] });
  expect(await worker.send(next)).toBe(position);
  await embedded.send(next);
  expect(await exportAt(worker, position)).toBe(await exportAt(embedded, position));
}
