import { describe, expect, it } from 'vitest';
import { Condition } from './condition.ts';
import { scopeOf } from './condition-scope.ts';
import { plainValue, timeValue } from './condition-values.ts';
import { Template } from './template.ts';

const SCOPE = scopeOf(['freshness.failed'], false);
const VALUES = {
  dataset: plainValue({ name: 'shop.orders', tags: ['mart', 'tier:1'], description: null, owners: [] }),
  change: plainValue({ after: { state: 'FAIL', rows: 12 }, breaking: false }),
  incident: null,
  now: timeValue(Date.UTC(2026, 0, 1, 7, 30)),
};

function load(text: string): Condition {
  const condition = Condition.load(text, SCOPE);
  if (!(condition instanceof Condition)) throw new Error(condition.map(({ message }) => message).join('; '));
  return condition;
}

describe('a condition', () => {
  it.each([
    ['dataset.tags.exists(t, t == "mart")', true],
    ['"mart" in dataset.tags && dataset.name.startsWith("shop.")', true],
    ['!dataset.name.endsWith("orders")', false],
    ['dataset.name.matches("^shop[.]")', true],
    ['dataset.description == null', true],
    ['size(dataset.tags) > 1', true],
    ['change.after.rows + 1.0 > 12', true],
    ['change.after.state == "FAIL" || change.after.nothing == 1', true],
    ['now.getHours("Europe/Paris") == 8 && now.getHours() == 7', true],
    ['now < timestamp("2026-06-01T00:00:00Z")', true],
    ['incident == null', true],
    ['has(change.after.rows) && !has(change.after.columns)', true],
    ['dataset.tags.filter(t, t.startsWith("tier")).map(t, size(t)) == [6]', true],
  ])('%s is %s', (text, met) => {
    expect(load(text).evaluate(VALUES)).toMatchObject({ met, because: null });
  });

  it('tells the value of each of its parts, and what they looked at', () => {
    const { parts } = load('dataset.tags.exists(t, t == "mart") && !(dataset.name == "a" || now > now)').evaluate(
      VALUES,
    );
    expect(parts).toEqual([
      {
        text: 'dataset.tags.exists(t, t == "mart")',
        value: true,
        met: true,
        inputs: { 'dataset.tags': ['mart', 'tier:1'] },
        because: null,
      },
      {
        text: '!(dataset.name == "a")',
        value: true,
        met: true,
        inputs: { 'dataset.name': 'shop.orders' },
        because: null,
      },
      { text: '!(now > now)', value: true, met: true, inputs: { now: '2026-01-01T07:30:00.000Z' }, because: null },
    ]);
  });

  it.each([
    ['change.after.columns > 3', 'there is no "columns"'],
    ['dataset.description.startsWith("a")', "startsWith can't be asked of null"],
    ['change.after.rows', 'it is neither true nor false'],
    ['change.after.state + 1 == 2', "+ can't be asked of string, int"],
    ['subject.name == "x"', 'unresolved attribute'],
  ])('%s is not met, because %s', (text, because) => {
    const outcome = load(text).evaluate(VALUES);
    expect(outcome.met).toBe(false);
    expect(outcome.parts[0]?.because ?? outcome.because).toBe(because);
  });

  it('blames the parts that kept it from being met, and no others', () => {
    const blamed = (text: string): string[] =>
      load(text)
        .evaluate(VALUES)
        .blamed.map((part) => part.text);
    expect(blamed('dataset.name == "a" && (now > now || "mart" in dataset.tags)')).toEqual(['dataset.name == "a"']);
    expect(blamed('!("mart" in dataset.tags || now > now) && now == now')).toEqual(['!("mart" in dataset.tags)']);
    expect(blamed('!dataset.name.startsWith("shop.")')).toEqual(['!dataset.name.startsWith("shop.")']);
    expect(blamed('now == now')).toEqual([]);
  });

  it('is decided by what can be told', () => {
    expect(load('change.after.none == 1 && dataset.name == "no"').evaluate(VALUES)).toMatchObject({
      met: false,
      because: null,
    });
    expect(load('change.after.none == 1 || dataset.name == "no"').evaluate(VALUES)).toMatchObject({
      met: false,
      because: 'there is no "none"',
    });
    expect(load('!(change.after.none == 1)').evaluate(VALUES).met).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('sees no %s of JavaScript', (name) => {
    expect(load(`change.after.${name} == null`).evaluate(VALUES)).toMatchObject({
      met: false,
      because: `there is no "${name}"`,
    });
  });

  it('costs little when it is as dear as can be', () => {
    const tags = Array.from({ length: 5_000 }, (_, i) => `t${i}`);
    const condition = load('dataset.tags.all(a, dataset.tags.all(b, a != "x" || b != "y"))');
    const outcome = condition.evaluate({ ...VALUES, dataset: plainValue({ tags }) });
    expect(outcome.met).toBe(true);
    expect(outcome.parts[0]?.inputs['dataset.tags']).toHaveLength(1_000);
  });
});

describe('a template', () => {
  it('fills in what conditions see', () => {
    const template = Template.load(
      '{{dataset.name}} at {{ now }}: {{change.after.nothing}}, {{dataset.tags}}{{1 + 1}}',
      SCOPE,
    );
    expect(template instanceof Template ? template.render(VALUES) : template).toBe(
      'shop.orders at 2026-01-01T07:30:00.000Z: unknown, mart, tier:12',
    );
  });
});
