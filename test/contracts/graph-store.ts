import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApplyResult, type Change, type GraphStore, LOCAL_VIEWER, type LoggedEvent } from '#lineage';
import { all } from '../graph/all.ts';
import { foldChanges } from '../model/fold-changes.ts';
import { arbitraryArrival, arbitraryHistory, type JsonEvent, THEMES, type ThemeName } from '../model/generators.ts';
import { checkOrderLaw, deltasOf, differenceOf, logged } from '../model/order-law.ts';
import { referenceCurrent, referenceExport } from '../model/reference-fold.ts';

export interface GraphStoreUnderTest {
  readonly store: GraphStore;
  /** Closes the store (if it is not yet closed) and opens it again on what it kept. */
  reopen(): Promise<GraphStore>;
  /** Takes a backup, and opens the copy as a store of its own. */
  copy(): Promise<GraphStoreUnderTest>;
  /** Closes the store and removes what it kept. */
  remove(): Promise<void>;
}

/** Makes an empty store whose clock is `now` (ms): it decides flow state alone. */
export type MakeGraphStore = (now: () => number) => Promise<GraphStoreUnderTest>;

export interface GraphStoreContract {
  readonly make: MakeGraphStore;
  /** Generated histories of each theme that the order law is tried on, and their greatest length. */
  readonly histories: { readonly runs: number; readonly length: number };
}

const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const SEED = 20_260_101;
const DB = 'postgres://db:5432';
const themes = Object.keys(THEMES) as ThemeName[];

/** What every graph keeps to, whatever it is stored in. What its readers answer is in `graph-reader.ts`. */
export function graphStoreContract(name: string, { make: makeAt, histories }: GraphStoreContract): void {
  describe(`graph store contract: ${name}`, () => {
    let made: GraphStoreUnderTest;
    let store: GraphStore;
    let position = 0;
    const make = () => makeAt(() => T0 + 30 * MINUTE);
    const reader = () => store.reader(LOCAL_VIEWER);

    beforeEach(async () => {
      made = await make();
      store = made.store;
      position = 0;
    });
    afterEach(() => made.remove());

    const next = (events: readonly JsonEvent[]): LoggedEvent[] => events.map((event) => logged(event, ++position));
    async function apply(...events: readonly JsonEvent[]): Promise<readonly Change[]> {
      const { changes, faults, applied } = await store.apply(next(events));
      expect({ faults, applied }).toEqual({ faults: [], applied: position });
      return changes;
    }
    const exported = (of: GraphStore = store): Promise<string[]> => all(of.export());
    const told = async (): Promise<readonly Change[]> =>
      (await reader().changes({ kinds: null, subjects: null, since: null, breaking: null, first: 1000, after: null }))
        .items;

    describe('apply', () => {
      it('is empty at first', async () => {
        expect(await store.applied()).toBe(0);
        expect(await exported()).toEqual([]);
        expect(await told()).toEqual([]);
        expect(await store.apply([])).toEqual({ changes: [], faults: [], applied: 0 });
      });

      it('gives the graph that the reference makes of the events', async () => {
        const events = [loads('a', 'b', 0), loads('b', 'c', 5), fails('b', 'd', 9)];
        await apply(...events);
        expect(differenceOf(referenceExport(deltasOf(events)), await exported())).toBeNull();
      });

      it('ends at the last position, whatever gaps there are', async () => {
        const [one, two] = [logged(loads('a', 'b'), 4), logged(loads('b', 'c'), 90)];
        expect((await store.apply([one, two])).applied).toBe(90);
        expect(await store.applied()).toBe(90);
        expect(await reader().applied()).toBe(90);
      });

      it('skips what is at or below the position that it is at', async () => {
        await apply(loads('a', 'b'), loads('b', 'c'));
        const before = await exported();
        const answer = await store.apply([logged(loads('x', 'y'), 1), logged(loads('y', 'z'), 2)]);
        expect(answer).toEqual({ changes: [], faults: [], applied: 2 });
        expect(await exported()).toEqual(before);
        const overlap = [logged(loads('x', 'y'), 2), logged(loads('c', 'd'), 3)];
        expect((await store.apply(overlap)).applied).toBe(3);
        const lines = (await exported()).join('\n');
        expect(lines).toContain(`"dataset:${DB}:d"`);
        expect(lines).not.toContain(`"dataset:${DB}:y"`);
      });

      it('lets a repeat under a new position change nothing', async () => {
        const events = [loads('a', 'b'), loads('b', 'c', 3)];
        await apply(...events);
        const before = await exported();
        expect(await apply(...events, ...events)).toEqual([]);
        expect(await exported()).toEqual(before);
        expect(await store.applied()).toBe(6);
      });

      it('knows a repeat within one batch', async () => {
        await apply(streams('s', 0), streams('s', 0), streams('s', 0));
        const [hour] = (await reader().activity(['job:shop:s'], T0, T0 + 60 * MINUTE)).get('job:shop:s') ?? [];
        expect(hour?.observations).toBe(1);
      });

      it('gives the same graph in one batch, one by one, and the other way round', async () => {
        const events = [0, 5, 10, 15].flatMap((at) => [loads('a', `b${at % 10}`, at), fails('a', 'c', at + 2)]);
        await apply(...events);
        const whole = await exported();
        for (const order of [events, [...events].reverse()]) {
          await made.remove();
          made = await make();
          store = made.store;
          position = 0;
          for (const event of order) await apply(event);
          expect(await exported()).toEqual(whole);
        }
      });

      it('applies calls that nobody waited for, in their order', async () => {
        const batches = Array.from({ length: 12 }, (_, i) => next([loads(`t${i}`, `t${i + 1}`, i)]));
        const answers = await Promise.all(batches.map((batch) => store.apply(batch)));
        expect(answers.map(({ applied }) => applied)).toEqual(batches.map((_, i) => i + 1));
        const sequences = answers.flatMap(({ changes }) => changes.map(({ sequence }) => sequence));
        expect(sequences).toEqual(sequences.map((_, i) => i + 1));
        expect(await reader().counts()).toMatchObject({ datasets: 13, jobs: 12 });
      });

      it('keeps every character of names and values', async () => {
        const names = ["it's", 'say "so"', 'back\\slash', 'Größe', '😀', 'a\u2028b', '{x}', '$1', '`tick`', 'a b'];
        const events = names.map((text, i) => ({
          ...datasetEvent(text, i),
          dataset: {
            namespace: DB,
            name: text,
            facets: { documentation: { _producer: 'p', description: `${text}\u0000\t` } },
          },
        }));
        await apply(...events);
        expect(differenceOf(referenceExport(deltasOf(events)), await exported())).toBeNull();
      });
    });

    describe('faults', () => {
      const broken = (at: number): LoggedEvent => ({
        position: at,
        receivedAt: at,
        hash: at.toString(16).padStart(64, 'a'),
        body: '{"eventTime":',
      });

      it('names the event, and costs the others nothing', async () => {
        const [one, two] = [logged(loads('a', 'b'), 1), logged(loads('b', 'c', 1), 3)];
        const { faults, applied, changes } = await store.apply([one, broken(2), two]);
        expect(faults).toEqual([{ position: 2, hash: broken(2).hash, reason: expect.stringMatching(/./) }]);
        expect(applied).toBe(3);
        expect(changes.map(({ sequence }) => sequence)).toEqual(changes.map((_, i) => i + 1));
        expect(await exported()).toEqual(referenceExport(deltasOf([loads('a', 'b'), loads('b', 'c', 1)])));
      });

      it('passes a batch that holds nothing else', async () => {
        const { faults, applied } = await store.apply([broken(1), broken(2)]);
        expect(faults.map((fault) => fault.position)).toEqual([1, 2]);
        expect(applied).toBe(2);
        store = await made.reopen();
        expect(await store.applied()).toBe(2);
        expect((await store.apply([broken(1)])).faults).toEqual([]);
      });
    });

    describe('changes', () => {
      it('are numbered from 1 without gaps, and read again as they were told', async () => {
        const first = await apply(loads('a', 'b'));
        const second = await apply(loads('b', 'c', 5), fails('a', 'x', 7));
        const feed = [...first, ...second];
        expect(feed.map(({ sequence }) => sequence)).toEqual(feed.map((_, i) => i + 1));
        expect(feed.length).toBeGreaterThan(8);
        expect(await told()).toEqual(feed);
        store = await made.reopen();
        expect(await told()).toEqual(feed);
        const [later] = await apply(loads('c', 'd', 9));
        expect(later?.sequence).toBe(feed.length + 1);
      });

      it('are paged by their sequence', async () => {
        const feed = await apply(loads('a', 'b'), loads('b', 'c', 1));
        const query = { kinds: null, subjects: null, since: null, breaking: null, first: 3 };
        const paged: Change[] = [];
        for (let after: string | null = null; ; ) {
          const page = await reader().changes({ ...query, after });
          paged.push(...page.items);
          after = page.next;
          if (after === null) break;
        }
        expect(paged).toEqual(feed);
      });

      it('are found by kind, common and rare, a page at a time', async () => {
        const feed = await apply(loads('a', 'b'), fails('a', 'b', 1), loads('b', 'c', 2), fails('b', 'c', 3));
        const query = { subjects: null, since: null, breaking: null };
        for (const kinds of [['run.failed'], ['history', 'run.failed'], ['run.failed', 'node.added']] as const) {
          const expected = feed.filter(({ kind }) => kinds.some((wanted) => wanted === kind));
          expect(expected.length).toBeGreaterThan(1);
          const whole = await reader().changes({ ...query, kinds, first: 100, after: null });
          expect(whole).toEqual({ items: expected, next: null });
          const [first] = expected;
          const page = await reader().changes({ ...query, kinds, first: 1, after: null });
          expect(page.items).toEqual([first]);
          const next = await reader().changes({ ...query, kinds, first: 100, after: page.next });
          expect(next.items).toEqual(expected.slice(1));
        }
      });

      it('say who, what, when it held and when it was seen', async () => {
        await apply(loads('a', 'b', 0));
        const changes = await apply(loads('c', 'b', 5));
        const lost = changes.find(({ kind, after }) => kind === 'lineage.changed' && after === null);
        expect(lost).toMatchObject({ at: T0 + 5 * MINUTE, corrected: false });
        expect(lost?.before).toMatchObject({ kind: 'READS', from: `dataset:${DB}:a`, to: 'job:shop:load b' });
      });

      it('say when each held, not when the last of the batch did', async () => {
        const changes = await apply(loads('a', 'b', 0), loads('c', 'd', 7), loads('e', 'd', 9));
        const timesOf = (kind: string) =>
          changes.filter((change) => change.kind === kind).map(({ at, text }) => `${(at - T0) / MINUTE} ${text}`);
        expect(timesOf('lineage.changed').sort()).toEqual([
          '0 a now feeds load b (READS)',
          '0 load b now feeds b (WRITES)',
          '7 load d now feeds d (WRITES)',
          '9 e now feeds load d (READS)',
        ]);
        expect(timesOf('node.added').sort()).toEqual([
          '0 dataset a is known',
          '0 dataset b is known',
          '0 job load b is known',
          '7 dataset c is known',
          '7 dataset d is known',
          '7 job load d is known',
          '9 dataset e is known',
        ]);
      });

      it.each(themes)('folded from nothing, give the current graph: %s', { timeout: 120_000 }, async (theme) => {
        const property = fc.asyncProperty(arbitraryHistory(theme, histories.length), async (events) => {
          const one = await make();
          try {
            const feed: Change[] = [];
            for (const [i, event] of events.entries()) {
              feed.push(...(await one.store.apply([logged(event, i + 1)])).changes);
            }
            expect(foldChanges(feed)).toEqual(ordered(referenceCurrent(deltasOf(events))));
          } finally {
            await one.remove();
          }
        });
        await fc.assert(property, { seed: SEED, numRuns: histories.runs, interruptAfterTimeLimit: 90_000 });
      });
    });

    describe('a restart, and the end', () => {
      it('finds all that was applied', async () => {
        await apply(loads('a', 'b'), streams('s', 1));
        const before = await exported();
        store = await made.reopen();
        expect(await store.applied()).toBe(2);
        expect(await exported()).toEqual(before);
        expect(await apply(loads('a', 'b'))).toEqual([]);
      });

      it('a store that is closed answers no more, and may be closed again', async () => {
        await apply(loads('a', 'b'));
        await store.close();
        await store.close();
        await expect(store.apply(next([loads('b', 'c')]))).rejects.toThrow();
        store = await made.reopen();
        expect(await store.applied()).toBe(1);
      });
    });

    describe('tick', () => {
      it('tells once what time alone has changed', async () => {
        expect(await store.tick(T0)).toEqual([]);
        await apply(...Array.from({ length: 30 }, (_, minute) => streams('s', minute)));
        const before = await exported();
        const sequence = (await told()).length;
        const later = T0 + 24 * 60 * MINUTE;
        const changes = await store.tick(later);
        expect(changes).toMatchObject([
          { kind: 'job.silent', subject: 'job:shop:s', sequence: sequence + 1, seen: later },
        ]);
        expect(await store.tick(later + MINUTE)).toEqual([]);
        expect((await told()).at(-1)).toEqual(changes[0]);
        expect(await exported()).toEqual(before);
        expect(await store.applied()).toBe(30);
      });
    });

    describe('deadlines', () => {
      it('are judged as of when it is told to, else as of now', async () => {
        const kinds = (changes: readonly Change[]): readonly string[] =>
          changes.map(({ kind, subject }) => `${kind} ${subject}`).filter((text) => text.startsWith('freshness.'));
        const inTime = await store.apply(next([reachesT0('a')]), T0 + 5 * MINUTE);
        expect(kinds(inTime.changes)).toEqual([]);
        expect(kinds(await store.tick(T0 + 9 * MINUTE))).toEqual([]);
        expect(kinds(await store.tick(T0 + 10 * MINUTE))).toEqual(['freshness.failed dataset:db:a']);
        expect(kinds(await apply(reachesT0('b')))).toEqual(['freshness.failed dataset:db:b']);
      });
    });

    describe('flow', () => {
      it('is UNKNOWN of a job that is only declared continuous', async () => {
        const { run: _run, eventType: _type, ...declared } = streams('s', 1);
        await apply(declared);
        const flows = await reader().flows(['job:shop:s'], T0 + 5 * MINUTE);
        expect([...flows]).toMatchObject([['job:shop:s', { state: 'UNKNOWN', since: T0 + MINUTE }]]);
      });
    });

    describe('prune', () => {
      it('takes runs that were accepted before, and changes no other answer', async () => {
        for (let n = 0; n < 20; n++)
          await apply(loads('a', n % 3 === 0 ? 'b' : 'c', n * 10, { run: `r${n}`, job: 'j' }));
        const isRun = (line: string): boolean => line.includes('"kind":"run"');
        const before = await exported();
        expect(await store.prune(0)).toEqual({ runs: 0 });
        const { runs } = await store.prune(15);
        expect(runs).toBeGreaterThan(5);
        const after = await exported();
        expect(after.filter((line) => !isRun(line))).toEqual(before.filter((line) => !isRun(line)));
        expect(after.filter(isRun)).toHaveLength(20 - runs);
        expect((await reader().runs(['job:shop:j'], 100, null)).get('job:shop:j')?.total).toBe(20 - runs);
        await apply(loads('a', 'd', 300, { run: 'last', job: 'j' }));
        expect((await reader().neighbours(['job:shop:j'])).get('job:shop:j')?.writes).toEqual([`dataset:${DB}:d`]);
      });
    });

    describe('export', () => {
      it('is sorted by kind and id, and of one state whatever is applied meanwhile', async () => {
        await apply(...Array.from({ length: 400 }, (_, i) => loads(`t${i}`, `t${i + 1}`, i)));
        const before = await exported();
        const keys = before.map((line) => {
          const { kind, id } = JSON.parse(line) as { kind: string; id: string };
          return [kind, id] as const;
        });
        const inOrder = [...keys].sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
        expect(keys).toEqual(inOrder);
        const walk = store.export()[Symbol.asyncIterator]();
        const lines = [(await walk.next()).value as string];
        await apply(...Array.from({ length: 50 }, (_, i) => loads(`u${i}`, `t${i}`, i)));
        for (let step = await walk.next(); step.done !== true; step = await walk.next()) lines.push(step.value);
        expect(lines).toEqual(before);
        expect((await exported()).length).toBeGreaterThan(before.length);
      });
    });

    describe('backup', () => {
      it('is a store of its own, with all that was held', async () => {
        await apply(loads('a', 'b'), streams('s', 1), fails('b', 'c', 2));
        const [lines, feed] = [await exported(), await told()];
        const copy = await made.copy();
        try {
          await apply(loads('b', 'c', 5));
          expect(await exported(copy.store)).toEqual(lines);
          expect(await copy.store.applied()).toBe(3);
          const answer: ApplyResult = await copy.store.apply([logged(loads('x', 'y', 7), 4)]);
          expect(answer.changes[0]?.sequence).toBe(feed.length + 1);
        } finally {
          await copy.remove();
        }
      });
    });

    describe('the order law', () => {
      it.each(themes)('%s', { timeout: 300_000 }, async (theme) => {
        const opened = async () => {
          const one = await make();
          return { store: one.store, reopen: () => one.reopen(), remove: () => one.remove() };
        };
        const property = fc.asyncProperty(arbitraryArrival(theme, histories.length), ({ events, delivery }) =>
          checkOrderLaw(opened, events, delivery),
        );
        await fc.assert(property, { seed: SEED, numRuns: histories.runs, interruptAfterTimeLimit: 200_000 });
      });
    });
  });
}

/** A dataset whose content is of T0, and may be ten minutes old. */
const reachesT0 = (name: string): JsonEvent => ({
  eventTime: new Date(T0).toISOString(),
  producer: 'https://example.com/contract',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: 'db',
    name,
    facets: {
      headwater_freshness: {
        _producer: 'https://example.com/contract',
        _schemaURL: 'https://example.com/facet.json',
        watermark: new Date(T0).toISOString(),
        maxAge: { fail: '10m' },
      },
    },
  },
});

function ordered({ dropped, ...graph }: ReturnType<typeof referenceCurrent>): unknown {
  return { ...graph, dropped: [...dropped].sort() };
}

const time = (minute: number): string => new Date(T0 + minute * MINUTE).toISOString();
const PRODUCER = 'https://example.com/contract';

interface Names {
  readonly run?: string;
  readonly job?: string;
}

/** A batch run that read one dataset and wrote another. */
function loads(from: string, to: string, minute = 0, names: Names = {}): JsonEvent {
  return runEvent('COMPLETE', from, to, minute, names);
}

function fails(from: string, to: string, minute = 0, names: Names = {}): JsonEvent {
  return runEvent('FAIL', from, to, minute, names);
}

function runEvent(eventType: string, from: string, to: string, minute: number, names: Names): JsonEvent {
  const { run = `${from} to ${to} at ${minute}`, job = `load ${to}` } = names;
  return {
    eventType,
    eventTime: time(minute),
    producer: PRODUCER,
    run: { runId: run },
    job: { namespace: 'shop', name: job },
    inputs: [{ namespace: DB, name: from }],
    outputs: [{ namespace: DB, name: to }],
  };
}

/** One word of a job that has no end. */
function streams(job: string, minute: number): JsonEvent {
  return {
    eventType: 'RUNNING',
    eventTime: time(minute),
    producer: PRODUCER,
    run: { runId: `run of ${job}` },
    job: {
      namespace: 'shop',
      name: job,
      facets: { jobType: { _producer: PRODUCER, processingType: 'STREAMING', integration: 'FLINK' } },
    },
    inputs: [{ namespace: 'kafka://broker:9092', name: 'in' }],
  };
}

function datasetEvent(name: string, minute: number): JsonEvent {
  return { eventTime: time(minute), producer: PRODUCER, dataset: { namespace: DB, name } };
}
