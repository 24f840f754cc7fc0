/** What rules do is the same on the scaled size: asked of an api process, decided and delivered by two workers. */
import { afterAll } from 'vitest';
import { rulesStory } from '../e2e/rules-story.ts';
import { startTestHub } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

afterAll(() => ownRedisServer('stop'));

rulesStory('Neo4j and Redis', '10s', async (rules) => {
  await emptyNeo4j();
  const env = { ...rules, NEO4J_URI, REDIS_URL: await ownRedisServer('start', '--fresh') };
  const [hub, ...workers] = await Promise.all(
    ['api', 'worker', 'worker'].map((role) => startTestHub({ env: { ...env, HEADWATER_ROLE: role } })),
  );
  if (hub === undefined) throw new Error('no api process was started');
  return { hub, stop: () => Promise.all([hub, ...workers].map((one) => one.stop())) };
});
