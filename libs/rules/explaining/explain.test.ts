import { describe, expect, it } from 'vitest';
import {
  changeOf,
  datasetView,
  HOUR,
  jobView,
  MINUTE,
  occasionOf,
  ruleOf,
  T0,
  viewOf,
} from '../../../test/rules/rule-world.ts';
import { decide } from '../deciding/decide.ts';
import { NO_GUARD_STATE } from '../deciding/guards.ts';
import { dryRun, type Moment } from './dry-run.ts';
import { explainDecision, explainSilence, lastDecision } from './explain.ts';

const ORDERS = datasetView('orders', { tags: ['mart'] });
const rule = ruleOf('freshness.failed', `where: '"mart" in dataset.tags'`, 'guard: { cooldown: 10m }');

const moment = (name: string, minutes: number, kind = 'freshness.failed', cause: string | null = null): Moment => {
  const at = T0 + minutes * MINUTE;
  const subject = datasetView(name, { tags: ['mart'] });
  const view = viewOf(subject, {
    cause: cause === null ? null : { subject: `dataset:db:${cause}`, name: cause, incident: '' },
  });
  return {
    occasion: occasionOf(changeOf(kind, subject.id, at, { sequence: minutes }), `${name}:${minutes}`),
    view,
    at,
  };
};

describe('explain', () => {
  const decisions = [0, 5, 20].map((minutes) => {
    const { occasion, view, at } = moment('orders', minutes);
    return decide(occasion, rule, view, NO_GUARD_STATE, at).decision;
  });

  it('tells the last decision by then', () => {
    expect(lastDecision(decisions, 'r', ORDERS.id, T0 + 19 * MINUTE)?.change.sequence).toBe(5);
    expect(lastDecision(decisions, 'r', ORDERS.id, T0 - 1)).toBeNull();
    expect(lastDecision(decisions, 'other', ORDERS.id, T0 + HOUR)).toBeNull();
  });

  it('tells of a job what was decided for it on what it reads', () => {
    const job = jobView('build');
    const { occasion, at } = moment('orders', 1, 'dataset.updated');
    const asked = ruleOf('dataset.updated', `job: "${job.id}"`);
    const { decision } = decide(occasion, asked, viewOf(ORDERS, { job }), NO_GUARD_STATE, at);
    expect(lastDecision([decision], 'r', job.id, at)).toBe(decision);
    expect(lastDecision([decision], 'r', 'job:airflow:other', at)).toBeNull();
  });

  it('says when and why, and whether the rule is still the same', () => {
    const [first] = decisions;
    if (first === undefined) throw new Error('no decision');
    expect(explainDecision(first, rule)).toMatchObject({
      fired: true,
      text: 'At 2026-01-05T08:00:00.000Z r fired for orders: orders: freshness.failed (tag).',
    });
    expect(explainDecision(first, ruleOf('freshness.failed')).text).toContain('The rule was changed since.');
    expect(explainDecision(first, null).text).toContain('The rule is gone since.');
  });

  it.each([
    [
      'no change came',
      rule,
      ORDERS,
      null,
      'r was never asked about orders: no freshness.failed of it was seen; its conditions would be met.',
    ],
    [
      'and the conditions are not met either',
      rule,
      datasetView('raw'),
      null,
      'r was never asked about raw: no freshness.failed of it was seen; now "mart" in dataset.tags is false (dataset.tags is []).',
    ],
    [
      'a change came that it could not want',
      rule,
      datasetView('raw'),
      changeOf('freshness.failed', 'dataset:db:raw'),
      'r decided nothing on the last freshness.failed of raw, at 2026-01-05T08:00:00.000Z: "mart" in dataset.tags is false (dataset.tags is []).',
    ],
    [
      'and what it asks of a change nobody can tell',
      ruleOf('schema.changed', 'where: change.breaking'),
      ORDERS,
      null,
      'r was never asked about orders: no schema.changed of it was seen; whether change.breaking is told by one alone.',
    ],
    ['it is about datasets alone', rule, jobView('load'), null, 'r is about freshness.failed, and load is a job.'],
    [
      'nothing came of what a job reads',
      ruleOf('dataset.updated', 'job: "job:airflow:load"'),
      jobView('load'),
      null,
      'r was never asked about load: no dataset.updated of what it reads was seen; its conditions would be met.',
    ],
    [
      'it is about another',
      ruleOf('freshness.failed', 'dataset: "dataset:db:other"'),
      ORDERS,
      null,
      'r is not about orders: dataset in ["dataset:db:other"] is false (dataset is "dataset:db:orders").',
    ],
  ])('says why nothing was decided: %s', (_, asked, node, change, text) => {
    expect(explainSilence(asked, viewOf(node), change, T0)).toMatchObject({ fired: false, verdict: 'NOT_MET', text });
  });
});

describe('a dry run', () => {
  it('tells how often, where, and what would have been held back', () => {
    const { decisions, ...counts } = dryRun(rule, [
      moment('a', 0),
      moment('a', 5),
      moment('b', 6),
      moment('a', 30),
      { ...moment('c', 31), view: viewOf(datasetView('c')) },
    ]);
    expect(counts).toEqual({ fired: 3, suppressed: 1, notMet: 1, guards: { COOLDOWN: 1 }, cut: false });
    expect(decisions.map(({ subject, verdict }) => `${subject.slice(11)} ${verdict}`)).toEqual([
      'a FIRED',
      'a SUPPRESSED',
      'b FIRED',
      'a FIRED',
      'c NOT_MET',
    ]);
  });

  it('folds what is late because of what is late already', () => {
    const marts = Array.from({ length: 12 }, (_, i) => moment(`mart_${i}`, 10 + i, 'freshness.failed', 'raw'));
    const { fired, guards } = dryRun(rule, [moment('raw', 0), ...marts]);
    expect({ fired, guards }).toEqual({ fired: 1, guards: { FOLDED: 12 } });
  });

  it('fires again after the recovery', () => {
    const without = ruleOf('freshness.failed');
    const { decisions } = dryRun(without, [moment('a', 0), moment('a', 1, 'freshness.recovered'), moment('a', 2)]);
    expect(decisions.map(({ incident }) => incident?.do)).toEqual(['open', 'open']);
  });

  it('is a function of its moments', () => {
    const moments = [moment('a', 0), moment('b', 1, 'freshness.failed', 'a'), moment('a', 3, 'freshness.recovered')];
    expect(dryRun(rule, moments)).toEqual(dryRun(rule, moments));
  });
});
