/** Servers that are reached over TLS, with a certificate that Node was told of, and one that nobody vouches for. */
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { runHeadwater, startTestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

const TRUSTED = { NODE_EXTRA_CA_CERTS: join(process.env.NEO4J_TLS ?? '', 'public.crt') };
const NEO4J_PORT = new URL(NEO4J_URI).port;

let plain: string;
let tls: { readonly NEO4J_URI: string; readonly REDIS_URL: string };

beforeAll(async () => {
  await emptyNeo4j();
  plain = await ownRedisServer('start', '--fresh');
  tls = {
    NEO4J_URI: `neo4j+s://localhost:${NEO4J_PORT}`,
    REDIS_URL: `rediss://localhost:${Number(new URL(plain).port) + 10_000}`,
  };
});
afterAll(() => ownRedisServer('stop'));

it.each(['neo4j+s', 'bolt+ssc'])('%s and rediss: a hub works', { timeout: 120_000 }, async (scheme) => {
  const env = { ...tls, ...TRUSTED, NEO4J_URI: tls.NEO4J_URI.replace('neo4j+s', scheme) };
  const hub = await startTestHub({ env });
  const position = await hub.send(runEvent(scheme, { writes: [scheme] }));
  const read = await hub.ask({
    path: `/api/v1/lineage?nodeId=${encodeURIComponent(`job:shop:${scheme}`)}`,
    headers: { 'headwater-after': position },
  });
  expect(read.status, read.body).toBe(200);
  const redis = new Redis(plain);
  const clients = async (like: string): Promise<number> =>
    String(await redis.client('LIST'))
      .split('\n')
      .filter((client) => client.includes(like)).length;
  // Of the log, signals, lanes and their worker: nobody but who asks here.
  expect(await clients(`laddr=127.0.0.1:${new URL(plain).port} `)).toBe(1);
  await expect.poll(() => clients('cmd=bzpopmin')).toBe(1);
  redis.disconnect();
  await hub.stop();
});

it.each([
  [
    'Redis',
    () => ({ NEO4J_URI, REDIS_URL: tls.REDIS_URL }),
    /^Redis at localhost:\d+: its certificate isn't trusted \(.*NODE_EXTRA_CA_CERTS/,
  ],
  [
    'Neo4j',
    () => ({ NEO4J_URI: tls.NEO4J_URI, REDIS_URL: plain }),
    /^NEO4J_URI: .*certificate is not trusted.*NODE_EXTRA_CA_CERTS/s,
  ],
] as const)(
  'a certificate of %s that nobody vouches for ends the start, and the doctor says it too',
  { timeout: 120_000 },
  async (_, servers, said) => {
    const env = { ...servers(), HEADWATER_ROLE: 'api', HEADWATER_PORT: '1' };
    const start = await runHeadwater(['serve', '--port', '0', '--data', temporaryFolder()], { env });
    expect(start).toMatchObject({ code: 1, stderr: expect.stringMatching(said) });
    const doctor = await runHeadwater(['doctor'], { env });
    expect(doctor).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/certificate isn't trusted.*NODE_EXTRA_CA_CERTS/),
    });
  },
);
