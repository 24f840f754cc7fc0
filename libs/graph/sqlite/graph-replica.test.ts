import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { canonicalJson, DEFAULT_FLOW_LIMITS, type LoggedEvent } from '#lineage';
import { Database } from './database.ts';
import { GraphReplica } from './graph-replica.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

it('reads nothing anew after a step that found nothing to do', () => {
  const straightOn = readsOfSecondBatch(() => undefined);
  const afterTick = readsOfSecondBatch((replica) => {
    expect(replica.prepare({ op: 'tick', now: NOW }, [])).toMatchObject({ wrote: false });
    replica.drop();
  });
  expect(afterTick).toBe(straightOn);
});

it('reads anew what a step wrote that was dropped', () => {
  const straightOn = readsOfSecondBatch(() => undefined);
  const afterDrop = readsOfSecondBatch((replica) => {
    expect(apply(replica, 200, 2)).toMatchObject({ wrote: true });
    replica.drop();
  });
  expect(afterDrop).toBeGreaterThan(straightOn);
});

/** Statements that read, of a batch that speaks of what the batch before spoke of. */
function readsOfSecondBatch(between: (replica: GraphReplica) => void): number {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-replica-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const replica = new GraphReplica(folder, DEFAULT_FLOW_LIMITS);
  apply(replica, 0, 20);
  replica.settle(1);
  between(replica);
  const reads = (['get', 'all', 'tuples'] as const).map((way) => vi.spyOn(Database.prototype, way));
  apply(replica, 20, 20);
  const count = reads.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  vi.restoreAllMocks();
  replica.drop();
  replica.close();
  return count;
}

function apply(replica: GraphReplica, after: number, count: number) {
  const events: LoggedEvent[] = Array.from({ length: count }, (_, i) => runOfFewJobs(after + i + 1));
  return replica.prepare({ op: 'apply', until: after + count, events: count, now: NOW }, events);
}

function runOfFewJobs(position: number): LoggedEvent {
  const body = canonicalJson({
    eventType: 'COMPLETE',
    eventTime: new Date(NOW + position).toISOString(),
    producer: 'urn:test',
    run: { runId: `019b76da-a800-7000-8000-${String(position).padStart(12, '0')}` },
    job: { namespace: 'etl', name: `job-${position % 3}` },
    inputs: [{ namespace: 'db', name: 'orders' }],
    outputs: [{ namespace: 'db', name: `report-${position % 3}` }],
  });
  return { position, receivedAt: NOW, body, hash: createHash('sha256').update(body).digest('hex') };
}
