import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { canonicalJson, type LoggedEvent } from '#lineage';
import { GRAPH_FILE, GraphFile } from './graph-file.ts';

const MIB = 1024 * 1024;
const EVENT = 60_000;

function logged(position: number): LoggedEvent {
  const body = canonicalJson({
    eventTime: '2026-01-01T00:00:00.000Z',
    producer: 'urn:test',
    job: {
      namespace: 'etl',
      name: `job-${position}`,
      facets: { sql: { _producer: 'urn:test', query: `${position}`.padEnd(EVENT) } },
    },
    inputs: [],
    outputs: [],
  });
  return { position, receivedAt: position, body, hash: createHash('sha256').update(body).digest('hex') };
}

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
      Array.from({ length: atOnce }, (_, i) => logged(first + i)),
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
