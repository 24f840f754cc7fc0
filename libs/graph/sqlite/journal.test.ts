import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { eventOfSize } from '../../../test/graph/event-of-size.ts';
import { GRAPH_FILE, GraphFile } from './graph-file.ts';

const MIB = 1024 * 1024;
const EVENT = 60_000;

/** The most that the journal held while `count` events came, so many at once, MiB. */
function journalAfter(count: number, atOnce: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-journal-'));
  const file = new GraphFile(folder);
  onTestFinished(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });
  for (let first = 1; first <= count; first += atOnce)
    file.apply(
      Array.from({ length: atOnce }, (_, i) => eventOfSize(first + i, EVENT)),
      0,
    );
  return statSync(join(folder, `${GRAPH_FILE}-wal`)).size / MIB;
}

it('the journal is short where events come in few at once, and long where they come in many', {
  timeout: 60_000,
}, () => {
  expect(journalAfter(80, 1)).toBeLessThan(6);
  expect(journalAfter(140, 70)).toBeGreaterThan(8);
});
