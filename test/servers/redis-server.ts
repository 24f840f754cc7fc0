import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HERE } from './places.ts';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'redis.sh');
/** A place has two: the one that its suites share, and `ownRedisServer`. */
const sharedPort = (place: number): number => Number(process.env.REDIS_PORT ?? 6397) + 2 * place;
const OWN_PORT = sharedPort(HERE) + 1;

type Word = 'start' | '--fresh' | 'stop' | 'crash';

/** Calls the script of the server that suites share. @returns its URL, where it starts */
export const redisAt = (place: number, ...words: readonly Word[]): Promise<string> => call(sharedPort(place), words);

/** A server of one suite, that it may kill: not the one that the suites share. */
export const ownRedisServer = (...words: readonly Word[]): Promise<string> => call(OWN_PORT, words);

/** Of that one: `backup` while it runs, `restore` while it is stopped. */
export const copyOwnRedis = (way: 'backup' | 'restore', folder: string): Promise<string> =>
  call(OWN_PORT, [way, folder]);

async function call(port: number, words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words], {
    env: { ...process.env, REDIS_PORT: String(port) },
  });
  return stdout.trim().replace('REDIS_URL=', '');
}

/** Of the server that the suites share; each has a prefix of its own there. */
export function redisUrl(): string {
  const url = process.env.REDIS_URL?.split(' ')[HERE];
  if (url === undefined) throw new Error('no REDIS_URL: run it by "npm run test:servers"');
  return url;
}
