/** What the log on Redis says of the server that it lies on. */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RedisEventLog } from '#queue';
import { redisUrl } from './redis-server.ts';

const prefix = 'test-of-the-log';
let redis: Redis;
let log: RedisEventLog;
const open = (): Promise<RedisEventLog> =>
  RedisEventLog.open({ url: redisUrl(), prefix, onError: (error) => expect.unreachable(error.message) });

beforeEach(async () => {
  redis = new Redis(redisUrl());
  log = await open();
});
afterEach(async () => {
  await log.close();
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.del(keys);
  redis.disconnect();
});

it('is one log for all who open it', async () => {
  const again = await open();
  expect(again.id).toBe(log.id);
  await again.close();
});

it('says so when another log lies where it was', async () => {
  expect(await log.head()).toBe(0);
  await redis.set(`${prefix}:log:id`, 'another');
  await expect(log.head()).rejects.toThrow(/it holds log another, and .* was opened: see that REDIS_URL/);
});

it('asks whether it may write, and writes nothing', async () => {
  const offset = async (): Promise<string> =>
    /master_repl_offset:\d+|aof_current_size:\d+/g.exec(await redis.info())?.[0] ?? '';
  const [keys, before] = [await redis.keys('*'), await offset()];
  await log.writable();
  expect([await redis.keys('*'), await offset()]).toEqual([keys, before]);
});
