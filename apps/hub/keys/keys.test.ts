import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openKeyedAccess } from './access.ts';
import { addKey, readKeyFile, removeKey } from './key-file.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const newFile = () => join(mkdtempSync(join(tmpdir(), 'headwater-keys-')), 'sub', 'keys.json');

afterEach(() => {
  vi.useRealTimers();
});

describe('the key file', () => {
  it('keeps names, scopes and a hash, never the key, for its owner only', () => {
    const path = newFile();
    const key = addKey(path, 'airflow', ['ingest', 'read', 'read'], NOW);
    expect(key).toMatch(/^hw_[\w-]{43}$/);
    expect(readFileSync(path, 'utf8')).not.toContain(key.slice(3));
    expect(readKeyFile(path)).toMatchObject([
      { name: 'airflow', scopes: ['ingest', 'read'], createdAt: '2026-01-01T00:00:00.000Z' },
    ]);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('refuses a second key of one name, an unknown scope, a strange name, and to remove what is not there', () => {
    const path = newFile();
    addKey(path, 'airflow', ['ingest'], NOW);
    expect(() => addKey(path, 'airflow', ['read'], NOW)).toThrow(/exists/);
    expect(() => addKey(path, 'b', ['raed'], NOW)).toThrow(/Did you mean read\?/);
    expect(() => addKey(path, 'a b', ['read'], NOW)).toThrow(/letters, digits/);
    expect(() => addKey(path, 'b', [], NOW)).toThrow(/scopes/);
    expect(() => removeKey(path, 'airflw')).toThrow(/Did you mean airflow\?/);
    expect(readKeyFile(path)).toHaveLength(1);
  });

  it('says what is wrong with a file that is none', () => {
    const path = newFile();
    expect(() => readKeyFile(path)).toThrow(/there is no key file\. Make it with "headwater keys add/);
    addKey(path, 'a', ['read'], NOW);
    writeFileSync(path, '{');
    expect(() => readKeyFile(path)).toThrow(/can't be read as a key file/);
    writeFileSync(path, '{"version":1,"keys":[{"name":"a","scopes":["read"],"sha256":"abc","createdAt":""}]}');
    expect(() => readKeyFile(path)).toThrow(/keys\.0\.sha256: must be 64 hex digits/);
  });

  it('says where it can’t be written, below a file and below /proc too', () => {
    const path = newFile();
    addKey(path, 'a', ['read'], NOW);
    for (const nowhere of [join(path, 'keys.json'), '/proc/headwater/keys.json']) {
      expect(() => addKey(nowhere, 'a', ['read'], NOW)).toThrow(`${nowhere}: the key file can't be written: E`);
    }
  });
});

describe('keyed access', () => {
  it('knows whom a key belongs to', () => {
    const path = newFile();
    const airflow = addKey(path, 'airflow', ['ingest'], NOW);
    const reader = addKey(path, 'reader', ['read'], NOW);
    const access = openKeyedAccess(path, () => undefined);
    expect(access.authenticate(`Bearer ${airflow}`)).toEqual({
      kind: 'viewer',
      viewer: { name: 'airflow', scopes: new Set(['ingest']) },
    });
    expect(access.authenticate(`bearer  ${reader}`)).toMatchObject({ kind: 'viewer', viewer: { name: 'reader' } });
    for (const wrong of [
      undefined,
      '',
      airflow,
      `Basic ${airflow}`,
      `Bearer ${airflow}x`,
      'Bearer',
      `Bearer ${airflow} ${reader}`,
    ]) {
      expect(access.authenticate(wrong)).toMatchObject({ kind: 'denied' });
    }
    access.stop();
  });

  it('forgets a removed key without a restart, and keeps the keys when the file breaks', () => {
    vi.useFakeTimers();
    const path = newFile();
    const complaints: string[] = [];
    const kept = addKey(path, 'kept', ['read'], NOW);
    const removed = addKey(path, 'removed', ['read'], NOW);
    const access = openKeyedAccess(path, (message) => complaints.push(message));
    removeKey(path, 'removed');
    vi.advanceTimersByTime(2_500);
    expect(access.authenticate(`Bearer ${removed}`).kind).toBe('denied');
    writeFileSync(path, 'broken');
    vi.advanceTimersByTime(6_000);
    expect(access.authenticate(`Bearer ${kept}`).kind).toBe('viewer');
    expect(complaints).toHaveLength(1);
    access.stop();
  });
});
