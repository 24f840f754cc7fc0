import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '..', 'services', 'redis.sh');
const PORT = process.env.REDIS_PORT ?? '6397';

/** Calls the script of the server. @returns its URL, where it starts */
export async function redisServer(...words: readonly ('start' | '--fresh' | 'stop' | 'crash')[]): Promise<string> {
  const env = { ...process.env, REDIS_PORT: PORT };
  const { stdout } = await promisify(execFile)('bash', [SCRIPT, ...words], { env });
  return stdout.trim().replace('REDIS_URL=', '');
}

/** Of the server that the suites share; each has a prefix of its own there. */
export function redisUrl(): string {
  const url = process.env.REDIS_URL;
  if (url === undefined) throw new Error('no REDIS_URL: run it by "npm run test:servers"');
  return url;
}
