import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AssetMerges,
  type Change,
  type GraphReader,
  type GraphStore,
  LOCAL_VIEWER,
  type MergeOutcome,
  type MergeReads,
  offersMergeReads,
  offersMerges,
  offersRemarkReads,
  offersRemarks,
} from '#lineage';
import { all } from '../graph/all.ts';
import type { JsonEvent } from '../model/generators.ts';
import { logged } from '../model/order-law.ts';
import type { GraphStoreUnderTest, MakeGraphStore } from './graph-store.ts';

const AT = Date.UTC(2026, 0, 2);
const DB = 'postgres://db:5432';
const id = (name: string): string => `dataset:${DB}:${name}`;
const WORD = { by: 'ann', at: AT, reason: 'one table' };
const LOAD = 'job:shop:load';

const dataset = (name: string): JsonEvent => ({
  eventTime: '2026-01-01T00:00:00Z',
  producer: 'p',
  dataset: { namespace: DB, name },
});
const loads = (from: string, hour: number): JsonEvent => ({
  eventTime: `2026-01-01T0${hour}:00:00Z`,
  eventType: 'COMPLETE',
  producer: 'p',
  run: { runId: `run ${hour}` },
  job: { namespace: 'shop', name: 'load' },
  inputs: [{ namespace: DB, name: from }],
});
const EVENTS = [dataset('orders'), dataset('orders_v2'), dataset('orders_v3'), loads('orders_v2', 1)];

type Able = GraphStore & AssetMerges;

/** What a store keeps to that takes a person's word that datasets are one, and its readers. */
export function assetMergesContract(name: string, make: MakeGraphStore): void {
  describe(`asset merges contract: ${name}`, () => {
    let made: GraphStoreUnderTest;
    let store: Able;

    function able(one: GraphStore): Able {
      if (!offersMerges(one)) throw new Error('the store has not this ability');
      return one;
    }
    beforeEach(async () => {
      made = await make(() => AT);
      store = able(made.store);
      await store.apply(EVENTS.map((event, i) => logged(event, i + 1)));
    });
    afterEach(() => made.remove());

    function reads(of: GraphStore = store): GraphReader & MergeReads {
      const reader = of.reader(LOCAL_VIEWER);
      if (!offersMergeReads(reader)) throw new Error('its readers have not this ability');
      return reader;
    }
    const merge = (aliases: readonly string[], into: string): Promise<MergeOutcome> =>
      store.merge({ ids: aliases.map(id), into: id(into), ...WORD });
    const resolved = (...names: readonly string[]): Promise<readonly (string | null)[]> =>
      reads().resolve(names.map(id));
    const lines = (mutations: boolean, of: GraphStore = store): Promise<string[]> => all(of.export({ mutations }));
    const feed = async (of: GraphStore = store): Promise<readonly Change[]> =>
      (
        await of
          .reader(LOCAL_VIEWER)
          .changes({ kinds: null, subjects: null, since: null, breaking: null, first: 1000, after: null })
      ).items;

    it('make one node of several, under the name that was said, and are told in the feed', async () => {
      const outcome = await merge(['orders_v2', 'orders_v3'], 'orders');
      expect(outcome).toMatchObject({ kind: 'done', node: id('orders') });
      const told = outcome.kind === 'done' ? outcome.changes : [];
      expect(told.length).toBeGreaterThan(0);
      expect((await feed()).slice(-told.length)).toEqual(told);
      expect(await resolved('orders', 'orders_v2', 'orders_v3')).toEqual([id('orders'), id('orders'), id('orders')]);
      expect((await reads().merges([id('orders')])).get(id('orders'))).toEqual(
        ['orders_v2', 'orders_v3'].map((alias) => ({ alias: id(alias), into: id('orders'), ...WORD })),
      );
    });

    it('hold for what is said of any of the names later', async () => {
      await merge(['orders_v3'], 'orders');
      await store.apply([logged(loads('orders_v3', 2), EVENTS.length + 1)]);
      const { edges } = await reads().lineage({
        of: [id('orders')],
        direction: 'DOWNSTREAM',
        depth: 1,
        limit: 10,
        asOf: null,
      });
      expect(edges.map(({ to }) => to)).toEqual([LOAD]);
    });

    it('are parted as they were joined, and may be joined anew', async () => {
      await merge(['orders_v2'], 'orders');
      await merge(['orders_v3'], 'orders');
      expect(await store.split({ id: id('orders_v3'), alias: id('orders_v2'), ...WORD })).toMatchObject({
        kind: 'done',
      });
      expect(await resolved('orders', 'orders_v2', 'orders_v3')).toEqual([id('orders'), id('orders_v2'), id('orders')]);
      expect(await merge(['orders_v2'], 'orders_v3')).toMatchObject({ kind: 'done' });
      expect(new Set(await resolved('orders', 'orders_v2', 'orders_v3')).size).toBe(1);
    });

    it('are in no export that was not asked for them, and in a copy and after a restart as they were', async () => {
      const before = await lines(false);
      await merge(['orders_v2'], 'orders');
      if (!offersRemarks(store)) throw new Error('the store takes no remarks');
      await store.remark({
        kind: 'TAG',
        subject: id('orders_v2'),
        text: 'gold',
        carried: false,
        expiresAt: null,
        key: null,
        by: 'ann',
        at: AT,
      });
      expect(await lines(false)).toEqual(before);
      const [said, told] = [await lines(true), await feed()];
      expect(said.filter((line) => !before.includes(line))).toHaveLength(2);
      const copy = await made.copy();
      try {
        expect(await lines(true, copy.store)).toEqual(said);
        expect(await feed(copy.store)).toEqual(told);
        const reader = reads(copy.store);
        expect(await reader.resolve([id('orders_v2')])).toEqual([id('orders')]);
        if (!offersRemarkReads(reader)) throw new Error('a copy knows of no remarks');
        expect((await reader.remarks([id('orders')])).get(id('orders'))).toMatchObject([{ text: 'gold' }]);
        // It goes on from there: by the same names, and with the same words to take back.
        expect(await able(copy.store).split({ id: id('orders'), alias: id('orders_v2'), ...WORD })).toMatchObject({
          kind: 'done',
        });
      } finally {
        await copy.remove();
      }
      store = able(await made.reopen());
      expect(await lines(true)).toEqual(said);
      expect(await resolved('orders_v2')).toEqual([id('orders')]);
    });

    it.each([
      ['of what nobody knows', (to) => to.merge({ ids: [id('nobody')], into: id('orders'), ...WORD }), 'UNKNOWN'],
      ['of a job', (to) => to.merge({ ids: [LOAD], into: id('orders'), ...WORD }), 'WRONG_KIND'],
      ['with itself', (to) => to.merge({ ids: [id('orders')], into: id('orders'), ...WORD }), 'ITSELF'],
      ['of what is one', (to) => to.merge({ ids: [id('orders_v2')], into: id('orders_v3'), ...WORD }), 'ALREADY_ONE'],
      [
        'taken back that was never said',
        (to) => to.split({ id: id('orders'), alias: id('orders'), ...WORD }),
        'NOT_MERGED',
      ],
    ] as readonly (readonly [string, (one: AssetMerges) => Promise<MergeOutcome>, string])[])(
      'one %s is refused, and changes nothing',
      async (_, ask, why) => {
        await merge(['orders_v2'], 'orders_v3');
        const before = [await lines(true), await feed()];
        expect(await ask(store)).toMatchObject({ kind: 'refused', why });
        expect([await lines(true), await feed()]).toEqual(before);
      },
    );
  });
}
