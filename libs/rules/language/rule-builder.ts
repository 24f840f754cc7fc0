/** Makes rules out of files whose shape is right, and finds what a shape can't say. */
import { assetId, canonicalJob, canonicalJson, readCron, readPolicy } from '#lineage';
import type { ExpressionFault } from '../conditions/check-expression.ts';
import { Condition } from '../conditions/condition.ts';
import { POLICY_SCOPE, type Scope, scopeOf } from '../conditions/condition-scope.ts';
import { ActionBuilder, type WebhookUse } from './action-builder.ts';
import { isBreach, subjectKindOf } from './change-kinds.ts';
import { parseDuration, parseRate } from './duration.ts';
import type { LoadedConditions } from './loaded-conditions.ts';
import { suggestion } from './nearest.ts';
import type { Problem } from './problem.ts';
import type {
  RuleFile,
  WrittenGuard,
  WrittenPolicy,
  WrittenRule,
  WrittenTerm,
  WrittenWebhook,
} from './rule-file-schema.ts';
import type { ChosenPolicy, Expectation, GlossaryTerm, GuardLimits, Rule, RuleSet, Webhook } from './rule-set.ts';
import { parseSecretReference } from './secret-reference.ts';
import type { SourceText, YamlPath } from './source-text.ts';

export class RuleBuilder {
  readonly #rules = new Map<string, Rule>();
  readonly #freshness = new Map<string, ChosenPolicy>();
  readonly #webhooks = new Map<string, Webhook>();
  readonly #glossary = new Map<string, GlossaryTerm>();
  readonly #uses: WebhookUse[] = [];
  readonly #problems: Problem[] = [];
  readonly #conditions: LoadedConditions;

  constructor(conditions: LoadedConditions) {
    this.#conditions = conditions;
  }

  add(source: SourceText, file: RuleFile): void {
    for (const [name, written] of Object.entries(file.webhooks ?? {})) {
      this.#once(this.#webhooks, name, this.#webhook(source, name, written), source, ['webhooks', name]);
    }
    (file.freshness ?? []).forEach((written, i) => {
      const path = ['freshness', i];
      this.#once(this.#freshness, written.name, this.#policy(source, written, path), source, [...path, 'name']);
    });
    (file.rules ?? []).forEach((written, i) => {
      const path = ['rules', i];
      this.#once(this.#rules, written.name, this.#rule(source, written, path), source, [...path, 'name']);
    });
    (file.glossary ?? []).forEach((written, i) => {
      const path = ['glossary', i];
      this.#once(this.#glossary, written.term, glossaryTerm(source, written, path), source, [...path, 'term']);
    });
  }

  /** @param complete all files were read: what refers to a name that isn't there is wrong */
  build(complete: boolean): { readonly set: Omit<RuleSet, 'contracts'>; readonly problems: readonly Problem[] } {
    const known = [...this.#webhooks.keys()];
    const lost = this.#uses.filter(({ webhook }) => complete && !this.#webhooks.has(webhook));
    const dangling = lost.map(({ webhook, source, path }) =>
      source.problem(path, `there is no webhook "${webhook}"${suggestion(webhook, known)}; add it under webhooks`),
    );
    const set = {
      rules: [...this.#rules.values()],
      freshness: [...this.#freshness.values()],
      webhooks: [...this.#webhooks.values()],
      glossary: [...this.#glossary.values()],
    };
    return { set, problems: [...this.#problems, ...dangling] };
  }

  #once<T extends { readonly place: { readonly file: string; readonly line: number } }>(
    all: Map<string, T>,
    name: string,
    value: T,
    source: SourceText,
    path: YamlPath,
  ): void {
    const first = all.get(name);
    if (first === undefined) all.set(name, value);
    else {
      const where = `${first.place.file}:${first.place.line}`;
      this.#problem(source, path, `"${name}" is there already, at ${where}; names are unique over all files`);
    }
  }

  #rule(source: SourceText, written: WrittenRule, path: YamlPath): Rule {
    const on = typeof written.on === 'string' ? [written.on] : written.on;
    const jobs = written.job === undefined ? null : jobIds(written.job);
    const aboutDatasets = on.every((kind) => subjectKindOf(kind) === 'dataset');
    if (written.when === 'all-inputs-updated' && (jobs === null || on.some((kind) => kind !== 'dataset.updated')))
      this.#problem(source, [...path, 'when'], 'needs on: dataset.updated, and job: whose inputs are meant');
    if (written.dataset !== undefined && !aboutDatasets)
      this.#problem(source, [...path, 'dataset'], 'chooses datasets, and not all kinds in on: are about these');
    if (written.expect !== undefined && !on.some((kind) => EXPECTED.has(kind)))
      this.#problem(source, [...path, 'expect'], `is for ${[...EXPECTED].join(', ')}; on: has none of them`);
    const scope = scopeOf(on, jobs !== null);
    return {
      name: written.name,
      description: written.description ?? null,
      on: [...new Set(on)],
      where: this.#condition(source, written.where, scope, [...path, 'where']),
      when: written.when ?? null,
      datasets: written.dataset === undefined ? null : datasetIds(written.dataset),
      jobs,
      actions: this.#actions(source, written, scope, path),
      guard: this.#guard(source, written.guard ?? {}, jobs !== null, on.some(hasJob), [...path, 'guard']),
      expect: this.#expectation(source, written, path),
      place: source.placeOf(path),
      fingerprint: canonicalJson(written),
    };
  }

  #actions(source: SourceText, written: WrittenRule, scope: Scope, path: YamlPath): Rule['actions'] {
    const builder = new ActionBuilder(source, scope, {
      problem: (at, message) => this.#problem(source, at, message),
      faults: (at, faults) => this.#faults(source, at, faults),
      uses: (use) => this.#uses.push(use),
    });
    return written.then.flatMap((action, i) => builder.build(action, [...path, 'then', i]));
  }

  #guard(source: SourceText, written: WrittenGuard, withJob: boolean, hasJobs: boolean, path: YamlPath): GuardLimits {
    if (written.per === 'job' && !withJob && !hasJobs)
      this.#problem(source, [...path, 'per'], 'the rule is about no job; use subject or rule, or add job:');
    const rate = (name: 'max' | 'budget'): GuardLimits['max'] => {
      const text = written[name];
      if (text === undefined) return null;
      const parsed = parseRate(text);
      if (parsed === null) this.#problem(source, [...path, name], `"${text}" is too many; 1000 at most`);
      return parsed;
    };
    return {
      cooldown: duration(written.cooldown),
      per: written.per ?? (withJob ? 'job' : 'subject'),
      max: rate('max'),
      budget: rate('budget'),
      maxEvidenceAge: duration(written.maxEvidenceAge),
    };
  }

  #expectation(source: SourceText, { expect }: WrittenRule, path: YamlPath): Expectation | null {
    if (expect === undefined) return null;
    const { cron = null, timezone = 'UTC', grace, within } = expect;
    const read = cron === null ? null : readCron(cron, timezone);
    if (read !== null && 'fault' in read) this.#problem(source, [...path, 'expect', 'cron'], read.fault);
    return { cron, timezone, grace: duration(grace), within: duration(within) };
  }

  #policy(source: SourceText, written: WrittenPolicy, path: YamlPath): ChosenPolicy {
    const { name, dataset, where, maxAge, cron } = written;
    if (dataset === undefined && where === undefined)
      this.#problem(source, path, 'chooses no dataset; add dataset: or where:');
    if (maxAge === undefined && cron === undefined)
      this.#problem(source, path, 'asks for nothing; add maxAge: or cron:');
    const read = readPolicy({ maxAge, cron }, name, `rules:${source.file}`);
    if ('faults' in read) {
      for (const fault of read.faults) this.#problem(source, [...path, ...fault.path.split('.')], fault.message);
    }
    const policy = 'faults' in read ? null : read.policy;
    return {
      name,
      source: `rules:${source.file}`,
      maxAge: policy?.maxAge ?? null,
      cron: policy?.cron ?? null,
      datasets: dataset === undefined ? null : datasetIds(dataset),
      where: this.#condition(source, where, POLICY_SCOPE, [...path, 'where']),
      place: source.placeOf(path),
    };
  }

  #webhook(source: SourceText, name: string, written: WrittenWebhook): Webhook {
    const path = ['webhooks', name];
    if (!URL_OF_A_HOST.test(written.url))
      this.#problem(source, [...path, 'url'], `is no address of http or https; write https://HOST/PATH`);
    if (CREDENTIALS.test(written.url))
      this.#problem(source, [...path, 'url'], 'holds user or password; a webhook is signed, take them out');
    const texts = typeof written.secret === 'string' ? [written.secret] : written.secret;
    const secrets = texts.flatMap((text) => parseSecretReference(text) ?? []);
    return { name, url: written.url, secrets, place: source.placeOfKey(path) };
  }

  #condition(source: SourceText, text: string | undefined, scope: Scope, path: YamlPath): Condition | null {
    if (text === undefined) return null;
    const loaded = this.#conditions.load(text, scope);
    if (loaded instanceof Condition) return loaded;
    this.#faults(source, path, loaded);
    return null;
  }

  #faults(source: SourceText, path: YamlPath, faults: readonly ExpressionFault[]): void {
    for (const { offset, message } of faults) {
      this.#problems.push({ ...source.placeWithin(path, offset), message: `${String(path.at(-1))}: ${message}` });
    }
  }

  #problem(source: SourceText, path: YamlPath, message: string): void {
    this.#problems.push(source.problem(path, `${String(path.at(-1))}: ${message}`));
  }
}

function glossaryTerm(source: SourceText, written: WrittenTerm, path: YamlPath): GlossaryTerm {
  const { term, title = null, text, owner = null, see = [] } = written;
  return { name: term, title, text, owner, see, place: source.placeOf(path) };
}

const EXPECTED: ReadonlySet<string> = new Set(['run.missing', 'run.slow', 'run.stuck']);
const URL_OF_A_HOST = /^https?:\/\/[^\s/?#]+([/?#]\S*)?$/i;
const CREDENTIALS = /^https?:\/\/[^\s/?#]*@/i;

const hasJob = (kind: Rule['on'][number]): boolean => ['job', 'run'].includes(subjectKindOf(kind)) && isBreach(kind);

/** What the shape check let through is a duration. */
const duration = (text: string | undefined): number | null => (text === undefined ? null : parseDuration(text));

const datasetIds = (written: string | readonly string[]): readonly string[] =>
  typeof written === 'string' ? [written] : written;

function jobIds(written: NonNullable<WrittenRule['job']>): readonly string[] {
  const list = Array.isArray(written) ? written : [written];
  return list.map((job) => (typeof job === 'string' ? job : assetId({ kind: 'job', ...canonicalJob(job) })));
}
