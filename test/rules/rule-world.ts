/** Small rules, nodes, changes and views for tests of rules. */
import { type NodeView, type ObservedChange, type Occasion, type ReadView, type Rule, sayProblem } from '#rules';
import { loadRules } from '#rules/language';

export const T0 = Date.UTC(2026, 0, 5, 8);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** The rules of a file. @throws with its problems */
export function rulesOf(text: string): readonly Rule[] {
  const loaded = loadRules([{ file: 'rules/test.yml', text }]);
  if (!loaded.ok) throw new Error(loaded.problems.map(sayProblem).join('\n'));
  return loaded.set.rules;
}

/** One rule that tags; `more` is YAML of its other keys, one a line. */
export function ruleOf(on: string, ...more: readonly string[]): Rule {
  const lines = more.map((line) => `    ${line}\n`).join('');
  const [rule] = rulesOf(`rules:\n  - name: r\n    on: ${on}\n    then: [ { tag: { add: late } } ]\n${lines}`);
  if (rule === undefined) throw new Error('no rule');
  return rule;
}

export function datasetView(name: string, more: Partial<NodeView> = {}): NodeView {
  return {
    id: `dataset:db:${name}`,
    aliases: [],
    kind: 'dataset',
    namespace: 'db',
    name,
    tags: [],
    owners: [],
    description: null,
    type: 'TABLE',
    lifecycle: 'ACTIVE',
    fields: [],
    processing: null,
    integration: null,
    ...more,
  };
}

export const jobView = (name: string, more: Partial<NodeView> = {}): NodeView =>
  datasetView(name, {
    id: `job:airflow:${name}`,
    kind: 'job',
    namespace: 'airflow',
    type: 'TASK',
    lifecycle: null,
    processing: 'BATCH',
    integration: 'AIRFLOW',
    ...more,
  });

export function viewOf(subject: NodeView, more: Partial<ReadView> = {}): ReadView {
  return {
    subject,
    dataset: subject.kind === 'dataset' ? subject : null,
    job: subject.kind === 'job' ? subject : null,
    run: null,
    incident: null,
    cause: null,
    dataVersion: null,
    inputs: null,
    lastOutputAt: null,
    evidenceAt: null,
    chain: [],
    ...more,
  };
}

export function changeOf(kind: string, subject: string, at = T0, more: Partial<ObservedChange> = {}): ObservedChange {
  return {
    sequence: 1,
    kind,
    subject,
    at,
    seen: at,
    text: `${subject.split(':').at(-1)}: ${kind}`,
    breaking: null,
    corrected: false,
    before: null,
    after: null,
    ...more,
  };
}

export const occasionOf = (change: ObservedChange, key = `change:${change.sequence}`): Occasion => ({ key, change });
