import { randomUUID } from 'node:crypto';
import { RedisEventLog } from '#queue';
import { redisUrl } from '../servers/redis-server.ts';
import { eventLogContract } from './event-log.ts';

eventLogContract('Redis', async ({ refusalsKept }) => {
  const prefix = `test-${randomUUID()}`;
  const open = (): Promise<RedisEventLog> =>
    RedisEventLog.open({
      url: redisUrl(),
      prefix,
      refusalsKept,
      onError: (error) => {
        throw error;
      },
    });
  let log = await open();
  return {
    log,
    reopen: async () => {
      await log.close();
      log = await open();
      return log;
    },
    remove: () => log.close(),
  };
});
