import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { CheckpointThread } from '../checkpoint-thread.ts';
import { Checkpoints, type Copier } from './checkpoints.ts';
import { Database } from './database.ts';

const MIB = 1024 * 1024;

interface Written {
  /** The most that the journal held, MiB. */
  readonly journal: number;
  /** How often it was begun anew. */
  readonly turns: number;
  readonly rows: number;
}

function emptyFile(): { readonly path: string; readonly db: Database } {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-checkpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'some.db');
  const db = new Database(path);
  db.exec('CREATE TABLE t(x)');
  return { path, db };
}

/** `mebibytes` in commits of half of one each, between which others get a turn. */
async function write(
  mebibytes: number,
  copierOf: (path: string, commit: () => void) => Copier,
  atEnd: () => void = () => undefined,
): Promise<Written> {
  const { path, db } = emptyFile();
  const checkpoints = new Checkpoints(db);
  let rows = 0;
  const commit = (): void => {
    checkpoints.keepBelow(4);
    db.write('INSERT INTO t(x) VALUES (zeroblob(?))', MIB / 2);
    rows += 1;
    checkpoints.committed();
  };
  checkpoints.copyBeside(copierOf(path, commit));
  let turns = 0;
  let pages = 0;
  while (rows < 2 * mebibytes) {
    commit();
    const now = db.journal().pages;
    if (now < pages) turns += 1;
    pages = now;
    await new Promise((resolve) => setImmediate(resolve));
  }
  atEnd();
  await checkpoints.rest();
  const journal = statSync(`${path}-wal`).size / MIB;
  expect(db.get('SELECT count(*) AS n FROM t')?.['n']).toBe(rows);
  db.close();
  return { journal, turns, rows };
}

it('beside a writer that does not rest, the journal begins anew all the same', async () => {
  const { journal, turns } = await write(60, (path, commit) => ({
    async copy() {
      await Promise.resolve();
      // What is copied is what was there when it began: a reader of that state makes it so.
      const reader = new Database(path, { readOnly: true });
      reader.exec('BEGIN');
      reader.get('SELECT count(*) FROM t');
      commit();
      const beside = new Database(path);
      beside.checkpoint();
      beside.close();
      reader.exec('COMMIT');
      reader.close();
    },
  }));
  expect(turns).toBeGreaterThan(3);
  expect(journal).toBeLessThan(12);
});

it('the commit copies where nobody beside it can', async () => {
  const { journal, turns } = await write(60, () => ({ copy: () => Promise.reject(new Error('no room')) }));
  expect(turns).toBeGreaterThan(1);
  expect(journal).toBeLessThan(18);
});

it('the commit copies where the one beside it never comes to an end', async () => {
  const waiting: (() => void)[] = [];
  const { journal } = await write(
    60,
    () => ({ copy: () => new Promise<void>((resolve) => waiting.push(resolve)) }),
    () => waiting.map((resolve) => resolve()),
  );
  expect(waiting).toHaveLength(1);
  expect(journal).toBeLessThan(18);
});

it('the thread copies what was committed', async () => {
  const { path, db } = emptyFile();
  const thread = new CheckpointThread(path);
  db.checkpointEach(0);
  for (let round = 0; round < 2; round++) {
    db.write('INSERT INTO t(x) VALUES (zeroblob(?))', 2 * MIB);
    expect(db.journal().copied).toBe(0);
    await thread.copy();
    const { pages, copied } = db.journal();
    expect(pages).toBeGreaterThan(500);
    expect(copied).toBe(pages);
  }
  db.close();
  await thread.close();
  await thread.close();
});
