import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraphStore, offersFigures, type StoreFigures } from '#lineage';
import type { JsonEvent } from '../model/generators.ts';
import { logged } from '../model/order-law.ts';
import type { MakeGraphStore } from './graph-store.ts';

const T0 = Date.UTC(2026, 0, 1);

/** What a store that tells figures of its own work keeps to. */
export function storeFiguresContract(name: string, make: MakeGraphStore): void {
  describe(`store figures contract: ${name}`, () => {
    let made: Awaited<ReturnType<MakeGraphStore>>;
    let store: GraphStore & StoreFigures;
    let position = 0;

    beforeEach(async () => {
      made = await make(() => T0);
      if (!offersFigures(made.store)) throw new Error('the store has none of this ability');
      store = made.store;
      position = 0;
    });
    afterEach(() => made.remove());

    const apply = (...events: readonly JsonEvent[]) => store.apply(events.map((event) => logged(event, ++position)));
    const rederived = async (): Promise<number> => (await store.figures()).rederived;

    it('derives nothing anew for runs that come in order', async () => {
      await apply(run('START', 'r1', 0, 'a'), run('COMPLETE', 'r1', 1, 'a'));
      await apply(run('START', 'r2', 2, 'b'), run('COMPLETE', 'r2', 3, 'b'));
      expect(await rederived()).toBe(0);
    });

    it('counts an execution that a later word contradicts, and not the repeat of that word', async () => {
      const fail = run('FAIL', 'r1', 2, 'a');
      await apply(run('COMPLETE', 'r1', 1, 'a'));
      await apply(fail);
      const once = await rederived();
      expect(once).toBeGreaterThan(0);
      await apply(fail);
      expect(await rederived()).toBe(once);
    });
  });
}

const run = (eventType: string, runId: string, minute: number, input: string): JsonEvent => ({
  eventType,
  eventTime: new Date(T0 + minute * 60_000).toISOString(),
  run: { runId },
  job: { namespace: 'etl', name: 'load' },
  inputs: [{ namespace: 'postgres://db:5432', name: `shop.public.${input}` }],
  outputs: [],
  producer: 'https://example.com/producer',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
});
