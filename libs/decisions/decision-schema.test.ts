import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { DecisionFile } from './decision-file.ts';
import { DECISIONS_FILE, openDecisions } from './decision-schema.ts';

/** A file that the program of schema version 1 made: a trigger, a webhook and a tag that fired, one rule that was held back. */
const VERSION_1 = new URL('../../test/fixtures/decisions.v1.db.gz', import.meta.url);
const T = 1_767_600_000_000;
/** Of `PRAGMA synchronous`. */
const FULL = 2;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(file: Buffer | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-decisions-'));
  folders.push(folder);
  if (file !== null) writeFileSync(join(folder, DECISIONS_FILE), file);
  return folder;
}

describe('a decisions file of schema version 1', () => {
  const upgraded = (): string => folderWith(gunzipSync(readFileSync(VERSION_1)));

  it('keeps what it says, and knows what may have started runs', () => {
    const file = new DecisionFile(upgraded());
    const { revision, breaches, incidents } = file.state();
    expect([revision, breaches.length, incidents.length]).toEqual([1, 1, 1]);
    expect(file.reads.starters(0, 10).map(({ id }) => id)).toEqual([
      'decision:told:change:2',
      'decision:refresh:change:1',
    ]);
    const asked = file.reads
      .askedFor(['dlv_00000000000000000000000000000001'])
      .get('dlv_00000000000000000000000000000001');
    expect(asked).toMatchObject({ rule: 'refresh', job: 'job:airflow:marts', at: T, chain: [] });
    expect(file.reads.decision(['decision:refresh:change:4'])).toMatchObject([{ guard: 'COOLDOWN', chain: [] }]);
    expect(file.reads.deliveries(['decision:refresh:change:1']).get('decision:refresh:change:1')).toMatchObject([
      { state: 'DELIVERED', attempts: 1 },
    ]);
    expect(file.reads.note('rule files')).toBe('[]');
    file.close();
  });

  it('has the tables and indexes of a new one, once', () => {
    const shapes = [upgraded(), folderWith(null)].map((folder) => {
      const path = join(folder, DECISIONS_FILE);
      openDecisions(path).close();
      const db = openDecisions(path);
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
      const shape = {
        version: db.prepare('PRAGMA user_version').get(),
        columns: tables.map(({ name }) => [name, db.prepare('SELECT * FROM pragma_table_info(?)').all(String(name))]),
        indexes: db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").all(),
      };
      db.close();
      return shape;
    });
    expect(shapes[0]).toEqual(shapes[1]);
  });
});

it('waits for the disk with what was decided, also after an attempt, for which it does not', () => {
  const file = new DecisionFile(folderWith(gunzipSync(readFileSync(VERSION_1))));
  const isSynced = (): unknown => file.reads.one('PRAGMA synchronous')?.['synchronous'] === FULL;
  expect(isSynced()).toBe(true);
  const attempt = { at: T, state: 'DELIVERED', status: 200, error: null, nextAttempt: null } as const;
  file.attempted('dlv_00000000000000000000000000000001', attempt);
  expect(isSynced()).toBe(true);
  file.reads.one('PRAGMA query_only = 1');
  expect(() => file.attempted('dlv_00000000000000000000000000000001', attempt)).toThrow(/readonly/);
  expect(isSynced()).toBe(true);
  file.close();
});
