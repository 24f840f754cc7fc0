/** What rules do is the same on the scaled size: asked of an api process, decided and delivered by two workers. */
import { afterAll } from 'vitest';
import type { StartHub } from '../e2e/rules-hub.ts';
import { rulesStory } from '../e2e/rules-story.ts';
import { stalledStreamStory } from '../e2e/stalled-stream-story.ts';
import { startTestHub } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

afterAll(() => ownRedisServer('stop'));

const startScaled: StartHub = async (rules) => {
  await emptyNeo4j();
  const env = { ...rules, NEO4J_URI, REDIS_URL: await ownRedisServer('start', '--fresh') };
  const [hub, ...workers] = await Promise.all(
    ['api', 'worker', 'worker'].map((role) => startTestHub({ env: { ...env, HEADWATER_ROLE: role } })),
  );
  if (hub === undefined) throw new Error('no api process was started');
  return { hub, stop: () => Promise.all([hub, ...workers].map((one) => one.stop())) };
};

rulesStory('Neo4j and Redis', '20s', startScaled);
stalledStreamStory('Neo4j and Redis', 25, startScaled);
