/**
 * What conditions and templates can see: the names, their types when a rule is loaded, their values when it decides.
 *
 * | name | is |
 * |---|---|
 * | `subject` | what the change is about: a dataset, or a job; of a run its job |
 * | `dataset`, `job` | the same with what only the one or the other has; where the kinds of the rule have one |
 * | `run` | of kinds about runs |
 * | `change` | what changed; `before` and `after` are as the change feed has them |
 * | `incident` | the open one of this rule and subject, else the one that the decision is about to open |
 * | `rule`, `now` | its name; the time of the decision |
 */
import type { RuleKind, SubjectKind } from '../language/change-kinds.ts';
import { subjectKindOf } from '../language/change-kinds.ts';
import { ANY, BOOL, listOf, record, STRING, TIMESTAMP, type ValueType } from './value-type.ts';

const ASSET = {
  id: STRING,
  kind: STRING,
  namespace: STRING,
  name: STRING,
  tags: listOf(STRING),
  owners: listOf(STRING),
  description: STRING,
} as const;

const SUBJECT = record(ASSET);
const DATASET = record({ ...ASSET, type: STRING, lifecycle: STRING, fields: listOf(STRING) });
const JOB = record({ ...ASSET, type: STRING, processing: STRING, integration: STRING });
const RUN = record({
  id: STRING,
  state: STRING,
  startedAt: TIMESTAMP,
  endedAt: TIMESTAMP,
  nominalStart: TIMESTAMP,
  error: STRING,
});
const CHANGE = record({
  kind: STRING,
  at: TIMESTAMP,
  seen: TIMESTAMP,
  text: STRING,
  breaking: BOOL,
  corrected: BOOL,
  before: ANY,
  after: ANY,
  hit: listOf(STRING),
});
const INCIDENT = record({ id: STRING, kind: STRING, state: STRING, since: TIMESTAMP, assignee: STRING });

const ALWAYS: Readonly<Record<string, ValueType>> = {
  subject: SUBJECT,
  change: CHANGE,
  incident: INCIDENT,
  rule: record({ name: STRING }),
  now: TIMESTAMP,
};

const OF_SUBJECT: Readonly<Record<SubjectKind, Readonly<Record<string, ValueType>>>> = {
  dataset: { dataset: DATASET },
  job: { job: JOB },
  run: { job: JOB, run: RUN },
  source: {},
  any: { dataset: DATASET, job: JOB },
};

export type Scope = Readonly<Record<string, ValueType>>;

/**
 * The names that are there whatever kind of the list comes.
 * @param withJob the rule names jobs: `job` is the one that the change concerns
 */
export function scopeOf(kinds: readonly RuleKind[], withJob: boolean): Scope {
  const scopes = kinds.map((kind) => OF_SUBJECT[subjectKindOf(kind)]);
  const shared = Object.entries(scopes[0] ?? {}).filter(([name]) =>
    scopes.every((scope) => Object.hasOwn(scope, name)),
  );
  return { ...ALWAYS, ...Object.fromEntries(shared), ...(withJob ? { job: JOB } : {}) };
}

/** The names that a freshness policy may use to choose datasets. */
export const POLICY_SCOPE: Scope = { subject: SUBJECT, dataset: DATASET };
