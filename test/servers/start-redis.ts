/** One Redis for the suites of each place, on ports of their own; where one can't start, they have failed. */
import { PLACES } from './places.ts';
import { redisAt } from './redis-server.ts';

export default async function start(): Promise<() => Promise<void>> {
  const started = await Promise.all(PLACES.map((place) => redisAt(place, 'start', '--fresh')));
  process.env.REDIS_URL = started.join(' ');
  return async () => {
    await Promise.all(PLACES.map((place) => redisAt(place, 'stop')));
  };
}
