/** What the doctor says of real servers that are away, set wrongly, locked, or hold what can't be. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Neo4jDatabase, Neo4jGraphStore } from '#graph';
import { RedisEventLog } from '#queue';
import { runHeadwater, temporaryFolder } from '../harness.ts';
import { logged } from '../model/order-law.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let url: string;
let redis: Redis;
let neo4j: Neo4jDatabase;

beforeAll(async () => {
  url = await ownRedisServer('start', '--fresh');
  redis = new Redis(url);
  neo4j = await Neo4jDatabase.connect({ uri: NEO4J_URI });
});
afterAll(async () => {
  redis?.disconnect();
  await neo4j?.close();
  await emptyNeo4j();
  await ownRedisServer('stop');
});
/** Two events, accepted and applied. */
beforeEach(async () => {
  await redis.flushall();
  await emptyNeo4j();
  await asWorker((log, store) => take(log, store, 1, 2));
});

async function asWorker(work: (log: RedisEventLog, store: Neo4jGraphStore) => Promise<unknown>): Promise<void> {
  const log = await RedisEventLog.open({ url, refusalsKept: 0, onError: () => undefined });
  const store = await Neo4jGraphStore.open({ neo4j: { uri: NEO4J_URI }, worker: { folder: temporaryFolder(), log } });
  await work(log, store);
  await store.close();
  await log.close();
}

/** At once; the first of their positions is when they arrived. */
async function take(log: RedisEventLog, store: Neo4jGraphStore, ...positions: [number, ...number[]]): Promise<void> {
  const event = { eventTime: '2026-01-01T00:00:00Z', producer: 'p', job: { namespace: 'etl', name: 'j' } };
  const events = positions.map((n) => logged({ ...event, inputs: [{ namespace: 'db', name: `in-${n}` }] }, n));
  await log.append(events.map(({ hash, body }) => ({ hash, body, receivedAt: positions[0] })));
  await store.apply(events);
}

/** Of an api process: what isn't fine, and the exit code. */
async function found(env: Record<string, string> = {}): Promise<{ code: number | null; said: string[] }> {
  const { code, stdout, stderr } = await runHeadwater(['doctor', '--json'], {
    env: { NEO4J_URI, REDIS_URL: url, HEADWATER_ROLE: 'api', HEADWATER_PORT: '1', ...env },
  });
  if (!stdout.startsWith('[')) throw new Error(stderr);
  const findings = JSON.parse(stdout) as { about: string; severity: string; text: string }[];
  return {
    code,
    said: findings.flatMap(({ about, severity, text }) =>
      severity === 'fine' ? [] : [`${severity} ${about}: ${text}`],
    ),
  };
}
const only = (pattern: RegExp, code = 1) => ({ code, said: [expect.stringMatching(pattern)] });

it('nothing is wrong with servers that are as they should be', async () => {
  expect(await found()).toEqual({ code: 0, said: [] });
});

it('nothing is wrong where retention took the first commits; one that is missing after them is', async () => {
  await asWorker(async (log, store) => {
    for (const position of [3, 4, 5, 6]) await take(log, store, position);
    await log.prune(4);
    await store.prune(0);
  });
  const kept = 'MATCH (c:Commit) RETURN c.number AS number ORDER BY number';
  expect(await neo4j.run(kept)).toEqual([2, 3, 4, 5].map((number) => ({ number })));
  expect(await found()).toEqual({ code: 0, said: [] });
  await neo4j.run('MATCH (c:Commit {number: 3}) DELETE c');
  expect(await found()).toEqual(
    only(/^problem Neo4j: the graph is damaged: 3 commits are there after the first 1, and it is at 5/),
  );
});

it('Redis: a weaker setting, a password, away', async () => {
  await redis.config('SET', 'appendfsync', 'everysec');
  expect(await found()).toEqual(only(/^warning Redis: appendfsync is everysec: .* Set appendfsync always\.$/, 0));
  await redis.config('SET', 'appendfsync', 'always');
  await redis.call('ACL', 'SETUSER', 'hub', 'on', '>secret', '~*', '&*', '+@all');
  const wrong = url.replace('redis://', 'redis://hub:wrong@');
  expect(await found({ REDIS_URL: wrong })).toEqual(only(/^problem Redis: .*WRONGPASS.*USER:PASSWORD@/));
  expect(await found({ REDIS_URL: 'redis://127.0.0.1:1' })).toEqual(only(/^problem Redis: .*: start it, or correct/));
});

it('Redis: it lost what Neo4j has', async () => {
  await redis.flushall();
  expect(await found()).toEqual(
    only(/^problem graph: it is at position 2, and the log on Redis ends at 0: .*older copy/),
  );
});

it('Neo4j: its graph is of another log', async () => {
  await neo4j.run("MATCH (g:HeadwaterGraph) SET g.log = 'another'");
  expect(await found()).toEqual(
    only(/^problem graph: .* folded from another log \(another\) than .*REDIS_URL of the others/),
  );
});

it('Neo4j: away, no such database', async () => {
  expect(await found({ NEO4J_URI: 'bolt://127.0.0.1:1' })).toEqual(only(/^problem Neo4j: nothing answers at bolt:/));
  expect(await found({ NEO4J_DATABASE: 'none' })).toEqual(
    only(/^problem Neo4j: it has no database none: make it, or correct NEO4J_DATABASE/),
  );
});

it('Neo4j: a newer schema, and a graph that something else wrote to', async () => {
  await neo4j.run('MATCH (g:HeadwaterGraph) SET g.schema = 99');
  expect(await found()).toEqual(only(/^problem Neo4j: the graph has schema 99, .*: start the version that made it/));
  await neo4j.run('MATCH (g:HeadwaterGraph) SET g.schema = 1');
  await neo4j.run('MATCH (c:Commit) DELETE c');
  expect(await found()).toEqual(
    only(/^problem Neo4j: the graph is damaged: 0 commits are there after the first 0, and it is at \d+/),
  );
  await neo4j.run('CREATE (:Asset:Dataset {id: "dataset:a:b"})');
  expect((await found()).said).toHaveLength(2);
});
