import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AssetMerges,
  type Change,
  type GraphReader,
  type GraphStore,
  LOCAL_VIEWER,
  offersMerges,
  offersRemarkReads,
  offersRemarks,
  type Remark,
  type RemarkOutcome,
  type RemarkReads,
  type RemarkRequest,
  type Remarks,
} from '#lineage';
import { all } from '../graph/all.ts';
import type { JsonEvent } from '../model/generators.ts';
import { logged } from '../model/order-law.ts';
import type { GraphStoreUnderTest, MakeGraphStore } from './graph-store.ts';

const AT = Date.UTC(2026, 0, 2);
const DB = 'postgres://db:5432';
const id = (name: string): string => `dataset:${DB}:${name}`;
const FIELD = `datasetField:${DB}:orders:who`;
const WORD = { by: 'ann', at: AT, reason: null };
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
const TAG: RemarkRequest = { ...NOTE, kind: 'TAG', text: 'gold' };

const dataset = (name: string): JsonEvent => ({
  eventTime: '2026-01-01T00:00:00Z',
  producer: 'p',
  dataset: { namespace: DB, name, facets: { schema: { _producer: 'p', fields: [{ name: 'who' }] } } },
});
const EVENTS = [
  dataset('orders'),
  dataset('orders_v2'),
  { eventTime: '2026-01-01T00:00:00Z', producer: 'p', job: { namespace: 'shop', name: 'load' } },
];

type Able = GraphStore & Remarks & AssetMerges;

/** What a store that takes annotations and tags keeps to, and its readers. */
export function remarksContract(name: string, make: MakeGraphStore): void {
  describe(`remarks contract: ${name}`, () => {
    let made: GraphStoreUnderTest;
    let store: Able;

    function able(one: GraphStore): Able {
      if (!offersRemarks(one) || !offersMerges(one)) throw new Error('the store has none of these abilities');
      return one;
    }
    beforeEach(async () => {
      made = await make(() => AT);
      store = able(made.store);
      await store.apply(EVENTS.map((event, i) => logged(event, i + 1)));
    });
    afterEach(() => made.remove());

    function reads(): GraphReader & RemarkReads {
      const reader = store.reader(LOCAL_VIEWER);
      if (!offersRemarkReads(reader)) throw new Error('its readers have none of this ability');
      return reader;
    }
    async function done(outcome: Promise<RemarkOutcome>): Promise<{ remark: Remark; changes: readonly Change[] }> {
      const result = await outcome;
      if (result.kind === 'refused') throw new Error(result.reason);
      return result;
    }
    const on = async (asset: string): Promise<string[]> =>
      ((await reads().remarks([asset])).get(asset) ?? []).map(
        (remark) => `${remark.id} ${remark.text} ${remark.field ?? remark.asset}`,
      );
    const lines = (mutations: boolean): Promise<string[]> => all(store.export({ mutations }));
    const said = async (): Promise<object[]> =>
      (await lines(true))
        .map((line) => JSON.parse(line) as { kind: string })
        .filter(({ kind }) => /tag|ann/.test(kind));

    it('are on a dataset, a job or a field, oldest first, and told once', async () => {
      const { remark, changes } = await done(store.remark(NOTE));
      expect(remark).toEqual({
        ...NOTE,
        id: '1',
        asset: id('orders'),
        field: null,
        subject: undefined,
        key: undefined,
      });
      expect(changes).toMatchObject([{ kind: 'annotation.added', subject: id('orders'), seen: AT }]);
      await store.remark({ ...TAG, subject: FIELD });
      await store.remark({ ...TAG, subject: 'job:shop:load', text: 'nightly' });
      expect(await on(id('orders'))).toEqual([`1 late ${id('orders')}`, '2 gold who']);
      expect(await on('job:shop:load')).toEqual(['3 nightly job:shop:load']);
      expect([...(await reads().remarks([id('orders_v2'), id('nobody')]))]).toEqual([]);
      const all = { kinds: null, subjects: null, since: null, breaking: null, first: 100, after: null };
      const feed = (await reads().changes(all)).items;
      expect(feed.filter(({ kind }) => /^(annotation|tag)\./.test(kind)).map(({ text }) => text)).toEqual([
        'ann annotated orders: late',
        'who of orders was tagged gold by ann',
        'load was tagged nightly by ann',
      ]);
      expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
    });

    it('are found by their tags, of fields too, as long as they are there', async () => {
      const tagged = async (...tags: readonly string[]): Promise<readonly string[]> =>
        (
          await reads().search({
            ...{ text: 'o', types: null, namespaces: null, owners: null, first: 10, after: null },
            tags,
          })
        ).items.map(({ asset }) => asset.name);
      await store.remark({ ...TAG, subject: FIELD });
      await store.remark({ ...TAG, subject: 'job:shop:load', text: 'nightly' });
      await store.remark({ ...NOTE, text: 'silver' });
      expect(await tagged('gold')).toEqual(['orders']);
      expect([...(await tagged('nightly', 'gold'))].sort()).toEqual(['load', 'orders']);
      expect(await tagged('silver')).toEqual([]);
      await store.removeRemark({ of: { kind: 'TAG', subject: FIELD, tag: 'gold' }, by: 'bob', at: AT });
      expect(await tagged('gold')).toEqual([]);
    });

    it('are in no export that was not asked for them, and outlive a restart', async () => {
      const before = await lines(false);
      await store.remark({ ...NOTE, expiresAt: AT + 1000 });
      await store.remark({ ...TAG, subject: FIELD, carried: true });
      const { changes } = await done(store.removeRemark({ of: { kind: 'ANNOTATION', id: '1' }, by: 'bob', at: AT }));
      expect(changes).toMatchObject([{ kind: 'annotation.removed' }]);
      const wanted = [
        {
          ...{ kind: 'annotation', id: 'annotation:0000000001', subject: id('orders'), text: 'late', carried: false },
          ...{ by: 'ann', at: '2026-01-02T00:00:00.000Z', expiresAt: '2026-01-02T00:00:01.000Z' },
          removed: { by: 'bob', at: '2026-01-02T00:00:00.000Z' },
        },
        {
          ...{ kind: 'tag', id: 'tag:0000000002', subject: FIELD, text: 'gold', carried: true },
          ...{ by: 'ann', at: '2026-01-02T00:00:00.000Z', expiresAt: null, removed: null },
        },
      ];
      expect(await said()).toEqual(wanted);
      store = able(await made.reopen());
      expect(await said()).toEqual(wanted);
      expect(await lines(false)).toEqual(before);
      expect(await on(id('orders'))).toEqual(['2 gold who']);
      expect(await reads().carriedRemarks()).toMatchObject([{ id: '2', asset: id('orders'), field: 'who' }]);
      expect((await done(store.remark(NOTE))).remark.id).toBe('3');
    });

    it('are said once under one key, also after they were removed', async () => {
      const first = await store.remark({ ...NOTE, key: 'decision_1' });
      expect(first).toMatchObject({ changes: [{ kind: 'annotation.added', subject: id('orders') }] });
      const again = await store.remark({ ...NOTE, key: 'decision_1', at: AT + 1 });
      expect(again).toMatchObject({ kind: 'done', changes: [], remark: { id: '1', at: AT } });
      await store.removeRemark({ of: { kind: 'ANNOTATION', id: '1' }, ...WORD });
      expect(await store.remark({ ...NOTE, key: 'decision_1' })).toMatchObject({ kind: 'done', changes: [] });
      expect(await on(id('orders'))).toEqual([]);
    });

    it('a tag is one tag; whether it is carried is as was said last', async () => {
      await store.remark(TAG);
      expect(await store.remark(TAG)).toMatchObject({ kind: 'done', changes: [] });
      expect(await reads().carriedRemarks()).toEqual([]);
      expect(await store.remark({ ...TAG, carried: true })).toMatchObject({ changes: [{ kind: 'tag.added' }] });
      expect(await on(id('orders'))).toEqual([`1 gold ${id('orders')}`]);
      expect(await reads().carriedRemarks()).toHaveLength(1);
      await store.removeRemark({ of: { kind: 'TAG', subject: id('orders'), tag: 'gold' }, ...WORD });
      expect(await reads().carriedRemarks()).toEqual([]);
    });

    it('go with their node when it is merged, and stay with its name when it is split', async () => {
      await store.remark({ ...NOTE, subject: id('orders_v2'), carried: true });
      await store.merge({ ids: [id('orders_v2')], into: id('orders'), ...WORD });
      expect(await on(id('orders'))).toEqual([`1 late ${id('orders')}`]);
      expect(await reads().carriedRemarks()).toMatchObject([{ asset: id('orders') }]);
      await store.split({ id: id('orders'), alias: id('orders_v2'), ...WORD });
      expect(await on(id('orders'))).toEqual([]);
      expect(await on(id('orders_v2'))).toEqual([`1 late ${id('orders_v2')}`]);
      expect(await reads().carriedRemarks()).toMatchObject([{ asset: id('orders_v2') }]);
    });

    it.each([
      ['of what nobody knows', (to) => to.remark({ ...NOTE, subject: id('nobody') }), 'UNKNOWN'],
      ['of a run', (to) => to.remark({ ...NOTE, subject: 'run:1' }), 'WRONG_KIND'],
      [
        'taken from where it is not',
        (to) => to.removeRemark({ of: { kind: 'TAG', subject: id('orders'), tag: 'gold' }, ...WORD }),
        'NOT_THERE',
      ],
      ['removed twice', (to) => to.removeRemark({ of: { kind: 'ANNOTATION', id: '9' }, ...WORD }), 'NOT_THERE'],
    ] as readonly (readonly [string, (one: Remarks) => Promise<RemarkOutcome>, string])[])(
      'refuses one %s, and changes nothing',
      async (_, ask, why) => {
        const before = await lines(true);
        expect(await ask(store)).toMatchObject({ kind: 'refused', why });
        expect(await lines(true)).toEqual(before);
      },
    );
  });
}
