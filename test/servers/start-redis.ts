/** One Redis for all suites of servers, on a port of its own; where it can't start, they have failed. */
import { redisServer } from './redis-server.ts';

export default async function start(): Promise<() => Promise<void>> {
  process.env.REDIS_URL = await redisServer('start', '--fresh');
  return async () => {
    await redisServer('stop');
  };
}
