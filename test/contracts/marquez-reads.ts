import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Asset, GraphReader, GraphStore, MarquezReads, NameQuery, RunState } from '#lineage';
import { arbitraryHistory, type ThemeName } from '../model/generators.ts';
import { histories } from '../model/histories.ts';
import { logged } from '../model/order-law.ts';

export interface StoreUnderTest {
  readonly store: Pick<GraphStore, 'apply'>;
  /** The store's reader of all that it holds. */
  reader(): GraphReader & MarquezReads;
  /** Closes the store and removes what it kept. */
  remove(): Promise<void>;
}

const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const DB = 'postgres://db:5432';
const ANY: NameQuery = {
  text: '',
  kind: null,
  namespace: null,
  seenSince: null,
  seenBefore: null,
  order: 'name',
  limit: 100,
};
const STATES: readonly RunState[] = ['NEW', 'RUNNING', 'COMPLETED', 'FAILED', 'ABORTED', 'OTHER'];
const THEMES: readonly ThemeName[] = ['everything', 'names', 'continuous'];

type Json = Readonly<Record<string, unknown>>;

/** What every reader with this ability keeps to; all of it follows from the reader's other answers. */
export function marquezReadsContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`Marquez reads contract: ${name}`, () => {
    let made: StoreUnderTest;
    let applied = 0;
    beforeEach(async () => {
      made = await make();
      applied = 0;
    });
    afterEach(() => made.remove());

    async function apply(...events: readonly Json[]): Promise<GraphReader & MarquezReads> {
      const { faults } = await made.store.apply(events.map((event) => logged(event, ++applied)));
      expect(faults).toEqual([]);
      return made.reader();
    }

    it('is empty at first', async () => {
      const reads = made.reader();
      expect(await reads.recentRuns(['job:a:b'], 3)).toEqual(new Map());
      expect(await reads.findByName({ ...ANY, text: 'a' })).toEqual({ items: [], total: 0 });
      expect(await reads.jobsInState({ states: STATES, namespace: null, limit: 9, offset: 0 })).toEqual({
        items: [],
        total: 0,
      });
      expect(await reads.facetsNamed(['tags'])).toEqual(new Map());
      expect(await reads.firstSeenBefore('dataset', [T0, T0 + 1])).toEqual([0, 0]);
      expect(await reads.firstSeenBefore('job', [])).toEqual([]);
    });

    describe('recentRuns', () => {
      it('gives the newest starts first, at most so many a job, for jobs that have any', async () => {
        const reads = await apply(
          ...[3, 1, 2].map((minute) => runEvent('a', { at: minute, run: `a${minute}` })),
          runEvent('b', { at: 9, run: 'b9' }),
          { ...datasetEvent('d'), dataset: undefined, job: { namespace: 'shop', name: 'never ran' } },
        );
        const runs = await reads.recentRuns(['job:shop:a', 'job:shop:b', 'job:shop:never ran', 'job:shop:none'], 2);
        expect(new Map([...runs].map(([job, each]) => [job, each.map((run) => run.runId)]))).toEqual(
          new Map([
            ['job:shop:a', ['a3', 'a2']],
            ['job:shop:b', ['b9']],
          ]),
        );
        expect(await reads.recentRuns(['job:shop:a'], 0)).toEqual(new Map());
      });
    });

    describe('findByName', () => {
      const found = async (reads: MarquezReads, query: Partial<NameQuery>): Promise<string[]> =>
        (await reads.findByName({ ...ANY, ...query })).items.map((asset) => asset.name);

      it('finds a part of the name, of any length, in letters of either case', async () => {
        const reads = await apply(runEvent('Load_Orders', { writes: ['shop.public.ORDERS', 'Größe', 'x'] }));
        for (const text of ['orders', 'ORDERS', 'Orders', 'oRd', 'Rs', 'rD']) {
          expect(await found(reads, { text })).toEqual(['Load_Orders', 'shop.public.ORDERS']);
        }
        expect(await found(reads, { text: 'GRÖS' })).toEqual([]);
        for (const text of ['RÖ', 'rö', 'Ö', 'ö', 'GRÖ', 'größe'])
          expect(await found(reads, { text })).toEqual(['Größe']);
        expect(await found(reads, { text: 'X' })).toEqual(['x']);
      });

      it('takes every character for itself', async () => {
        const names = ['a%b', 'a_b', 'a\\b', 'a"b', "a'b", 'a*b', 'axb', 'a b', '(a) OR b', '😀a'];
        const reads = await apply(runEvent('j', { writes: names }));
        for (const name of names.slice(0, 8)) {
          expect(await found(reads, { text: name })).toEqual([name]);
          const [, middle = ''] = name;
          if (middle !== ' ') expect(await found(reads, { text: middle })).toEqual([name]);
        }
        expect(await found(reads, { text: ') OR' })).toEqual(['(a) OR b']);
        expect(await found(reads, { text: '😀a' })).toEqual(['😀a']);
        expect(await found(reads, { text: '😀A' })).toEqual(['😀a']);
        for (const text of ['\0', 'a\0', '%\0%']) expect(await found(reads, { text })).toEqual([]);
      });

      it('looks at names alone: not at namespaces, fields, descriptions, tags and former names', async () => {
        const facets = {
          schema: facet({ fields: [{ name: 'needle', type: 'int' }] }),
          documentation: facet({ description: 'needle' }),
          tags: facet({ tags: [{ key: 'needle', value: 'needle' }] }),
        };
        const reads = await apply(
          datasetEvent('hay', { facets }),
          { ...datasetEvent('hay', {}, 1), dataset: { namespace: 'needle', name: 'stack' } },
          datasetEvent('needle_old', {}, 2),
          datasetEvent(
            'renamed',
            {
              facets: {
                lifecycleStateChange: facet({
                  lifecycleStateChange: 'RENAME',
                  previousIdentifier: { namespace: DB, name: 'needle_old' },
                }),
              },
            },
            3,
          ),
        );
        expect((await reads.resolve([`dataset:${DB}:needle_old`]))[0]).toBe(`dataset:${DB}:renamed`);
        expect(await reads.findByName({ ...ANY, text: 'needle' })).toEqual({ items: [], total: 0 });
        expect(await found(reads, { text: 'renamed' })).toEqual(['renamed']);
      });

      it('filters by kind, namespace and last sight, and counts all whatever the limit', async () => {
        const reads = await apply(
          runEvent('orders_job', { at: 1, writes: ['orders_1'] }),
          runEvent('later', { at: 5, writes: ['orders_2', 'orders_3'] }),
          { ...datasetEvent('', {}, 9), dataset: { namespace: 'other', name: 'orders_9' } },
        );
        const [one, two, three, nine] = ['orders_1', 'orders_2', 'orders_3', 'orders_9'];
        expect(await found(reads, { text: 'orders', kind: 'job' })).toEqual(['orders_job']);
        expect(await found(reads, { text: 'orders', kind: 'dataset' })).toEqual([one, two, three, nine]);
        expect(await found(reads, { text: 'or', namespace: 'other' })).toEqual([nine]);
        expect(await found(reads, { text: 'orders', namespace: 'shop' })).toEqual(['orders_job']);
        expect(await found(reads, { text: 'orders', seenSince: at(5) })).toEqual([two, three, nine]);
        expect(await found(reads, { text: 'orders', seenBefore: at(5) })).toEqual([one, 'orders_job']);
        expect(await found(reads, { text: 'orders', seenSince: at(5), seenBefore: at(9) })).toEqual([two, three]);
        expect(await found(reads, { text: 'orders', kind: 'dataset', order: 'lastSeen' })).toEqual([
          nine,
          two,
          three,
          one,
        ]);
        expect(await reads.findByName({ ...ANY, text: 'orders', limit: 2 })).toMatchObject({ total: 5 });
        expect(await reads.findByName({ ...ANY, text: 'orders', limit: 0 })).toEqual({ items: [], total: 5 });
      });
    });

    describe('jobsInState', () => {
      it('knows jobs by the state of their latest run, last seen first', async () => {
        const reads = await apply(
          runEvent('mended', { at: 1, run: 'm1', type: 'FAIL' }),
          runEvent('mended', { at: 2, run: 'm2' }),
          runEvent('broken', { at: 3, run: 'b1', type: 'FAIL' }),
          runEvent('cancelled', { at: 4, run: 'c1', type: 'ABORT' }),
          runEvent('failed, then aborted', { at: 5, run: 'f1', type: 'FAIL' }),
          runEvent('failed, then aborted', { at: 6, run: 'f1', type: 'ABORT' }),
          runEvent('aborted, then failed', { at: 7, run: 'a1', type: 'ABORT' }),
          runEvent('aborted, then failed', { at: 8, run: 'a1', type: 'FAIL' }),
          runEvent('going', { at: 9, run: 'g1', type: 'START' }),
          runEvent('other', { at: 10, run: 'o1', type: 'OTHER' }),
          runEvent('new', { at: 11, run: 'n1', type: null }),
        );
        const query = { namespace: null, limit: 10, offset: 0 };
        const jobs = async (...states: RunState[]) =>
          (await reads.jobsInState({ ...query, states })).items.map((job) => job.name);
        expect(await jobs('COMPLETED')).toEqual(['mended']);
        expect(await jobs('FAILED')).toEqual(['aborted, then failed', 'broken']);
        expect(await jobs('ABORTED')).toEqual(['failed, then aborted', 'cancelled']);
        expect(await jobs('RUNNING')).toEqual(['going']);
        expect(await jobs('OTHER', 'NEW')).toEqual(['new', 'other']);
        expect(await jobs()).toEqual([]);
        expect(await reads.jobsInState({ ...query, states: STATES, limit: 2, offset: 1 })).toMatchObject({
          items: [{ name: 'other' }, { name: 'going' }],
          total: 8,
        });
        expect(await reads.jobsInState({ ...query, states: STATES, offset: 8 })).toEqual({ items: [], total: 8 });
        expect((await reads.jobsInState({ ...query, states: STATES, namespace: 'none' })).total).toBe(0);
      });
    });

    describe('facetsNamed', () => {
      it('gives who carries them, and nothing of a deleted one', async () => {
        const tags = (key: string) => ({ tags: facet({ tags: [{ key, value: 'v' }] }) });
        const reads = await apply(
          datasetEvent('tagged', { facets: { ...tags('pii'), documentation: facet({ description: 'd' }) } }),
          datasetEvent('plain'),
          datasetEvent('untagged', { facets: tags('gone') }, 1),
          datasetEvent('untagged', { facets: { tags: { ...facet({}), _deleted: true } } }, 2),
          runEvent('job', { facets: tags('nightly') }),
        );
        const carried = await reads.facetsNamed(['tags', 'none']);
        expect([...carried.keys()].sort()).toEqual([`dataset:${DB}:tagged`, 'job:shop:job']);
        expect(carried).toEqual(await reads.facets([...carried.keys()], ['tags']));
        expect((await reads.facetsNamed(['tags', 'documentation'])).get(`dataset:${DB}:tagged`)).toHaveLength(2);
        expect(await reads.facetsNamed([])).toEqual(new Map());
      });
    });

    describe('firstSeenBefore', () => {
      it('counts what was seen earlier than each time', async () => {
        const reads = await apply(
          runEvent('j', { at: 1, writes: ['a', 'b'] }),
          runEvent('j', { at: 3, writes: ['a', 'c'] }),
          runEvent('k', { at: 4 }),
        );
        const times = [0, 1, 2, 3, 4, 5].map(at);
        expect(await reads.firstSeenBefore('dataset', times)).toEqual([0, 0, 2, 2, 3, 3]);
        expect(await reads.firstSeenBefore('job', times)).toEqual([0, 0, 1, 1, 1, 2]);
        expect(await reads.firstSeenBefore('dataset', [at(5), at(5)])).toEqual([3, 3]);
      });
    });

    it('takes names that are one dataset for one', async () => {
      const said = (text: string) => ({ documentation: facet({ description: text }) });
      const location = { namespace: 's3://lake', name: 'orders_files' };
      const symlinks = facet({ identifiers: [{ ...location, type: 'LOCATION' }] });
      const reads = await apply(
        { ...datasetEvent('', {}, 1), dataset: location },
        datasetEvent('orders_table', { facets: { symlinks } }, 5),
        {
          ...runEvent('writer', { at: 8 }),
          outputs: [
            { namespace: DB, name: 'orders_table', facets: { symlinks, ...said('table') } },
            { ...location, facets: said('files') },
          ],
        },
        { ...datasetEvent('', {}, 9), dataset: location },
      );
      const id = `dataset:${DB}:orders_table`;
      expect(await reads.findByName({ ...ANY, text: 'orders_' })).toMatchObject({ items: [{ id }], total: 1 });
      expect(await reads.findByName({ ...ANY, text: 'orders_', seenSince: at(9) })).toMatchObject({ total: 1 });
      expect(await reads.firstSeenBefore('dataset', [at(1), at(2), at(6)])).toEqual([0, 1, 1]);
      expect(await reads.facetsNamed(['documentation'])).toEqual(await reads.facets([id], ['documentation']));
    });

    it.each(THEMES)('agrees with the other reads on generated histories: %s', { timeout: 120_000 }, async (theme) => {
      await fc.assert(
        fc.asyncProperty(arbitraryHistory(theme, 40), async (events) => {
          await made.remove();
          made = await make();
          applied = 0;
          await agrees(await apply(...events));
        }),
        { seed: 20_260_101, numRuns: histories(1) },
      );
    });
  });
}

/** Each answer against the same out of whole lists. */
async function agrees(reads: GraphReader & MarquezReads): Promise<void> {
  const list = async (kind: Asset['kind']) =>
    (await reads.list({ kind, namespace: null, order: 'name', limit: 10_000, offset: 0 })).items;
  const [datasets, jobs] = [await list('dataset'), await list('job')];
  const ids = [...datasets, ...jobs].map((asset) => asset.id);
  const jobIds = jobs.map((job) => job.id);

  const runs = await reads.recentRuns(jobIds, 2);
  const latest = await reads.latestRuns(jobIds);
  const pages = await reads.runs(jobIds, 2, null);
  for (const id of jobIds) {
    expect(runs.get(id) ?? []).toEqual(pages.get(id)?.items);
    expect(runs.get(id)?.[0]).toEqual(latest.get(id));
  }

  for (const states of [...STATES.map((state) => [state]), STATES]) {
    const expected = jobs
      .filter(({ id }) => states.some((state) => latest.get(id)?.state === state))
      .sort((a, b) => b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : 1));
    expect(await reads.jobsInState({ states, namespace: null, limit: 10_000, offset: 0 })).toEqual({
      items: expected,
      total: expected.length,
    });
  }

  const names = ['tags', 'documentation', 'schema', 'ownership', 'lifecycleStateChange', 'dataSource'];
  for (const some of [...names.map((name) => [name]), names]) {
    const carried = [...(await reads.facets(ids, some))].filter(([, facets]) => facets.length > 0);
    expect(await reads.facetsNamed(some)).toEqual(new Map(carried));
  }

  const times = [...new Set([...datasets, ...jobs].flatMap(({ firstSeen }) => [firstSeen, firstSeen + 1]))].sort(
    (a, b) => a - b,
  );
  for (const [kind, assets] of [['dataset', datasets] as const, ['job', jobs] as const]) {
    expect(await reads.firstSeenBefore(kind, times)).toEqual(
      times.map((time) => assets.filter(({ firstSeen }) => firstSeen < time).length),
    );
  }

  const middle = times[Math.floor(times.length / 2)] ?? 0;
  for (const text of ['a', 'J', 'b', 'or', 'ord', 'orders', 'dag', '.', 'S']) {
    for (const { seenSince, seenBefore } of [
      { seenSince: null, seenBefore: null },
      { seenSince: middle, seenBefore: null },
      { seenSince: null, seenBefore: middle },
    ]) {
      const expected = [...datasets, ...jobs].filter(
        ({ name, lastSeen }) =>
          name.toLowerCase().includes(text.toLowerCase()) &&
          lastSeen >= (seenSince ?? Number.NEGATIVE_INFINITY) &&
          lastSeen < (seenBefore ?? Number.POSITIVE_INFINITY),
      );
      const byName = [...expected].sort(
        (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || (a.id < b.id ? -1 : 1),
      );
      const byTime = [...expected].sort((a, b) => b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : 1));
      const query = { ...ANY, text, seenSince, seenBefore, limit: 3 };
      const total = expected.length;
      expect(await reads.findByName(query)).toEqual({ items: byName.slice(0, 3), total });
      expect(await reads.findByName({ ...query, order: 'lastSeen' })).toEqual({ items: byTime.slice(0, 3), total });
    }
  }
}

const at = (minute: number): number => T0 + minute * MINUTE;
const time = (minute: number): string => new Date(at(minute)).toISOString();
const facet = (value: Json): Json => ({ _producer: PRODUCER, _schemaURL: 'https://example.com/f.json', ...value });
const PRODUCER = 'https://example.com/contract';

interface RunSaid {
  readonly at?: number;
  readonly run?: string;
  readonly type?: string | null;
  readonly writes?: readonly string[];
  readonly facets?: Json;
}

function runEvent(job: string, said: RunSaid = {}): Json {
  const { at: minute = 0, run = job, type = 'COMPLETE', writes = [], facets = {} } = said;
  return {
    eventType: type,
    eventTime: time(minute),
    producer: PRODUCER,
    run: { runId: run },
    job: { namespace: 'shop', name: job, facets },
    outputs: writes.map((name) => ({ namespace: DB, name })),
  };
}

function datasetEvent(name: string, more: Json = {}, minute = 0): Json {
  return { eventTime: time(minute), producer: PRODUCER, dataset: { namespace: DB, name, ...more } };
}
