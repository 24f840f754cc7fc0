/** What every `DecisionStore` does: kept once, in order, through a restart. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Breach,
  breachKey,
  type Decision,
  type DecisionStore,
  type Incident,
  laneOf,
  NO_GUARD_STATE,
  type PlannedDelivery,
  type ReactCommit,
} from '#rules';

export interface KeptDecisions {
  store(): DecisionStore;
  /** Closes it and opens it again. */
  reopen(): Promise<void>;
}

const T = 1_767_600_000_000;
const ALL = { rules: null, subjects: null, verdicts: null, since: null, until: null, first: 100, after: null };

const decision = (id: string, more: Partial<Decision> = {}): Decision => ({
  id,
  at: T,
  rule: 'late',
  fingerprint: '{}',
  subject: 'dataset:db:a',
  job: null,
  verdict: 'FIRED',
  guard: null,
  text: 'late fired.',
  conditions: [],
  change: {
    sequence: 1,
    kind: 'freshness.failed',
    subject: 'dataset:db:a',
    at: T,
    seen: T,
    text: 'a is late',
    breaking: null,
    corrected: false,
    before: null,
    after: { deep: ['ü', null] },
  },
  version: null,
  incident: null,
  actions: [],
  chain: [],
  ...more,
});

const delivery = (id: string, more: Partial<PlannedDelivery> = {}): PlannedDelivery => ({
  id,
  decision: 'd1',
  rule: 'late',
  subject: 'dataset:db:a',
  to: 'webhook:hook',
  action: { key: id, do: 'webhook', webhook: 'hook' },
  body: '{"why":"ü"}',
  at: T,
  ...more,
});

const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  id,
  rule: 'late',
  subject: 'dataset:db:a',
  kind: 'freshness.failed',
  state: 'OPEN',
  since: T,
  openedAt: T,
  resolvedAt: null,
  assignee: null,
  snoozedUntil: null,
  folded: [],
  timeline: [],
  ...more,
});

const breach: Breach = {
  rule: 'late',
  subject: 'dataset:db:a',
  kind: 'freshness.failed',
  since: T,
  at: T,
  incident: 'i1',
  cause: null,
  waitsUntil: null,
};
const KEY = breachKey('late', 'dataset:db:a');

export function decisionStoreContract(name: string, open: () => Promise<KeptDecisions>): void {
  describe(`DecisionStore: ${name}`, () => {
    let kept: KeptDecisions;
    beforeAll(async () => {
      kept = await open();
    });
    afterAll(async () => kept.store().close());

    const commit = async (more: Partial<ReactCommit>): Promise<boolean> =>
      kept.store().commit({
        revision: (await kept.store().state()).revision,
        cursor: { sequence: 1, feed: 0, mark: null },
        decisions: [],
        deliveries: [],
        guards: [],
        breaches: new Map(),
        incidents: [],
        booked: new Map(),
        ...more,
      });

    it('begins with nothing', async () => {
      expect(await kept.store().state()).toEqual({ revision: 0, cursor: null, breaches: [], incidents: [] });
      expect(await kept.store().due(T, 10)).toEqual({ deliveries: [], next: null });
      expect(await kept.store().decisions(ALL)).toEqual({ items: [], next: null });
    });

    it('keeps a commit whole, and through a restart', async () => {
      const cursor = { sequence: 7, feed: 0, mark: { kind: 'run.failed', subject: 'run:1', at: T, seen: T } };
      const engine = { ...NO_GUARD_STATE.engine, paused: { by: 'ann', at: T, reason: 'quiet' } };
      const done = await commit({
        cursor,
        decisions: [decision('d1')],
        deliveries: [delivery('x1')],
        guards: [
          { part: 'engine', key: '', value: engine },
          { part: 'key', key: 'k', value: { firedAt: T, fires: [T] } },
        ],
        breaches: new Map([[KEY, breach]]),
        incidents: [incident('i1'), incident('i0', { state: 'RESOLVED', resolvedAt: T })],
        booked: new Map([[KEY, 'i1']]),
      });
      expect(done).toBe(true);
      await kept.reopen();
      expect(await kept.store().state()).toEqual({
        revision: 1,
        cursor,
        breaches: [breach],
        incidents: [incident('i1')],
      });
      expect(await kept.store().decision(['d1', 'd9'])).toEqual([decision('d1')]);
      const wanted = [
        { part: 'key', key: 'k' },
        { part: 'key', key: 'other' },
        { part: 'engine', key: '' },
      ] as const;
      expect(await kept.store().guards(wanted)).toEqual([
        { part: 'key', key: 'k', value: { firedAt: T, fires: [T] } },
        { part: 'engine', key: '', value: engine },
      ]);
    });

    it('keeps nothing of what was worked out from an older revision', async () => {
      expect(await commit({ revision: 0, decisions: [decision('stale')], incidents: [incident('i9')] })).toBe(false);
      expect(await kept.store().decision(['stale'])).toEqual([]);
      expect(await kept.store().incident(['i9'])).toEqual([]);
    });

    it('keeps a decision once, and what it asks for once', async () => {
      const again = { decisions: [decision('d1', { text: 'another' })], deliveries: [delivery('x9')] };
      expect(await commit(again)).toBe(true);
      expect((await kept.store().decision(['d1'])).map(({ text }) => text)).toEqual(['late fired.']);
      expect((await kept.store().deliveries(['d1'])).get('d1')?.map(({ id }) => id)).toEqual(['x1']);
    });

    it('gives out deliveries of one target and subject one after the other, others beside them', async () => {
      await commit({
        decisions: [decision('d2', { at: T + 1 })],
        deliveries: [
          delivery('x2', { decision: 'd2' }),
          delivery('x3', { decision: 'd2', subject: 'dataset:db:b', at: T + 5 }),
        ],
      });
      const ids = async (now: number) => (await kept.store().due(now, 10)).deliveries.map(({ id }) => id);
      expect(await ids(T)).toEqual(['x1']);
      expect((await kept.store().due(T, 10)).next).toBe(T + 5);
      const heads = async () =>
        Promise.all(
          ['dataset:db:a', 'dataset:db:b', 'dataset:db:c'].map((subject) =>
            kept.store().head(laneOf({ to: 'webhook:hook', subject })),
          ),
        );
      expect((await heads()).map((one) => one?.id)).toEqual(['x1', 'x3', undefined]);
      const failed = { at: T, state: 'WAITING', status: 503, error: '503', nextAttempt: T + 1_000 } as const;
      await kept.store().attempted('x1', failed);
      expect(await ids(T + 5)).toEqual(['x3']);
      expect(await ids(T + 1_000)).toEqual(['x3', 'x1']);
      expect((await heads())[0]).toMatchObject({ id: 'x1', nextAttempt: T + 1_000 });
      await kept
        .store()
        .attempted('x1', { at: T + 1_000, state: 'DELIVERED', status: 200, error: null, nextAttempt: null });
      expect(await ids(T + 1_000)).toEqual(['x3', 'x2']);
      expect((await kept.store().deliveries(['d1'])).get('d1')).toEqual([
        {
          ...delivery('x1'),
          state: 'DELIVERED',
          attempts: 2,
          firstAttempt: T,
          lastStatus: 200,
          lastError: null,
          nextAttempt: null,
          deliveredAt: T + 1_000,
        },
      ]);
    });

    it('gives a target that wants no more nothing more, until one is sent by hand', async () => {
      const store = kept.store();
      await store.attempted('x2', { at: T + 2_000, state: 'DISABLED', status: 410, error: '410', nextAttempt: null });
      expect(await store.due(T + 9_000, 10)).toEqual({ deliveries: [], next: null });
      await commit({ decisions: [decision('d3', { at: T + 2 })], deliveries: [delivery('x4', { decision: 'd3' })] });
      const of = async (id: string) => (await store.deliveries([id])).get(id)?.map(({ state }) => state);
      expect([await of('d2'), await of('d3')]).toEqual([['DISABLED', 'DISABLED'], ['DISABLED']]);
      expect(await store.redeliver('x4', T + 9_000)).toMatchObject({ state: 'WAITING', attempts: 0 });
      expect((await store.due(T + 9_000, 10)).deliveries.map(({ id }) => id)).toEqual(['x4']);
      await commit({ decisions: [decision('d4', { at: T + 3 })], deliveries: [delivery('x5', { decision: 'd4' })] });
      expect(await of('d4')).toEqual(['WAITING']);
      expect(await store.redeliver('none', T)).toBeNull();
    });

    it('answers for decisions by rule, subject, verdict and time, newest first, in pages', async () => {
      await commit({ decisions: [decision('d5', { rule: 'other', verdict: 'NOT_MET', at: T + 60_000 })] });
      const ids = async (query: object) =>
        (await kept.store().decisions({ ...ALL, ...query })).items.map(({ id }) => id);
      expect(await ids({})).toEqual(['d5', 'd4', 'd3', 'd2', 'd1']);
      expect(await ids({ rules: ['other'] })).toEqual(['d5']);
      expect(await ids({ verdicts: ['FIRED'], until: T + 1 })).toEqual(['d2', 'd1']);
      expect(await ids({ since: T + 3, subjects: ['dataset:db:a'] })).toEqual(['d5', 'd4']);
      const page = await kept.store().decisions({ ...ALL, first: 2 });
      expect(await ids({ after: page.next })).toEqual(['d3', 'd2', 'd1']);
      expect(await kept.store().lastFired(['late', 'other'])).toEqual(new Map([['late', T + 3]]));
    });

    it('finds what may have started runs, by time and by what was sent', async () => {
      const hook = { key: 'k', do: 'webhook', webhook: 'hook' } as const;
      const tag = { key: 'k', do: 'tag', on: 'subject', tag: 'late' } as const;
      const trigger = { key: 'k', do: 'trigger', trigger: { tool: 'dbt', job: '34', connection: null } } as const;
      const link = {
        decision: 's1',
        rule: 'late',
        subject: 'dataset:db:a',
        job: null,
        at: T + 70_000,
        how: 'KEY',
        through: 'run:1',
      } as const;
      await commit({
        decisions: [
          decision('s1', { at: T + 70_000, actions: [tag, hook] }),
          decision('s2', { at: T + 71_000, actions: [tag] }),
          decision('s3', { at: T + 72_000, actions: [hook], verdict: 'SUPPRESSED' }),
          decision('s4', { at: T + 73_000, actions: [trigger], chain: [link] }),
        ],
        deliveries: [delivery('y1', { decision: 's1' }), delivery('y4', { decision: 's4', to: 'trigger:dbt' })],
      });
      const ids = async (since: number, most: number) => (await kept.store().starters(since, most)).map(({ id }) => id);
      expect(await ids(T, 10)).toEqual(['s4', 's1']);
      expect(await ids(T, 1)).toEqual(['s4']);
      expect(await ids(T + 70_001, 10)).toEqual(['s4']);
      const asked = await kept.store().askedFor(['y1', 'y4', 'none']);
      expect([...asked].map(([key, { id, chain }]) => [key, id, chain])).toEqual([
        ['y1', 's1', []],
        ['y4', 's4', [link]],
      ]);
    });

    it('lists incidents, and forgets what is over and old', async () => {
      const store = kept.store();
      const all = { states: null, subjects: null, rules: null, first: 10, after: null };
      expect((await store.incidents(all)).items.map(({ id }) => id)).toEqual(['i0', 'i1']);
      expect((await store.incidents({ ...all, states: ['OPEN'] })).items.map(({ id }) => id)).toEqual(['i1']);
      expect(await store.prune(T + 3)).toEqual({ decisions: 2, incidents: 1 });
      // d4 is young, d3 still waits.
      const left = (await store.decisions(ALL)).items.map(({ id }) => id);
      expect(left).toEqual(['s4', 's3', 's2', 's1', 'd5', 'd4', 'd3']);
      expect((await store.incidents(all)).items.map(({ id }) => id)).toEqual(['i1']);
    });

    it('keeps notes', async () => {
      await kept.store().keepNote('files', 'a');
      await kept.store().keepNote('files', 'b');
      expect([await kept.store().note('files'), await kept.store().note('none')]).toEqual(['b', null]);
    });
  });
}
