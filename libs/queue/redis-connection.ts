import type { Redis } from 'ioredis';
import { StorageError } from './storage-error.ts';

/** A server that needs longer than this for one command is as good as away, ms. */
const COMMAND_MS = 10_000;
const RECONNECT_MOST_MS = 2_000;

/**
 * What all connections have in common: they come back by themselves, and a command whose answer was lost fails instead of
 * being sent again: its caller repeats it, and knows that it did.
 */
const COMMON = {
  autoResendUnfulfilledCommands: false,
  retryStrategy: (times: number) => Math.min(RECONNECT_MOST_MS, 50 * 2 ** Math.min(times, 10)),
};

/** For commands that somebody waits for: where the server is away, they fail at once and don't queue up. */
const COMMANDS = {
  ...COMMON,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_MS,
};

/** For connections that wait for work: they bear any absence of the server. */
export const WAITING = { ...COMMON, maxRetriesPerRequest: null };

/** Connected, or rejects with a StorageError; goes on by itself after that. */
export async function connectRedis(
  url: string,
  onError: (error: Error) => void,
  kind: typeof COMMANDS | typeof WAITING = COMMANDS,
): Promise<Redis> {
  // Loaded when used: an embedded hub does without.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { ...kind, lazyConnect: true });
  // A connection that was refused rejects with no more than that it is closed.
  let refused: Error | null = null;
  redis.on('error', (error: Error) => {
    refused = error;
    onError(error);
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw asRedisStorageError(refused ?? error, url);
  }
}

/** What Redis or its connection said, in the words of StorageError. */
export function asRedisStorageError(error: unknown, url: string): StorageError {
  if (error instanceof StorageError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const at = withoutPassword(url);
  const options = { cause: error };
  if (said.startsWith('OOM') || (said.startsWith('MISCONF') && /space/i.test(said)))
    return new StorageError(
      'FULL',
      `Redis at ${at} has no room left: raise maxmemory or free its disk (${said})`,
      options,
    );
  if (/certificate|altnames/i.test(said))
    return new StorageError(
      'FAILED',
      `Redis at ${at}: its certificate isn't trusted (${said}): give the file of the authority that signed it to Node (NODE_EXTRA_CA_CERTS)`,
      options,
    );
  return new StorageError('FAILED', `Redis at ${at}: ${said}`, options);
}

export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url.replace(/^.*@/, '');
  const parsed = new URL(url);
  return `${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}
