/** What whole processes do while a server is slow, refuses writes, refuses them, or isn't what the settings say. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { type RawAnswer, runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { restartNeo4j } from './neo4j-server.ts';
import { ownRedisServer, redisUrl as sharedRedis } from './redis-server.ts';
import { SlowProxy } from './slow-proxy.ts';

const SOON = { timeout: 120_000, interval: 200 };
/** ms: more than a hub waits for an answer before it says that a server is away. */
const TOO_SLOW = 4_000;

let redisUrl: string;
let slowRedis: SlowProxy;
let slowNeo4j: SlowProxy;
let api: TestHub;
let worker: TestHub;
/** A test that fails midway leaves no such server to the suites after it. */
let readOnly = false;

beforeAll(async () => {
  await emptyNeo4j();
  redisUrl = await ownRedisServer('start', '--fresh');
  slowRedis = await SlowProxy.start(new URL(redisUrl));
  slowNeo4j = await SlowProxy.start(new URL(NEO4J_URI));
  const env = (role: string): Record<string, string> => ({
    NEO4J_URI: `bolt://127.0.0.1:${slowNeo4j.port}`,
    REDIS_URL: `redis://hub:secret@127.0.0.1:${slowRedis.port}`,
    HEADWATER_ROLE: role,
    HEADWATER_LOG_LEVEL: 'info',
  });
  await admin((redis) => redis.call('ACL', 'SETUSER', 'hub', 'on', '>secret', '~*', '&*', '+@all'));
  [api, worker] = await Promise.all([startTestHub({ env: env('api') }), startTestHub({ env: env('worker') })]);
}, 180_000);
afterAll(async () => {
  await Promise.all([api, worker].map((hub) => hub?.stop()));
  await slowRedis?.stop();
  await slowNeo4j?.stop();
  if (readOnly) await restartNeo4j();
  await ownRedisServer('stop');
}, 180_000);

async function admin<T>(ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(redisUrl);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

const ready = (hub: TestHub): Promise<RawAnswer> => hub.ask({ path: '/health/ready' });

const post = (job: string): Promise<RawAnswer> =>
  api.ask({
    method: 'POST',
    path: '/api/v1/lineage',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(runEvent(job, { writes: [job] })),
  });

async function applied(position: unknown): Promise<void> {
  await expect.poll(async () => (await ready(api)).json, SOON).toMatchObject({ applied: Number(position) });
}

const goneAndBack = (hub: TestHub, server: string): number[] =>
  ['a server is away', 'a server is back'].map(
    (text) =>
      hub
        .log()
        .split('\n')
        .filter((line) => line.includes(text) && line.includes(`"server":"${server}"`)).length,
  );

it('slow servers: said once, nothing is lost, and it goes on by itself', { timeout: 400_000 }, async () => {
  for (const [proxy, name] of [
    [slowNeo4j, 'neo4j'],
    [slowRedis, 'redis'],
  ] as const) {
    proxy.delayMs = TOO_SLOW;
    for (const hub of [api, worker])
      await expect
        .poll(() => ready(hub), SOON)
        .toMatchObject({ status: 503, json: { dependencies: { [name]: { state: 'down' } } } });
    proxy.delayMs = 0;
    for (const hub of [api, worker]) await expect.poll(async () => (await ready(hub)).status, SOON).toBe(200);
    // It may have answered in between, late.
    await expect.poll(() => new Set(goneAndBack(api, name)).size, SOON).toBe(1);
    expect(goneAndBack(api, name)[0]).toBeGreaterThan(0);
  }
  const { status, headers } = await post('slow');
  expect(status).toBe(201);
  await applied(headers['headwater-position']);
});

it('a password of Redis that was changed: 503 with Retry-After, said once, and back with the old one', {
  timeout: 180_000,
}, async () => {
  const before = goneAndBack(api, 'redis');
  await admin(async (redis) => {
    await redis.call('ACL', 'SETUSER', 'hub', 'resetpass', '>another');
    await redis.call('CLIENT', 'KILL', 'USER', 'hub');
  });
  await expect
    .poll(() => ready(api), SOON)
    .toMatchObject({ status: 503, json: { dependencies: { redis: { state: 'down' } } } });
  expect(await post('locked-out')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  await admin((redis) => redis.call('ACL', 'SETUSER', 'hub', 'resetpass', '>secret'));
  for (const hub of [api, worker]) await expect.poll(async () => (await ready(hub)).status, SOON).toBe(200);
  await expect.poll(() => goneAndBack(api, 'redis'), SOON).toEqual(before.map((times) => times + 1));
  await applied((await post('let-in')).headers['headwater-position']);
});

const REDIS_REFUSES = [
  [
    'full',
    /no room left/,
    (redis: Redis) => redis.config('SET', 'maxmemory', '1mb'),
    (redis: Redis) => redis.config('SET', 'maxmemory', '0'),
  ],
  [
    'made a replica',
    /READONLY/,
    (redis: Redis) => redis.replicaof('127.0.0.1', 1),
    (redis: Redis) => redis.replicaof('NO', 'ONE'),
  ],
] as const;

it.each(REDIS_REFUSES)(
  'a Redis that is %s: 503, said once, reads go on, and so does ingest after it',
  {
    timeout: 180_000,
  },
  async (_, reason, spoil, mend) => {
    const before = goneAndBack(api, 'redis');
    await admin(spoil);
    for (const hub of [api, worker])
      await expect
        .poll(() => ready(hub), SOON)
        .toMatchObject({
          status: 503,
          json: { dependencies: { redis: { state: 'down', reason: expect.stringMatching(reason) } } },
        });
    expect(await post('turned-away')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect((await api.ask({ path: '/api/v1/namespaces' })).status).toBe(200);
    await admin(mend);
    for (const hub of [api, worker]) await expect.poll(async () => (await ready(hub)).status, SOON).toBe(200);
    await expect.poll(() => goneAndBack(api, 'redis'), SOON).toEqual(before.map((times) => times + 1));
    await applied((await post(`after-${reason.source}`)).headers['headwater-position']);
  },
);

it('a worker starts on a full Redis: only what it applies and drops makes room there', async () => {
  await admin((redis) => redis.config('SET', 'maxmemory', '1mb'));
  const env = { NEO4J_URI, REDIS_URL: redisUrl, HEADWATER_ROLE: 'worker' };
  const other = await startTestHub({ env });
  await other.stop();
  await admin((redis) => redis.config('SET', 'maxmemory', '0'));
});

it('a Neo4j that can only be read: the worker says so, with nothing to apply too; events are taken, and applied later', {
  timeout: 500_000,
}, async () => {
  const saysSo = (): Promise<void> =>
    expect
      .poll(() => ready(worker), SOON)
      .toMatchObject({
        status: 503,
        json: { dependencies: { pipeline: { state: 'down', reason: expect.stringMatching(/read.?only/i) } } },
      });
  const { head } = (await ready(api)).json as { head: number };
  await applied(head);
  readOnly = true;
  await restartNeo4j({ NEO4J_READ_ONLY: 'true' });
  await expect.poll(async () => (await ready(api)).status, SOON).toBe(200);
  await saysSo();
  const taken = await post('read-only');
  expect(taken.status).toBe(201);
  await saysSo();
  expect((await api.ask({ path: '/api/v1/namespaces' })).status).toBe(200);
  await restartNeo4j();
  readOnly = false;
  await applied(taken.headers['headwater-position']);
  await expect.poll(async () => (await ready(worker)).status, SOON).toBe(200);
});

it.each([
  ['Redis without TLS', () => ({ REDIS_URL: redisUrl.replace('redis:', 'rediss:') }), /^Redis at 127\.0\.0\.1:/],
  ['a wrong password', () => ({ REDIS_URL: redisUrl.replace('redis://', 'redis://hub:wrong@') }), /WRONGPASS/],
  ['an api of another log', () => ({ REDIS_URL: sharedRedis() }), /folded from another log .*REDIS_URL of the others/],
  ['a worker of another log', () => ({ REDIS_URL: sharedRedis(), HEADWATER_ROLE: 'worker' }), /another log/],
  ['Neo4j without TLS', () => ({ NEO4J_URI: NEO4J_URI.replace('bolt:', 'bolt+s:') }), /NEO4J_URI/],
] as const)('%s ends the start, which says so', { timeout: 120_000 }, async (_, setting, said) => {
  const args = ['serve', '--port', '0', '--data', temporaryFolder()];
  const env = { REDIS_URL: redisUrl, NEO4J_URI, HEADWATER_ROLE: 'api', ...setting() };
  const { code, stderr } = await runHeadwater(args, { env });
  expect(stderr).toMatch(said);
  expect(code).toBe(1);
});
