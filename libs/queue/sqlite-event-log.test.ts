import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedEvent, Refusal } from '#lineage';
import { EVENT_LOG_UPGRADES, upgradeSchema } from './event-log-schema.ts';
import { openDatabase } from './open-database.ts';
import { SqliteEventLog, type SqliteEventLogOptions } from './sqlite-event-log.ts';

const NOW = Date.UTC(2026, 0, 1);
let directory: string;
let opened: SqliteEventLog[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headwater-log-'));
  opened = [];
});
afterEach(async () => {
  for (const log of opened) await log.close();
  rmSync(directory, { recursive: true });
});

async function open(options: Partial<SqliteEventLogOptions> = {}): Promise<SqliteEventLog> {
  const log = await SqliteEventLog.open({ directory, ...options });
  opened.push(log);
  return log;
}

/** `noise` bytes that don't compress: fills files. */
function event(id: string, noise = 0, receivedAt = NOW): AcceptedEvent {
  let filler = '';
  while (filler.length < noise) filler += createHash('sha512').update(`${id}${filler.length}`).digest('base64');
  const body = JSON.stringify({ id, filler });
  return { hash: createHash('sha256').update(body).digest('hex'), body, receivedAt };
}

const refused = (body: string): Omit<Refusal, 'id'> => {
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { at: NOW, reason: 'r', where: null, status: 422, bytes: body.length, sha256, body, excerpt: null };
};

async function rows<T>(sql: string, file = 'events.db'): Promise<T[]> {
  const db = await openDatabase(join(directory, file));
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

describe('group commit', () => {
  it('puts all calls of one tick into one transaction, with one block', async () => {
    const log = await open();
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append([event(`${i}`)])));
    await log.close();
    expect(await rows('SELECT id, first FROM block')).toEqual([{ id: 100, first: 1 }]);
  });

  it('puts what queues up behind a transaction into the next one', async () => {
    const log = await open();
    // Its transaction takes longer than all others take to come.
    const calls: Promise<unknown>[] = [log.append([event('large', 10_000_000)])];
    for (let i = 0; i < 100; i++) {
      calls.push(log.append([event(`${i}`, 20_000)]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(calls);
    await log.close();
    const [{ commits } = { commits: 0 }] = await rows<{ commits: number }>('SELECT count(*) AS commits FROM block');
    expect(commits).toBeLessThan(60);
  });

  it('cuts blocks, so that finding one body stays cheap', async () => {
    const log = await open();
    await log.append(Array.from({ length: 40 }, (_, i) => event(`${i}`, 20_000)));
    expect((await log.find([event('39', 20_000).hash])).size).toBe(1);
    await log.close();
    expect((await rows('SELECT id FROM block')).length).toBe(4);
  });
});

describe('lock', () => {
  it('refuses a second log on the same folder, and lets it in after close', async () => {
    const log = await open();
    await expect(open()).rejects.toMatchObject({ name: 'StorageError', code: 'IN_USE', message: /another Headwater/ });
    expect(await log.append([event('a')])).toHaveLength(1);
    await log.close();
    expect(await (await open()).head()).toBe(1);
  });

  it('refuses a log in another process', async () => {
    await open();
    const script = `import('@photostructure/sqlite').then(({ DatabaseSync }) => {
      try { new DatabaseSync(${JSON.stringify(join(directory, 'events.lock'))}).exec('BEGIN EXCLUSIVE'); console.log('got it'); }
      catch (error) { console.log(error.errcode); } })`;
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim()).toBe('5');
  });
});

describe('schema versions', () => {
  it('refuses a newer file, says what to do, and leaves it alone', async () => {
    await (await open()).close();
    await rows(`UPDATE schema_version SET version = ${EVENT_LOG_UPGRADES.length + 1}`);
    await expect(open()).rejects.toMatchObject({ code: 'TOO_NEW', message: /install the version that wrote it/ });
    expect(await rows('SELECT version FROM schema_version')).toEqual([{ version: EVENT_LOG_UPGRADES.length + 1 }]);
  });

  it('upgrades step by step, and not at all when a step fails', async () => {
    const db = await openDatabase(join(directory, 'other.db'));
    const [first, second, third] = ['CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y', 'ALTER TABLE a ADD COLUMN z'];
    upgradeSchema(db, 'other.db', [first ?? '']);
    db.exec("INSERT INTO a VALUES ('kept')");
    expect(() => upgradeSchema(db, 'other.db', [first ?? '', second ?? '', 'broken'])).toThrow();
    expect(db.prepare('SELECT version FROM schema_version').all()).toEqual([{ version: 1 }]);
    upgradeSchema(db, 'other.db', [first ?? '', second ?? '', third ?? '']);
    expect(db.prepare('SELECT x, y, z FROM a').all()).toEqual([{ x: 'kept', y: null, z: null }]);
    expect(db.prepare('SELECT version FROM schema_version').all()).toEqual([{ version: 3 }]);
    db.close();
  });

  it('refuses a file that is no database, and one whose folder can not be made', async () => {
    writeFileSync(join(directory, 'events.db'), 'x'.repeat(8192));
    await expect(open()).rejects.toMatchObject({ code: 'FAILED', message: /not a database/ });
    await expect(open({ directory: join(directory, 'events.db', 'sub') })).rejects.toMatchObject({ code: 'FAILED' });
  });
});

describe('no room', () => {
  it('rejects the append, keeps nothing of it, and goes on once there is room', async () => {
    const log = await open({ maxBytes: 300_000 });
    await log.append([event('first', 100_000, NOW - 1000)]);
    const tooMuch = Array.from({ length: 5 }, (_, i) => event(`big ${i}`, 100_000));
    await expect(log.append(tooMuch)).rejects.toMatchObject({ name: 'StorageError', code: 'FULL' });
    expect(await log.head()).toBe(1);
    expect(await log.find(tooMuch.map((one) => one.hash))).toEqual(new Map());
    expect(await log.append([event('small')])).toEqual([{ position: 2, repeat: false }]);

    const fits = [event('fits', 150_000, NOW)];
    await log.append(fits);
    await expect(log.append([event('more', 150_000)])).rejects.toMatchObject({ code: 'FULL' });
    await log.prune(NOW);
    expect(await log.append([event('more', 90_000)])).toEqual([{ position: 4, repeat: false }]);
    await log.close();
    expect(await rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('forgets refusals of a failed transaction too', async () => {
    const log = await open({ maxBytes: 200_000 });
    const [appended, kept] = await Promise.allSettled([
      log.append([event('big', 1_000_000)]),
      log.refuse([refused('{}')]),
    ]);
    expect([appended.status, kept.status]).toEqual(['rejected', 'rejected']);
    expect(await log.refusals({ first: 10, after: null })).toEqual([]);
  });
});

describe('refusals', () => {
  it('keeps within its budget of bytes, the newest one always', async () => {
    const log = await open({ refusalBytesKept: 100_000 });
    for (let i = 0; i < 5; i++) await log.refuse([refused(event(`${i}`, 50_000).body)]);
    const few = await log.refusals({ first: 10, after: null });
    expect(few.length).toBeLessThan(4);
    expect(few[0]?.body).toBe(event('4', 50_000).body);
    await log.refuse([refused(event('huge', 500_000).body)]);
    expect((await log.refusals({ first: 10, after: null })).map((one) => one.bytes)).toEqual([
      event('huge', 500_000).body.length,
    ]);
  });
});

describe('backup', () => {
  it('is a whole log, made while appends go on', async () => {
    const log = await open();
    await log.append([event('a', 10_000), event('b')]);
    const copy = join(directory, 'copy', 'events.db');
    await expect(log.backup(copy)).rejects.toMatchObject({ code: 'FAILED' });
    const target = join(directory, 'copy.db');
    const [, during] = await Promise.all([log.backup(target), log.append([event('c')])]);
    expect(during).toHaveLength(1);
    await expect(log.backup(target)).rejects.toMatchObject({ code: 'FAILED', message: /exists/ });
    const [{ head } = { head: 0 }] = await rows<{ head: number }>('SELECT max(position) AS head FROM event', 'copy.db');
    expect(head).toBeGreaterThanOrEqual(2);
    expect(await rows('PRAGMA integrity_check', 'copy.db')).toEqual([{ integrity_check: 'ok' }]);
    expect(readdirSync(directory).filter((name) => name.includes('partial'))).toEqual([]);
  });
});
