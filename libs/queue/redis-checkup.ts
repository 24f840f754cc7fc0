import type { Redis } from 'ioredis';
import { asRedisStorageError, connectRedis } from './redis-connection.ts';

/** What a server's settings make of a promise of ours, and what to do. */
export interface RedisFinding {
  /** `wrong`: the hub can't work with it. `weak`: an event that was answered 201 may be lost. */
  readonly severity: 'wrong' | 'weak';
  readonly text: string;
}

export interface RedisCheckup {
  readonly version: string;
  /** The worst first; none: 201 means that the event survives a crash of the server's machine. */
  readonly findings: readonly RedisFinding[];
}

/** Streams, ZADD LT, ZMSCORE: all that is used is there from 6.2 on. */
const LEAST_VERSION = [6, 2] as const;

/** Asks a server how it keeps things. Rejects with a StorageError when it can't be reached. */
export async function checkRedis(url: string): Promise<RedisCheckup> {
  const redis = await connectRedis(url, () => undefined);
  try {
    const info = await infoOf(redis);
    const version = info.get('redis_version') ?? 'unknown';
    const findings = [...serverFindings(info, version), ...durabilityFindings(info, await settingsOf(redis))];
    return {
      version,
      findings: findings.sort((a, b) => Number(b.severity === 'wrong') - Number(a.severity === 'wrong')),
    };
  } catch (error) {
    throw asRedisStorageError(error, url);
  } finally {
    redis.disconnect();
  }
}

function serverFindings(info: ReadonlyMap<string, string>, version: string): RedisFinding[] {
  const findings: RedisFinding[] = [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]))
    findings.push({
      severity: 'wrong',
      text: `Redis ${version} is too old: install ${LEAST_VERSION.join('.')} or newer`,
    });
  if (info.get('role') === 'slave')
    findings.push({ severity: 'wrong', text: 'this Redis is a replica and takes no writes: name the primary' });
  if (info.get('cluster_enabled') === '1')
    findings.push({
      severity: 'wrong',
      text: 'this Redis is part of a cluster: the log needs one server, with cluster-enabled no',
    });
  return findings;
}

function durabilityFindings(
  info: ReadonlyMap<string, string>,
  settings: ReadonlyMap<string, string> | null,
): RedisFinding[] {
  const weak = (text: string): RedisFinding => ({ severity: 'weak', text });
  const findings: RedisFinding[] = [];
  const { aof, fsync, policy } = {
    aof: info.get('aof_enabled') === '1',
    fsync: settings?.get('appendfsync'),
    policy: settings?.get('maxmemory-policy') ?? info.get('maxmemory_policy'),
  };
  if (!aof)
    findings.push(weak('Redis keeps no append-only file: what it holds is gone when it ends. Set appendonly yes'));
  else if (settings === null)
    findings.push(weak('Redis does not tell its appendfsync (CONFIG is not allowed): see that it is always'));
  else if (fsync !== 'always')
    findings.push(
      weak(`appendfsync is ${fsync}: a crash of its machine takes the last events. Set appendfsync always`),
    );
  if (policy !== undefined && policy !== 'noeviction')
    findings.push(
      weak(`maxmemory-policy is ${policy}: a full Redis throws events away. Set maxmemory-policy noeviction`),
    );
  return findings;
}

async function infoOf(redis: Redis): Promise<ReadonlyMap<string, string>> {
  const text = await redis.info();
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

/** null: the server doesn't say; hosted ones often hide CONFIG. */
async function settingsOf(redis: Redis): Promise<ReadonlyMap<string, string> | null> {
  try {
    const settings = new Map<string, string>();
    for (const name of ['appendfsync', 'maxmemory-policy']) {
      const reply: unknown = await redis.config('GET', name);
      if (Array.isArray(reply)) settings.set(name, String(reply[1]));
    }
    return settings;
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message)) return null;
    throw error;
  }
}
