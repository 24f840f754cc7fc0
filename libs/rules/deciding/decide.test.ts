import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changeOf,
  datasetView,
  HOUR,
  jobView,
  MINUTE,
  occasionOf,
  ruleOf,
  rulesOf,
  T0,
  viewOf,
} from '../../../test/rules/rule-world.ts';
import { type Decision, decide } from './decide.ts';
import { type Guard, type GuardState, guardKeys, NO_GUARD_STATE } from './guards.ts';
import { occasionOfChange, occasionOfDeadline } from './occasion.ts';
import type { CauseLink, InputView, ReadView } from './read-view.ts';

const ORDERS = datasetView('shop.orders', { tags: ['tier-1'] });
const LATE = changeOf('freshness.failed', ORDERS.id, T0, { text: 'shop.orders is late' });

const decisionOf = (rule: Parameters<typeof decide>[1], view: ReadView, guards = NO_GUARD_STATE, at = T0): Decision =>
  decide(occasionOf(LATE), rule, view, guards, at).decision;

describe('a decision', () => {
  it('that fired says what it asks for, with its texts filled in', () => {
    const [rule] = rulesOf(`webhooks:
  hook: { url: "https://a.example/", secret: "\${env:S}" }
rules:
  - name: orders-late
    on: freshness.failed
    where: '"tier-1" in dataset.tags'
    then:
      - webhook: hook
      - annotate: { on: downstream, text: "{{dataset.name}} is late since {{incident.since}}", expires: 1d }
      - tag: { add: late }
      - trigger: { airflow: { dag: marts, conf: { why: "{{change.text}}" } } }
`);
    if (rule === undefined) throw new Error('no rule');
    const { decision } = decide(occasionOfChange({ ...LATE, sequence: 7 }), rule, viewOf(ORDERS), NO_GUARD_STATE, T0);
    expect(decision).toMatchObject({
      id: 'decision:orders-late:change:7',
      verdict: 'FIRED',
      guard: null,
      text: 'orders-late fired for shop.orders: shop.orders is late (webhook, annotate, tag, trigger).',
      incident: { do: 'open', incident: 'incident:orders-late:change:7:dataset:db:shop.orders' },
    });
    expect(decision.actions).toEqual([
      { key: 'decision:orders-late:change:7:0', do: 'webhook', webhook: 'hook' },
      {
        key: 'decision:orders-late:change:7:1',
        do: 'annotate',
        on: 'downstream',
        text: 'shop.orders is late since 2026-01-05T08:00:00.000Z',
        expiresAt: T0 + 24 * HOUR,
      },
      { key: 'decision:orders-late:change:7:2', do: 'tag', on: 'subject', tag: 'late' },
      {
        key: 'decision:orders-late:change:7:3',
        do: 'trigger',
        trigger: { tool: 'airflow', dag: 'marts', asset: null, conf: { why: 'shop.orders is late' }, connection: null },
      },
    ]);
  });

  it.each([
    ['dataset.name == "web.orders"', 'dataset.name == "web.orders" is false (dataset.name is "shop.orders")'],
    [
      'dataset.name.startsWith("shop.") && "mart" in dataset.tags',
      '"mart" in dataset.tags is false (dataset.tags is ["tier-1"])',
    ],
    ['change.after.rows > 3', 'change.after.rows > 3 is not met, because there is no "rows"'],
    ['!(dataset.name == "shop.orders")', '!(dataset.name == "shop.orders") is false (dataset.name is "shop.orders")'],
  ])('that did not fire tells why: %s', (where, why) => {
    const decision = decisionOf(ruleOf('freshness.failed', `where: '${where}'`), viewOf(ORDERS));
    expect(decision).toMatchObject({ verdict: 'NOT_MET', guard: null, incident: null, actions: [] });
    expect(decision.text).toBe(`r did not fire for shop.orders: ${why}.`);
  });

  it('of a deadline has the deadline as its key', () => {
    const due = { kind: 'run.missing', subject: 'job:airflow:load', due: T0, found: T0 + 5, text: 'load did not run' };
    const view = viewOf(jobView('load'));
    const { decision } = decide(occasionOfDeadline(due), ruleOf('run.missing'), view, NO_GUARD_STATE, T0 + 5);
    expect(decision.id).toBe(`decision:r:deadline:run.missing:${T0}:job:airflow:load`);
    expect(decision.verdict).toBe('FIRED');
  });
});

describe('when: all-inputs-updated', () => {
  const rule = ruleOf('dataset.updated', 'when: all-inputs-updated', 'job: { namespace: airflow, name: marts }');
  const input = (dataset: string, updatedAt: number | null): InputView => ({
    dataset,
    updatedAt,
    version: updatedAt === null ? null : `v${updatedAt}`,
  });
  const decided = (inputs: readonly InputView[] | null, lastOutputAt: number | null, guards = NO_GUARD_STATE) =>
    decide(
      occasionOf(changeOf('dataset.updated', 'dataset:db:a')),
      rule,
      viewOf(datasetView('a'), { job: jobView('marts'), inputs, lastOutputAt }),
      guards,
      T0,
    );

  it.each([
    ['all are newer', [input('a', T0 + 2), input('b', T0 + 1)], T0, 'FIRED', ''],
    ['the job never ran, and all are there', [input('a', T0), input('b', T0)], null, 'FIRED', ''],
    [
      'one is as old as the output',
      [input('a', T0 + 2), input('b', T0)],
      T0,
      'NOT_MET',
      'b is of 2026-01-05T08:00:00.000Z, and the last output is of 2026-01-05T08:00:00.000Z',
    ],
    [
      'one was never written',
      [input('a', T0 + 2), input('b', null)],
      T0,
      'NOT_MET',
      'nobody is known to have written b',
    ],
    ['no inputs are known', [], T0, 'NOT_MET', 'no inputs of marts are known'],
    ['inputs were not read', null, T0, 'NOT_MET', 'no inputs of marts are known'],
  ] as const)('%s', (_, inputs, lastOutputAt, verdict, because) => {
    const { decision } = decided(inputs, lastOutputAt);
    expect(decision.verdict).toBe(verdict);
    expect(decision.id).toBe('decision:r:change:1:job:airflow:marts');
    expect(decision.conditions[0]?.because ?? '').toBe(because);
  });

  it('remembers the versions of a job’s inputs by the job, whichever of them was updated', () => {
    const keyOf = (one: typeof rule, subject: string) => guardKeys(one, subject, 'job:airflow:marts').data;
    expect(keyOf(rule, 'dataset:a')).toBe(keyOf(rule, 'dataset:b'));
    const each = ruleOf('dataset.updated', 'job: { namespace: airflow, name: marts }');
    expect(keyOf(each, 'dataset:a')).not.toBe(keyOf(each, 'dataset:b'));
  });

  it('fires once for the same versions, in whatever order the inputs come', () => {
    const first = decided([input('a', T0 + 2), input('b', T0 + 1)], T0);
    const again = decided([input('b', T0 + 1), input('a', T0 + 2)], T0, first.guards);
    expect(again.decision).toMatchObject({ verdict: 'SUPPRESSED', guard: 'SAME_DATA' });
    expect(decided([input('b', T0 + 3), input('a', T0 + 2)], T0, first.guards).decision.verdict).toBe('FIRED');
  });
});

describe('guards', () => {
  const incident = {
    id: 'incident:1',
    kind: 'freshness.failed',
    state: 'OPEN',
    since: T0,
    assignee: null,
    snoozedUntil: null,
  } as const;
  const link: CauseLink = {
    decision: 'decision:r:change:0',
    rule: 'r',
    subject: ORDERS.id,
    job: null,
    at: T0 - HOUR,
    how: 'KEY',
    through: 'run:1',
  };
  const other: CauseLink = { ...link, rule: 'other', at: T0 - MINUTE, how: 'LINEAGE', through: 'run:2' };
  const fired: GuardState = {
    ...NO_GUARD_STATE,
    key: { firedAt: T0 - 5 * MINUTE, fires: [T0 - 5 * MINUTE] },
    rule: { ...NO_GUARD_STATE.rule, fires: [T0 - 5 * MINUTE] },
  };
  const pause = { by: 'ann', at: T0, reason: 'migration' };

  it.each<[Guard, string, Partial<ReadView>, GuardState, string, string | null]>([
    ['COOLDOWN', 'guard: { cooldown: 10m }', {}, fired, 'it fired 5 min ago, and its cooldown is 10 min', 'open'],
    ['RATE', 'guard: { max: 1/1h }', {}, fired, 'it fired once in the last 1 h already, its limit', 'open'],
    [
      'BUDGET',
      'guard: { budget: 1/1d }',
      {},
      fired,
      'over all subjects it fired once in the last 1 d already, its limit',
      'open',
    ],
    [
      'STALE_EVIDENCE',
      'guard: { maxEvidenceAge: 1h }',
      { evidenceAt: T0 - 2 * HOUR },
      NO_GUARD_STATE,
      'the evidence is 2 h old; the rule allows 1 h',
      null,
    ],
    [
      'STALE_EVIDENCE',
      'guard: { maxEvidenceAge: 1h }',
      {},
      NO_GUARD_STATE,
      'nobody knows how old the evidence is',
      null,
    ],
    [
      'LOOP',
      '',
      { chain: [other, link] },
      NO_GUARD_STATE,
      'it caused this itself: r fired at 2026-01-05T07:00:00.000Z and led to run:1, which carries its key; then other fired at 2026-01-05T07:59:00.000Z and led to run:2, to judge by when and by the lineage',
      'open',
    ],
    [
      'LOOP',
      '',
      { chain: Array.from({ length: 20 }, () => other) },
      NO_GUARD_STATE,
      `it would be number 21 of our own triggers in a row: ${Array.from({ length: 20 }, () => 'other').join(', ')}`,
      'open',
    ],
    [
      'FOLDED',
      '',
      { cause: { subject: 'dataset:db:raw', name: 'raw', incident: 'incident:0' } },
      NO_GUARD_STATE,
      'its cause is raw, which has an incident already',
      'fold',
    ],
    [
      'SNOOZED',
      '',
      { incident: { ...incident, state: 'SNOOZED', snoozedUntil: T0 + HOUR } },
      NO_GUARD_STATE,
      'its incident sleeps for another 1 h',
      'continue',
    ],
    [
      'PAUSED',
      '',
      {},
      { ...NO_GUARD_STATE, rule: { ...NO_GUARD_STATE.rule, paused: pause } },
      'the rule is paused by ann: migration',
      null,
    ],
    [
      'PAUSED',
      '',
      {},
      { ...NO_GUARD_STATE, engine: { ...NO_GUARD_STATE.engine, paused: pause } },
      'all rules are paused by ann: migration',
      null,
    ],
  ])('%s holds: %s', (guard, more, view, state, because, effect) => {
    const decision = decisionOf(ruleOf('freshness.failed', more), viewOf(ORDERS, view), state);
    expect(decision).toMatchObject({ verdict: 'SUPPRESSED', guard, actions: [] });
    expect(decision.text).toBe(`r met its conditions for shop.orders but was held back: ${because}.`);
    expect(decision.incident?.do ?? null).toBe(effect);
  });

  it('let what is over pass', () => {
    const rule = ruleOf('freshness.failed', 'guard: { cooldown: 5m, max: 1/5m, budget: 1/5m, maxEvidenceAge: 1h }');
    const view = viewOf(ORDERS, {
      evidenceAt: T0 - HOUR,
      incident: { ...incident, state: 'SNOOZED', snoozedUntil: T0 },
      chain: [{ ...link, subject: 'dataset:db:other' }],
    });
    expect(decisionOf(rule, view, fired)).toMatchObject({ verdict: 'FIRED', incident: { do: 'continue' } });
  });

  it('brake a rule that fires far more than it used to, and all rules', () => {
    const run = (times: readonly number[], limits: Parameters<typeof decide>[5], rule = ruleOf('freshness.failed')) => {
      let guards = NO_GUARD_STATE;
      return times.map((at) => {
        const { decision, guards: next } = decide(occasionOf(LATE), rule, viewOf(ORDERS), guards, at, limits);
        guards = next;
        return decision.guard;
      });
    };
    const burst = Array.from({ length: 70 }, (_, i) => T0 + i);
    const held = run(burst, { ruleBrake: { least: 60 }, engineBrake: { least: 600 } });
    expect(held.filter((guard) => guard === null)).toHaveLength(60);
    expect(held.slice(60).every((guard) => guard === 'BRAKE')).toBe(true);
    expect(run(burst, { ruleBrake: { least: 600 }, engineBrake: { least: 60 } }).at(-1)).toBe('BRAKE');
    // Whoever says how many an hour are right isn't braked below that.
    const limits = { ruleBrake: { least: 10 }, engineBrake: { least: 600 } };
    const fires = (budget: string) =>
      run(burst, limits, ruleOf('freshness.failed', `guard: { budget: ${budget} }`)).filter((guard) => guard === null);
    expect([fires('80/1h'), fires('1/1m'), fires('80/1d')].map(({ length }) => length)).toEqual([70, 1, 10]);
  });
});

describe('laws', () => {
  const rule = ruleOf('freshness.failed', 'guard: { cooldown: 3m, max: 3/20m, budget: 5/1h, per: subject }');
  const step = fc.record({
    at: fc.integer({ min: 0, max: 240 }).map((minutes) => T0 + minutes * MINUTE),
    subject: fc.constantFrom('a', 'b', 'c'),
  });
  type Step = { readonly at: number; readonly subject: string };

  const play = (steps: readonly Step[]): Decision[] => {
    const keys = new Map<string, GuardState['key']>();
    let shared = NO_GUARD_STATE;
    return steps.map(({ at, subject }, i) => {
      const state = { ...shared, key: keys.get(subject) ?? NO_GUARD_STATE.key };
      const change = changeOf('freshness.failed', `dataset:db:${subject}`, at, { sequence: i });
      const { decision, guards } = decide(occasionOf(change), rule, viewOf(datasetView(subject)), state, at);
      keys.set(subject, guards.key);
      shared = guards;
      return decision;
    });
  };

  /** Most of the times that lie in any window of the length. */
  const most = (times: readonly number[], window: number): number =>
    Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + window).length));

  it('a decision is a function of what it is given', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        expect(play(steps)).toEqual(play(steps));
      }),
    );
  });

  it('no window holds more fires than the rule allows, even when the clock is set back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const fired = play(steps).filter(({ verdict }) => verdict === 'FIRED');
        expect(
          most(
            fired.map(({ at }) => at),
            HOUR,
          ),
        ).toBeLessThanOrEqual(5);
        for (const subject of ['a', 'b', 'c']) {
          const times = fired.filter((one) => one.subject === `dataset:db:${subject}`).map(({ at }) => at);
          expect(most(times, 20 * MINUTE)).toBeLessThanOrEqual(3);
          expect(most(times, 3 * MINUTE)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('what is not met, or held back, counts for no limit', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const once = play(steps);
        // Without what was suppressed the rest decides the same.
        const kept = steps.filter((_, i) => once[i]?.verdict === 'FIRED');
        expect(play(kept).every(({ verdict }) => verdict === 'FIRED')).toBe(true);
      }),
    );
  });
});
