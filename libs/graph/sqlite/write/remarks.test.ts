import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, DEFAULT_FLOW_LIMITS, type LoggedEvent, type RemarkRequest } from '#lineage';
import { Database } from '../database.ts';
import { GraphFile } from '../graph-file.ts';
import { PEOPLE_FILE } from '../people-file.ts';
import { SqliteGraphReader } from '../read/sqlite-graph-reader.ts';

const NS = 'kafka://a:9092';
const id = (name: string): string => `dataset:${NS}:${name}`;
const AT = Date.UTC(2026, 0, 2);

function logged(position: number, event: object): LoggedEvent {
  const body = canonicalJson({ eventTime: '2026-01-01T00:00:00.000Z', producer: 'urn:test', ...event });
  return { position, receivedAt: position, body, hash: createHash('sha256').update(body).digest('hex') };
}

const EVENTS = ['orders', 'orders_v2'].map((name, n) => logged(n + 1, { dataset: { namespace: NS, name } }));
const NOTE: RemarkRequest = {
  kind: 'ANNOTATION',
  subject: id('orders'),
  text: 'late',
  carried: false,
  by: 'ann',
  at: AT,
  expiresAt: null,
  key: null,
};
const TAG: RemarkRequest = { ...NOTE, kind: 'TAG', text: 'gold' };

describe('remarks', () => {
  let folder: string;
  let file: GraphFile;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-remarks-'));
    file = new GraphFile(folder);
    file.apply(EVENTS, 0);
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });

  const on = async (name: string) => {
    const reader = new SqliteGraphReader(file.db, DEFAULT_FLOW_LIMITS);
    return ((await reader.remarks([id(name)])).get(id(name)) ?? []).map(({ text, asset, carried }) => ({
      text,
      asset,
      carried,
    }));
  };

  it('go with their node when it is merged, and stay with its name when it is split', async () => {
    file.words.remark({ ...NOTE, subject: id('orders_v2') });
    const word = { by: 'ann', at: AT, reason: null };
    file.merge({ ids: [id('orders_v2')], into: id('orders'), ...word });
    expect(await on('orders')).toEqual([{ text: 'late', asset: id('orders'), carried: false }]);
    file.split({ id: id('orders'), alias: id('orders_v2'), ...word });
    expect(await on('orders')).toEqual([]);
    expect(await on('orders_v2')).toEqual([{ text: 'late', asset: id('orders_v2'), carried: false }]);
  });

  it('are said once under one key, also after they were removed', () => {
    const first = file.words.remark({ ...NOTE, key: 'decision_1' });
    expect(first).toMatchObject({ kind: 'done', changes: [{ kind: 'annotation.added', subject: id('orders') }] });
    const again = file.words.remark({ ...NOTE, key: 'decision_1', at: AT + 1 });
    expect(again).toMatchObject({ kind: 'done', changes: [], remark: { id: '1', at: AT } });
    file.words.removeRemark({ of: { kind: 'ANNOTATION', id: '1' }, by: 'ann', at: AT });
    expect(file.words.remark({ ...NOTE, key: 'decision_1' })).toMatchObject({ kind: 'done', changes: [] });
  });

  it('a tag is one tag; whether it is carried is as was said last', async () => {
    file.words.remark(TAG);
    expect(file.words.remark(TAG)).toMatchObject({ kind: 'done', changes: [] });
    expect(file.words.remark({ ...TAG, carried: true })).toMatchObject({ changes: [{ kind: 'tag.added' }] });
    expect(await on('orders')).toEqual([{ text: 'gold', asset: id('orders'), carried: true }]);
  });

  it('are in neither file where the graph can not commit', async () => {
    file.db.exec('CREATE TEMP TRIGGER full BEFORE INSERT ON change BEGIN SELECT RAISE(ABORT, "no room"); END');
    expect(() => file.words.remark(NOTE)).toThrow(/no room/);
    file.db.exec('DROP TRIGGER full');
    file.close();
    file = new GraphFile(folder);
    expect(await on('orders')).toEqual([]);
  });

  it('are kept in a file that knew merges alone', async () => {
    file.merge({ ids: [id('orders_v2')], into: id('orders'), by: 'ann', at: AT, reason: null });
    file.close();
    const old = new Database(join(folder, PEOPLE_FILE));
    old.exec('DROP TABLE remark');
    old.exec('PRAGMA user_version = 1');
    old.close();
    file = new GraphFile(folder);
    expect(file.words.remark(NOTE)).toMatchObject({ kind: 'done' });
    expect(await on('orders')).toHaveLength(1);
  });
});
