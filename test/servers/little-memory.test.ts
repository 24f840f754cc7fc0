/** A commit that is larger than what Neo4j gives transactions: said at once, nothing is left of it, and smaller ones get through. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchTooLarge } from '#lineage';
import { all } from '../graph/all.ts';
import type { JsonEvent } from '../model/generators.ts';
import { deltasOf, differenceOf, logged } from '../model/order-law.ts';
import { referenceExport } from '../model/reference-fold.ts';
import { restartNeo4j } from './neo4j-server.ts';
import { Team } from './team.ts';

/** Sooner than the driver's retries end, which take it for a passing fault. */
const AT_ONCE = 100_000;

let team: Team;

beforeAll(async () => {
  await restartNeo4j({ NEO4J_TX_MEMORY: '16m' });
  team = await Team.meet(1);
}, 120_000);
afterAll(async () => {
  await team.end();
  await restartNeo4j();
}, 120_000);

it('is made smaller until it fits', { timeout: AT_ONCE }, async () => {
  const events = Array.from({ length: 150 }, (_, i) => wideTable(i));
  let batch = events.map((event, i) => logged(event, i + 1));
  team.log.append(...batch);
  let refused = 0;
  while (batch.length > 0) {
    try {
      const { applied } = await team.worker(0).apply(batch);
      batch = team.log.events.slice(applied, applied + batch.length);
    } catch (error) {
      expect(error).toBeInstanceOf(BatchTooLarge);
      expect(String(error)).toContain('db.memory.transaction.total.max');
      refused++;
      // In small steps: between those that fail at a statement and those that fit are some that fail when they are committed.
      batch = batch.slice(0, batch.length * 0.9);
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(differenceOf(referenceExport(deltasOf(events)), await all(team.graph.export()))).toBeNull();
});

/** A new job that makes a new table. */
function wideTable(i: number): JsonEvent {
  const producer = 'https://example.com/wide';
  const fields = Array.from({ length: 30 }, (_, column) => ({ name: `column_${column}`, type: 'VARCHAR' }));
  const schema = { _producer: producer, _schemaURL: `${producer}/schema.json`, fields };
  return {
    eventType: 'COMPLETE',
    eventTime: '2026-01-01T00:00:00Z',
    producer,
    run: { runId: `019b76da-a800-7000-8000-${String(i).padStart(12, '0')}` },
    job: { namespace: 'wide', name: `job-${i}` },
    inputs: [],
    outputs: [{ namespace: 'postgres://db:5432', name: `shop.public.wide-${i}`, facets: { schema } }],
  };
}
