import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkRedis } from '#queue';
import { ownRedisServer } from './redis-server.ts';

let url: string;
let admin: Redis;

beforeAll(async () => {
  url = await ownRedisServer('start', '--fresh');
  admin = new Redis(url);
});
afterAll(async () => {
  admin.disconnect();
  // It may be writing its append-only file anew, and does not hear then that it is to stop.
  await ownRedisServer('crash');
});
afterEach(async () => {
  await admin.replicaof('NO', 'ONE');
  for (const [name, value] of [
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['maxmemory-policy', 'noeviction'],
  ] as const)
    await admin.config('SET', name, value);
});

const found = async (at = url): Promise<string[]> =>
  (await checkRedis(at)).findings.map(({ severity, text }) => `${severity}: ${text}`);

describe('the checkup of a Redis', () => {
  it('has nothing to say of one that syncs each write and throws nothing away', async () => {
    expect(await checkRedis(url)).toEqual({ version: expect.stringMatching(/^\d+\.\d+/), findings: [] });
  });

  it('names each weaker setting, and what to set', async () => {
    await admin.config('SET', 'appendfsync', 'everysec');
    expect(await found()).toEqual([
      expect.stringMatching(/^weak: appendfsync is everysec: .* Set appendfsync always$/),
    ]);
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await admin.config('SET', 'appendonly', 'no');
    expect(await found()).toEqual([
      expect.stringMatching(/^weak: Redis keeps no append-only file/),
      expect.stringMatching(/^weak: maxmemory-policy is allkeys-lru/),
    ]);
  });

  it('refuses a replica', async () => {
    await admin.replicaof('127.0.0.1', 1);
    expect(await found()).toEqual(['wrong: this Redis is a replica and takes no writes: name the primary']);
  });

  it('says that it could not look where CONFIG is hidden', async () => {
    await admin.call('ACL', 'SETUSER', 'hub', 'on', '>secret', '~*', '&*', '+@all', '-config');
    const hidden = new URL(url);
    [hidden.username, hidden.password] = ['hub', 'secret'];
    expect(await found(hidden.href)).toEqual([expect.stringMatching(/^weak: Redis does not tell its appendfsync/)]);
  });

  it('rejects where there is none, and keeps the password to itself', async () => {
    await expect(checkRedis('redis://hub:secret@127.0.0.1:1')).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringMatching(/^Redis at 127\.0\.0\.1:1: (?!.*secret)/),
    });
  });
});
