import { randomUUID } from 'node:crypto';
import { RedisEventLog } from '#queue';
import { redisUrl } from '../servers/redis-server.ts';
import { type EventTimesUnderTest, eventTimeIndexContract } from './event-time-index.ts';

eventTimeIndexContract('Redis', () => open(`test-${randomUUID()}`));

async function open(prefix: string): Promise<EventTimesUnderTest> {
  const log = await RedisEventLog.open({
    url: redisUrl(),
    prefix,
    onError: (error) => {
      throw error;
    },
  });
  return {
    log,
    index: log,
    reopen: async () => {
      await log.close();
      return open(prefix);
    },
    remove: () => log.close(),
  };
}
