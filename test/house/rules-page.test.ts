/** Every example of docs/rules.md: files are loaded, what happens is decided, and what comes out is what the page says. */
import { describe, expect, it } from 'vitest';
import {
  breachBy,
  decide,
  type GuardState,
  guardKeys,
  IncidentBook,
  NO_GUARD_STATE,
  type NodeView,
  type ReadView,
  type Rule,
  RuleIndex,
  sayProblem,
  withIncidents,
} from '#rules';
import { loadRules } from '#rules/language';
import { changeOf, datasetView, HOUR, jobView, MINUTE, occasionOf, T0, viewOf } from '../rules/rule-world.ts';
import { blocksOf } from './page-blocks.ts';
import { read } from './repository.ts';

const BLOCKS = blocksOf(read('docs/rules.md'));
/** Those of a shell are run, on a hub, by test/wide/rules-walk.test.ts. */
const KNOWN = new Set(['sh', 'said', 'yaml rules', 'yaml wrong', 'happens', 'problems']);

/** What the kinds of the page say of a subject. */
const TEXTS: Readonly<Record<string, string>> = {
  'freshness.failed': 'NAME is late',
  'freshness.recovered': 'NAME is fresh again',
  'schema.changed': 'NAME has another schema',
  'dataset.updated': 'NAME was written',
  'job.stalled': 'NAME is stalled',
  'run.failed': 'a run of NAME failed',
};

const timeOf = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return T0 + (hours - 8) * HOUR + minutes * MINUTE;
};

const nodeOf = (text: string, more: Partial<NodeView> = {}): NodeView => {
  const [namespace, name] = text.split('/');
  if (name === undefined) return datasetView(text, more);
  return jobView(name, { id: `job:${namespace}:${name}`, namespace: namespace ?? '', ...more });
};

/** The state that lives through the lines of one block. */
class World {
  readonly #index: RuleIndex;
  readonly #keys = new Map<string, GuardState['key']>();
  readonly #data = new Map<string, GuardState['data']>();
  #shared = NO_GUARD_STATE;
  readonly #book = new IncidentBook();
  #sequence = 0;

  constructor(rules: readonly Rule[]) {
    this.#index = new RuleIndex(rules);
  }

  /** `08:00 freshness.failed staging cause=raw` → the sentences that are said of it. */
  happens(line: string): string {
    const [time = '', kind = '', of = '', ...options] = line.trim().split(/\s+/);
    const option = (name: string): string | null =>
      options.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
    const at = timeOf(time);
    const subject = nodeOf(of, { tags: option('tags')?.split(',') ?? [] });
    const change = changeOf(kind, subject.id, at, {
      sequence: ++this.#sequence,
      text: TEXTS[kind]?.replace('NAME', subject.name) ?? '',
      breaking: options.includes('breaking'),
    });
    this.#book.recovered(subject.id, kind, at);
    this.#book.elapsed(at);
    const view = viewWith(subject, option);
    const job = view.job;
    const facts = { kind, subject, dataset: view.dataset, job, jobs: job === null ? [] : [job] };
    const said = this.#index.candidates(facts).map(({ rule }) => this.#decide(rule, view, change, at));
    return said.length === 0 ? 'nothing: no rule is about it' : said.join(' ');
  }

  #decide(rule: Rule, view: ReadView, change: ReturnType<typeof changeOf>, at: number): string {
    const keys = guardKeys(rule, view.subject.id, view.job?.id ?? null);
    const state = {
      ...this.#shared,
      key: this.#keys.get(keys.key) ?? NO_GUARD_STATE.key,
      data: this.#data.get(keys.data) ?? NO_GUARD_STATE.data,
    };
    const seen = withIncidents(view, rule, this.#book);
    const { decision, guards } = decide(occasionOf(change), rule, seen, state, at);
    this.#shared = guards;
    this.#keys.set(keys.key, guards.key);
    this.#data.set(keys.data, guards.data);
    if (decision.incident !== null) this.#book.breached(breachBy(decision, seen));
    return decision.text;
  }
}

function viewWith(subject: NodeView, option: (name: string) => string | null): ReadView {
  const target = option('for');
  const cause = option('cause');
  const output = option('output');
  const inputs = option('inputs')
    ?.split(',')
    .map((written) => {
      const [dataset = '', time = ''] = written.split('@');
      return { dataset, version: time, updatedAt: timeOf(time) };
    });
  return viewOf(subject, {
    ...(target === null ? {} : { job: nodeOf(target) }),
    cause: cause === null ? null : { subject: datasetView(cause).id, name: cause, incident: '' },
    inputs: inputs ?? null,
    lastOutputAt: output === null ? null : timeOf(output),
  });
}

const load = (text: string) => loadRules([{ file: 'rules/example.yml', text }]);

describe('docs/rules.md', () => {
  it('has only examples that are executed', () => {
    expect(BLOCKS.length).toBeGreaterThan(10);
    expect(BLOCKS.filter(({ info }) => !KNOWN.has(info)).map(({ line, info }) => `${line} ${info}`)).toEqual([]);
  });

  it.each(BLOCKS.filter(({ info }) => info === 'yaml rules').map(({ line, text }) => [line, text] as const))(
    'line %d is a rule file',
    (_, text) => {
      const loaded = load(text);
      expect(loaded.ok ? [] : loaded.problems.map(sayProblem)).toEqual([]);
    },
  );

  it.each(BLOCKS.flatMap((block, i) => (block.info === 'happens' ? [[block.line, i] as const] : [])))(
    'line %d happens so',
    (_, i) => {
      const file = BLOCKS.slice(0, i).findLast(({ info }) => info === 'yaml rules');
      const loaded = load(file?.text ?? '');
      const world = new World(loaded.ok ? loaded.set.rules : []);
      const lines = (BLOCKS[i]?.text ?? '').trimEnd().split('\n');
      const parted = lines.map((line) => line.split(' -> '));
      expect(parted.map(([what = '']) => `${what.trim()} -> ${world.happens(what)}`)).toEqual(
        parted.map(([what = '', said = '']) => `${what.trim()} -> ${said}`),
      );
    },
  );

  it.each(BLOCKS.flatMap((block, i) => (block.info === 'yaml wrong' ? [[block.line, i] as const] : [])))(
    'line %d is wrong in the way that is told',
    (_, i) => {
      const loaded = load(BLOCKS[i]?.text ?? '');
      const said = BLOCKS[i + 1];
      expect(said?.info).toBe('problems');
      expect(loaded.ok ? [] : loaded.problems.map(sayProblem)).toEqual(said?.text.trimEnd().split('\n'));
    },
  );
});
