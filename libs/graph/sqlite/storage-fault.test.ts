import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventOfSize } from '../../../test/graph/event-of-size.ts';
import { GraphFile } from './graph-file.ts';
import { asStorageFault, StorageFault } from './storage-fault.ts';

describe('faults of the disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-fault-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('a file that may not grow is told as full, costs no event, and takes the batch when there is room', () => {
    const file = new GraphFile(folder);
    const pages = Number(file.db.get('PRAGMA page_count')?.['page_count']);
    file.db.exec(`PRAGMA max_page_count = ${pages + 4}`);
    const batch = [eventOfSize(1, 100_000), eventOfSize(2, 100)];
    expect(() => file.apply(batch, 0)).toThrow(
      expect.objectContaining({ name: 'StorageFull', message: expect.stringContaining('graph.db') }),
    );
    expect(file.applied()).toBe(0);
    file.db.exec('PRAGMA max_page_count = 100000');
    expect(file.apply(batch, 0)).toMatchObject({ faults: [], applied: 2 });
    file.close();
  });

  it('knows them by the code of the driver, not by the words', () => {
    const thrown = (errcode: number, message = 'some words'): unknown =>
      asStorageFault(Object.assign(new Error(message), { errcode }), 'graph.db');
    for (const code of [13, 5, 6, 8, 10, 10 | (12 << 8), 14]) expect(thrown(code)).toBeInstanceOf(StorageFault);
    expect(thrown(13)).toMatchObject({ name: 'StorageFull' });
    expect(thrown(10 | (3 << 8))).toMatchObject({ name: 'StorageFailed' });
    // SQL that is wrong, a constraint: ours, whatever it is called.
    for (const code of [1, 19]) expect(thrown(code, 'disk is full')).not.toBeInstanceOf(StorageFault);
    expect(asStorageFault(new Error('database or disk is full'), 'graph.db')).not.toBeInstanceOf(StorageFault);
  });
});
