/** A setup file: with it, hubs of any test file keep things in Neo4j and Redis. */
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { endHubs, runHubsOn } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { redisUrl } from './redis-server.ts';

runHubsOn({
  keeping: { store: 'Neo4j', queue: 'Redis' },
  env: { NEO4J_URI, REDIS_URL: redisUrl() },
  async empty() {
    await Promise.all([emptyNeo4j(), emptyRedis()]);
  },
});
afterAll(endHubs);

async function emptyRedis(): Promise<void> {
  const redis = new Redis(redisUrl());
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}
