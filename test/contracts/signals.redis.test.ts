import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisSignals } from '#queue';
import { redisUrl } from '../servers/redis-server.ts';
import { signalsContract } from './signals.ts';

signalsContract('Redis', async () => {
  const prefix = `test-${randomUUID()}`;
  return {
    open: () =>
      RedisSignals.open({
        url: redisUrl(),
        prefix,
        onError: (error) => {
          throw error;
        },
      }),
    disturb: async () => {
      const redis = new Redis(redisUrl());
      for (const text of ['', 'x', 'x appended', 'x appended -1', 'x vanished 3', '{"kind":"applied"}'])
        await redis.publish(`${prefix}:signals`, text);
      redis.disconnect();
    },
  };
});
