/** What rules can be about: the dotted kinds of the change feed, what each is about, and what ends it. */

/** What the subject of a kind is: it decides which names a condition may use. */
export type SubjectKind = 'dataset' | 'job' | 'run' | 'source' | 'any';

interface KindFacts {
  readonly subject: SubjectKind;
  /** Kinds that end what this one began; empty: it is a moment, not a state, and opens no incident. */
  readonly endedBy: readonly string[];
}

const moment = (subject: SubjectKind): KindFacts => ({ subject, endedBy: [] });
const breach = (subject: SubjectKind, ...endedBy: readonly string[]): KindFacts => ({ subject, endedBy });

/** Of runs the state is the job's: any later run that completes ends it. */
const KINDS = {
  'freshness.warned': breach('dataset', 'freshness.recovered'),
  'freshness.failed': breach('dataset', 'freshness.recovered'),
  'freshness.recovered': moment('dataset'),
  'schema.changed': moment('dataset'),
  'dataset.updated': moment('dataset'),
  'run.completed': moment('run'),
  'run.failed': breach('run', 'run.completed'),
  'run.slow': breach('run', 'run.completed'),
  'run.missing': breach('job', 'run.completed'),
  'run.stuck': breach('run', 'run.completed'),
  'job.stalled': breach('job', 'job.recovered'),
  'job.lagging': breach('job', 'job.recovered'),
  'job.silent': breach('job', 'job.recovered'),
  'job.stopped': breach('job', 'job.recovered'),
  'job.recovered': moment('job'),
  'source.silent': breach('source', 'source.recovered'),
  'source.recovered': moment('source'),
  'volume.anomaly': breach('dataset', 'volume.recovered'),
  'volume.recovered': moment('dataset'),
  'contract.violated': breach('dataset', 'contract.recovered'),
  'contract.recovered': moment('dataset'),
  'quality.failed': breach('dataset', 'quality.recovered'),
  'quality.recovered': moment('dataset'),
  'lineage.changed': moment('any'),
  'lineage.cycle': moment('any'),
  'incident.opened': moment('any'),
  'incident.resolved': moment('any'),
  'annotation.added': moment('any'),
} as const satisfies Record<string, KindFacts>;

/** A kind that a rule can be about. */
export type RuleKind = keyof typeof KINDS;

export const RULE_KINDS: readonly RuleKind[] = Object.keys(KINDS).filter(isRuleKind);

export function isRuleKind(text: string): text is RuleKind {
  return Object.hasOwn(KINDS, text);
}

export const subjectKindOf = (kind: RuleKind): SubjectKind => KINDS[kind].subject;

/** It is the beginning of a state that lasts until something ends it. */
export const isBreach = (kind: string): boolean => isRuleKind(kind) && KINDS[kind].endedBy.length > 0;

const ENDS: ReadonlyMap<string, readonly string[]> = endings();

/** The kinds of breach that a change of this kind ends; empty for most. */
export const breachesEndedBy = (kind: string): readonly string[] => ENDS.get(kind) ?? [];

function endings(): Map<string, string[]> {
  const ends = new Map<string, string[]>();
  for (const kind of RULE_KINDS) {
    for (const ending of KINDS[kind].endedBy) ends.set(ending, [...(ends.get(ending) ?? []), kind]);
  }
  return ends;
}
