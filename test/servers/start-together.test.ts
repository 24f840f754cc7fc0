/** Ten processes come to a database that holds nothing, not even constraints; and to one that a newer version made. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decisionQueries } from '#decisions';
import { Neo4jDatabase, schemaQueries } from '#graph';
import { runEvent } from '../e2e/events.ts';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

const PROCESSES = 10;
const SOON = { timeout: 60_000, interval: 200 };

let database: Neo4jDatabase;
let env: Record<string, string>;
let hubs: TestHub[] = [];

beforeAll(async () => {
  await emptyNeo4j({ constraints: true });
  env = { NEO4J_URI, REDIS_URL: await ownRedisServer('start', '--fresh') };
  database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
});
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.stop()));
  await database.close();
  await ownRedisServer('stop');
});

it('all of ten that start at once are ready, on one schema, and work on one graph', { timeout: 240_000 }, async () => {
  const roles = Array.from({ length: PROCESSES }, (_, i) => (i % 2 === 0 ? 'api' : 'worker'));
  hubs = await Promise.all(roles.map((role) => startTestHub({ env: { ...env, HEADWATER_ROLE: role } })));
  const wanted = [...schemaQueries.CONSTRAINTS, ...decisionQueries.SCHEMA].filter((each) => /CONSTRAINT/.test(each));
  expect(await database.run('SHOW CONSTRAINTS YIELD name')).toHaveLength(wanted.length);
  const indexes = await database.run('SHOW INDEXES YIELD name, state WHERE name STARTS WITH "headwater"');
  expect(new Set(indexes.map(({ state }) => state))).toEqual(new Set(['ONLINE']));
  expect(await database.run('MATCH (g:HeadwaterGraph) RETURN count(g) AS graphs')).toEqual([{ graphs: 1 }]);
  await Promise.all(hubs.map((hub, i) => hub.send(runEvent(`of-${i}`, { writes: [`of-${i}`] }))));
  for (const hub of hubs)
    await expect
      .poll(async () => (await hub.ask({ path: '/health/ready' })).json, SOON)
      .toMatchObject({ status: 'ready', applied: PROCESSES });
});

it('a newer schema is refused, and left as it is', { timeout: 120_000 }, async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.stop()));
  await database.run('MATCH (g:HeadwaterGraph) SET g.schema = 99');
  const graph = (): Promise<unknown> => database.run('MATCH (g:HeadwaterGraph) RETURN properties(g) AS p');
  const before = await graph();
  const args = ['serve', '--port', '0', '--data', temporaryFolder()];
  const { code, stderr } = await runHeadwater(args, { env: { ...env, HEADWATER_ROLE: 'worker' } });
  expect(stderr).toMatch(/^the graph in Neo4j has schema 99, and this version knows \d+ at most: start the version/);
  expect(code).toBe(1);
  expect(await graph()).toEqual(before);
});
