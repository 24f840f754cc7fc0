import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'redis.sh');
const PORT = process.env.REDIS_PORT ?? '6397';

type Word = 'start' | '--fresh' | 'stop' | 'crash';

/** Calls the script of the server. @returns its URL, where it starts */
export const redisServer = (...words: readonly Word[]): Promise<string> => call(PORT, words);

/** A server of one suite, that it may kill: not the one that the suites share. */
export const ownRedisServer = (...words: readonly Word[]): Promise<string> => call(String(Number(PORT) + 1), words);

/** Of that one: `backup` while it runs, `restore` while it is stopped. */
export const copyOwnRedis = (way: 'backup' | 'restore', folder: string): Promise<string> =>
  call(String(Number(PORT) + 1), [way, folder]);

async function call(port: string, words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words], {
    env: { ...process.env, REDIS_PORT: port },
  });
  return stdout.trim().replace('REDIS_URL=', '');
}

/** Of the server that the suites share; each has a prefix of its own there. */
export function redisUrl(): string {
  const url = process.env.REDIS_URL;
  if (url === undefined) throw new Error('no REDIS_URL: run it by "npm run test:servers"');
  return url;
}
