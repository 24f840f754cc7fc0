import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, datasetView, jobView, ruleOf, rulesOf, viewOf } from '../../../test/rules/rule-world.ts';
import { evaluate } from '../deciding/decide.ts';
import type { NodeView } from '../deciding/read-view.ts';
import { type MatchFacts, RuleIndex } from './rule-index.ts';
import { selectorsOf } from './selectors.ts';

const KIND = 'freshness.failed';

function factsOf(dataset: NodeView, more: Partial<MatchFacts> = {}): MatchFacts {
  return { kind: KIND, subject: dataset, dataset, job: null, jobs: [], ...more };
}

const selected = (where: string): string[] | null => {
  const { where: condition } = ruleOf(KIND, `where: '${where}'`);
  const found = condition === null ? null : selectorsOf(condition.expression);
  return found === null ? null : found.map(({ path, how, value }) => `${path} ${how} ${value}`);
};

describe('selectors', () => {
  it.each([
    ['dataset.name == "a"', ['dataset.name equals a']],
    ['"a" == dataset.name', ['dataset.name equals a']],
    ['dataset.name.startsWith("shop.")', ['dataset.name begins shop.']],
    ['dataset.name in ["a", "b"]', ['dataset.name equals a', 'dataset.name equals b']],
    ['dataset.tags.exists(t, t == "mart")', ['dataset.tags holds mart']],
    ['dataset.tags.exists(t, t == "a" || t in ["b"])', ['dataset.tags holds a', 'dataset.tags holds b']],
    ['"mart" in dataset.tags', ['dataset.tags holds mart']],
    ['dataset.namespace == "db" && "mart" in dataset.tags', ['dataset.tags holds mart']],
    [
      'dataset.namespace == "db" && (dataset.name == "a" || dataset.name == "b")',
      ['dataset.name equals a', 'dataset.name equals b'],
    ],
    ['subject.id == "x" && change.breaking', ['subject.id equals x']],
  ])('of %s', (where, expected) => {
    expect(selected(where)).toEqual(expected);
  });

  it.each([
    '!(dataset.name == "a")',
    'dataset.name != "a"',
    'dataset.name == "a" || change.corrected',
    'dataset.tags.all(t, t == "mart")',
    'dataset.tags.exists_one(t, t == "mart")',
    '!dataset.tags.exists(t, t == "mart")',
    'dataset.name.endsWith("a")',
    'dataset.name == dataset.namespace',
    'dataset.name.startsWith("")',
    'dataset.name == "a" ? true : false',
  ])('%s has none', (where) => {
    expect(selected(where)).toBeNull();
  });
});

describe('the index', () => {
  it('finds by the jobs and datasets that rules name, by aliases too', () => {
    const rules = rulesOf(`rules:
  - { name: by-job, on: dataset.updated, job: [ "job:airflow:a", { namespace: airflow, name: b } ], then: [ { tag: { add: x } } ] }
  - { name: by-dataset, on: dataset.updated, dataset: "dataset:db:old", then: [ { tag: { add: x } } ] }
  - { name: any, on: [dataset.updated, run.failed], then: [ { tag: { add: x } } ] }
`);
    const index = new RuleIndex(rules);
    const dataset = datasetView('new', { aliases: ['dataset:db:old'] });
    const jobs = ['a', 'b', 'c'].map((name) => jobView(name));
    const facts = { ...factsOf(dataset), kind: 'dataset.updated', jobs };
    expect(index.candidates(facts).map(({ rule, job }) => [rule.name, job])).toEqual([
      ['by-job', 'job:airflow:a'],
      ['by-job', 'job:airflow:b'],
      ['by-dataset', null],
      ['any', null],
    ]);
    expect(index.candidates(factsOf(dataset))).toEqual([]);
  });

  it('misses no rule whose condition is met', () => {
    const word = fc.constantFrom('a', 'b', 'ab', 'abc', 'mart');
    const atom = fc.oneof(
      fc
        .tuple(fc.constantFrom('dataset.name', 'subject.name', 'dataset.namespace', 'dataset.id'), word)
        .chain(([path, value]) =>
          fc.constantFrom(
            `${path} == "${value}"`,
            `${path} != "${value}"`,
            `${path}.startsWith("${value}")`,
            `${path} in ["${value}", "b"]`,
          ),
        ),
      word.chain((value) =>
        fc.constantFrom(
          `"${value}" in dataset.tags`,
          `dataset.tags.exists(t, t == "${value}")`,
          `dataset.tags.exists(t, t.startsWith("${value}"))`,
          `dataset.tags.all(t, t == "${value}")`,
          `change.after.${value} == 1.0`,
        ),
      ),
    );
    const { condition } = fc.letrec<{ condition: string }>((tie) => ({
      condition: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        atom,
        fc
          .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
        tie('condition').map((inner) => `!(${inner})`),
      ),
    }));
    const node = fc
      .record({ name: word, namespace: word, tags: fc.uniqueArray(word, { maxLength: 3 }) })
      .map(({ name, namespace, tags }) => datasetView(name, { namespace, tags, id: name }));
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 8 }), node, (conditions, dataset) => {
        const rules = conditions.map((where) => ({ ...ruleOf(KIND, `where: '${where}'`), name: where }));
        const change = changeOf(KIND, dataset.id, 0, { after: { a: 1 } });
        const found = new RuleIndex(rules).candidates(factsOf(dataset)).map(({ rule }) => rule);
        for (const rule of rules) {
          if (evaluate(rule, change, viewOf(dataset), 0).met) expect(found).toContain(rule);
        }
      }),
      { numRuns: 200 },
    );
  });
});
