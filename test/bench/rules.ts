/** What a change costs the more rules there are, and what rules cost to hold. */
import {
  decide,
  type MatchFacts,
  NO_GUARD_STATE,
  type NodeView,
  type ObservedChange,
  occasionOfChange,
  type ReadView,
  RuleIndex,
  type RuleSet,
  sayProblem,
} from '#rules';
import { RuleReader } from '#rules/language';
import type { Bench, BenchContext } from './bench.ts';
import { median, quantile } from './figure.ts';
import { startStopwatch } from './stopwatch.ts';

const RULES: readonly number[] = [10, 1_000, 10_000];
const CHANGES = 2_000;
const WARM = 500;
/** Rules that the bench asks without an index: each change all of them. */
const ALL_CHANGES = 20;

export const rules: Bench = {
  name: 'rules',
  about: 'cost of a change with 10, 1,000 and 10,000 rules; loading and holding them',
  run(context) {
    measure(context);
    return Promise.resolve();
  },
};

function measure({ report }: BenchContext): void {
  const costs = RULES.map((count) => {
    const set = load(count, report);
    const index = new RuleIndex(set.rules);
    const asked = { candidates: 0, fired: 0 };
    const times = Array.from({ length: WARM + CHANGES }, (_, i) => {
      const { facts, view, change } = changeOf(i, count);
      const stopwatch = startStopwatch();
      for (const { rule } of index.candidates(facts)) {
        const { decision } = decide(occasionOfChange(change), rule, view, NO_GUARD_STATE, change.seen);
        asked.candidates++;
        if (decision.verdict === 'FIRED') asked.fired++;
      }
      return stopwatch().ms * 1_000;
    }).slice(WARM);
    const each = (asked.candidates / (WARM + CHANGES)).toFixed(2);
    const note = `${count} rules: a fifth each by tag, name, prefix, dataset and job; ${each} rules decided a change, ${asked.fired} fired`;
    report({ name: `rules.${count}.change`, value: median(times), unit: 'µs/change', n: CHANGES, note });
    report({ name: `rules.${count}.change.p99`, value: quantile(times, 0.99), unit: 'µs/change', n: CHANGES, note });
    return { set, time: median(times) };
  });
  const [first, last] = [costs[0], costs.at(-1)];
  if (first === undefined || last === undefined) return;
  const note = `${RULES.at(-1)} rules to ${RULES[0]}`;
  report({ name: 'rules.ratio', value: last.time / first.time, unit: '×', n: CHANGES, note });
  const every = withoutIndex(last.set);
  const plain = `${RULES.at(-1)} rules, each asked about each change`;
  report({ name: 'rules.without-index', value: every, unit: 'µs/change', n: ALL_CHANGES, note: plain });
}

function withoutIndex({ rules: all }: RuleSet): number {
  const times = Array.from({ length: ALL_CHANGES }, (_, i) => {
    const { view, change } = changeOf(i, all.length);
    const stopwatch = startStopwatch();
    for (const rule of all) decide(occasionOfChange(change), rule, view, NO_GUARD_STATE, change.seen);
    return stopwatch().ms * 1_000;
  });
  return median(times);
}

function load(count: number, report: BenchContext['report']): RuleSet {
  const text = `rules:\n${Array.from({ length: count }, (_, i) => ruleText(i)).join('')}`;
  const before = process.memoryUsage().heapUsed;
  const stopwatch = startStopwatch();
  // A folder of files, none above what a file may hold.
  const files = parts(text).map((part, i) => ({ file: `rules/${i}.yml`, text: part }));
  const reader = new RuleReader();
  const loaded = reader.load(files);
  const { ms } = stopwatch();
  if (!loaded.ok) throw new Error(loaded.problems.slice(0, 3).map(sayProblem).join('\n'));
  const held = (process.memoryUsage().heapUsed - before) / 1e6;
  const note = `YAML, shape, conditions; about ${Math.max(0, Math.round(held))} MB on the heap before collection`;
  report({ name: `rules.${count}.load`, value: ms, unit: 'ms', n: count, note });
  const again = startStopwatch();
  reader.load(files.map((one, i) => (i === 0 ? { ...one, text: `${one.text}\n` } : one)));
  const changed = 'the same folder after one of its files was written';
  report({ name: `rules.${count}.reload`, value: again().ms, unit: 'ms', n: count, note: changed });
  return loaded.set;
}

/** The rules by hundreds. */
function parts(text: string): string[] {
  const all = text.split(/(?=^ {2}- name)/m).slice(1);
  return Array.from({ length: Math.ceil(all.length / 100) }, (_, i) =>
    ['rules:\n', ...all.slice(100 * i, 100 * (i + 1))].join(''),
  );
}

const CHOICES: readonly ((i: number) => string)[] = [
  (i) => `where: '"team-${i}" in dataset.tags && dataset.namespace == "db"'`,
  (i) => `where: 'dataset.name == "shop.table_${i}" && !change.corrected'`,
  (i) => `where: 'dataset.name.startsWith("area_${i}.") && size(dataset.owners) > 0'`,
  (i) => `dataset: "dataset:db:shop.table_${i}"`,
  (i) => `job: { namespace: airflow, name: job_${i} }`,
];

const ruleText = (i: number): string => `  - name: rule-${i}
    on: dataset.updated
    ${CHOICES[i % CHOICES.length]?.(i) ?? ''}
    then: [ { tag: { add: seen } } ]
`;

function changeOf(
  i: number,
  count: number,
): { facts: MatchFacts; view: ReadView; change: ObservedChange & { sequence: number } } {
  const at = i * 1_000;
  const n = (i * 7) % count;
  const name = i % 2 === 0 ? `shop.table_${n}` : `area_${n}.facts`;
  const dataset: NodeView = {
    id: `dataset:db:${name}`,
    aliases: [],
    kind: 'dataset',
    namespace: 'db',
    name,
    tags: [`team-${n}`, 'mart', 'tier-1'],
    owners: ['data'],
    description: null,
    type: 'TABLE',
    lifecycle: 'ACTIVE',
    fields: Array.from({ length: 20 }, (_, field) => `field_${field}`),
    processing: null,
    integration: null,
  };
  const change = {
    sequence: i + 1,
    kind: 'dataset.updated',
    subject: dataset.id,
    at,
    seen: at,
    text: `${name} was written`,
    breaking: null,
    corrected: false,
    before: null,
    after: { job: 'job:airflow:load', run: 'run:1' },
  };
  const view: ReadView = {
    subject: dataset,
    dataset,
    job: null,
    run: null,
    incident: null,
    cause: null,
    dataVersion: `run:${i}`,
    inputs: null,
    lastOutputAt: null,
    evidenceAt: at,
    chain: [],
  };
  const jobs = [`job:airflow:job_${n}`, 'job:airflow:report'].map((id) => ({ id, aliases: [] }));
  return { facts: { kind: change.kind, subject: dataset, dataset, job: null, jobs }, view, change };
}
