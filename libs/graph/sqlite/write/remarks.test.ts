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

/** What only this store can get wrong; what each store keeps to is in the contract of remarks. */
describe('remarks in two files', () => {
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

  const onOrders = async (): Promise<readonly string[]> => {
    const reader = new SqliteGraphReader(file.db, DEFAULT_FLOW_LIMITS);
    return ((await reader.remarks([id('orders')])).get(id('orders')) ?? []).map(({ text }) => text);
  };

  it('are in neither file where the graph can not commit', async () => {
    file.db.exec('CREATE TEMP TRIGGER full BEFORE INSERT ON change BEGIN SELECT RAISE(ABORT, "no room"); END');
    expect(() => file.words.remark(NOTE)).toThrow(/no room/);
    file.db.exec('DROP TRIGGER full');
    file.close();
    file = new GraphFile(folder);
    expect(await onOrders()).toEqual([]);
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
    expect(await onOrders()).toEqual(['late']);
  });
});
