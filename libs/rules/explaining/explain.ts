/** Why a rule fired for a subject or didn't: from the decision that was kept, else worked out. */
import { formatInstant } from '#lineage';
import type { ConditionResult } from '../conditions/condition.ts';
import { type Decision, evaluate, type Verdict } from '../deciding/decide.ts';
import type { Guard } from '../deciding/guards.ts';
import type { ObservedChange } from '../deciding/occasion.ts';
import type { ReadView } from '../deciding/read-view.ts';
import { sayResult } from '../deciding/say-decision.ts';
import { subjectKindOf } from '../language/change-kinds.ts';
import type { Rule } from '../language/rule-set.ts';

/** As in GraphQL. */
export interface Explanation {
  readonly fired: boolean;
  readonly verdict: Verdict;
  readonly guard: Guard | null;
  readonly conditions: readonly ConditionResult[];
  /** One plain sentence. */
  readonly text: string;
  readonly decision: Decision | null;
}

/** The rule's last decision on the subject, or for the job that it names, at or before `at`; null: none was kept. */
export function lastDecision(
  decisions: readonly Decision[],
  rule: string,
  subject: string,
  at: number,
): Decision | null {
  const found = decisions.filter(
    (one) => one.rule === rule && (one.subject === subject || one.job === subject) && one.at <= at,
  );
  return found.reduce<Decision | null>((last, one) => (last === null || one.at >= last.at ? one : last), null);
}

/** A rule on datasets that names jobs: of a job it is asked with each dataset that the job reads. */
export const isAskedByInput = ({ on, jobs }: Rule): boolean =>
  jobs !== null && on.some((kind) => subjectKindOf(kind) === 'dataset');

/** Why it was decided so; with a word on it where the rule has changed since. */
export function explainDecision(decision: Decision, rule: Rule | null): Explanation {
  const { verdict, guard, conditions } = decision;
  const since =
    rule === null
      ? ' The rule is gone since.'
      : rule.fingerprint === decision.fingerprint
        ? ''
        : ' The rule was changed since.';
  const text = `At ${formatInstant(decision.at)} ${decision.text}${since}`;
  return { fired: verdict === 'FIRED', verdict, guard, conditions, text, decision };
}

/**
 * Why nothing was decided: no change of the rule's kinds came for the subject, or none that the rule could want. What
 * the conditions say now is told with it.
 * @param last the last change of one of the rule's kinds about the subject, of a job that the rule names about what it
 *   reads; null: there was none
 */
export function explainSilence(rule: Rule, view: ReadView, last: ObservedChange | null, at: number): Explanation {
  const kinds = rule.on.join(' or ');
  const { name } = view.subject;
  const silent = { fired: false, verdict: 'NOT_MET', guard: null, decision: null } as const;
  if (!isOfItsKind(rule, view))
    return {
      ...silent,
      conditions: [],
      text: `${rule.name} is about ${kinds}, and ${name} is a ${view.subject.kind}.`,
    };
  const chosen = isChosen(rule, view);
  if (!chosen.met)
    return { ...silent, conditions: [chosen], text: `${rule.name} is not about ${name}: ${sayResult(chosen)}.` };
  const whose = isReader(rule, view) ? `what ${name} reads` : name;
  if (last === null) {
    const { results, blamed } = evaluate(rule, imagined(rule, view, at), view, at);
    const text = `${rule.name} was never asked about ${name}: no ${kinds} of ${whose === name ? 'it' : 'what it reads'} was seen; ${sayNow(blamed)}.`;
    return { ...silent, conditions: results.map(asNothingWasSeen), text };
  }
  const { results, blamed } = evaluate(rule, last, view, at);
  const [unmet] = blamed;
  const why = unmet === undefined ? 'it was decided before the rule was there' : sayResult(unmet);
  const text = `${rule.name} decided nothing on the last ${last.kind} of ${whose}, at ${formatInstant(last.at)}: ${why}.`;
  return { ...silent, conditions: results, text };
}

/** What the conditions would say, as far as that can be told without a change. */
function sayNow(blamed: readonly ConditionResult[]): string {
  const unmet = blamed.find((result) => !looksAtChange(result));
  if (unmet !== undefined) return `now ${sayResult(unmet)}`;
  const [open] = blamed;
  return open === undefined ? 'its conditions would be met' : `whether ${open.text} is told by one alone`;
}

const looksAtChange = ({ inputs }: ConditionResult): boolean =>
  Object.keys(inputs).some((path) => path === 'change' || path.startsWith('change.'));

const asNothingWasSeen = (result: ConditionResult): ConditionResult =>
  looksAtChange(result) ? { ...result, value: null, met: false, inputs: {}, because: 'no change was seen' } : result;

const isReader = (rule: Rule, { subject }: ReadView): boolean => subject.kind === 'job' && isAskedByInput(rule);

/** Runs are shown as their job. */
const isOfItsKind = (rule: Rule, view: ReadView): boolean =>
  isReader(rule, view) ||
  rule.on.some((kind) => {
    const about = subjectKindOf(kind);
    return about === 'any' || (about === 'run' ? 'job' : about) === view.subject.kind;
  });

/** The subject is one that the rule names; a rule that names none is about all. */
function isChosen({ datasets, jobs }: Rule, { subject, job }: ReadView): ConditionResult {
  const ids = [subject.id, ...subject.aliases];
  const isNamed = datasets === null || datasets.some((id) => ids.includes(id));
  const ofJob = jobs === null || (job !== null && [job.id, ...job.aliases].some((id) => jobs.includes(id)));
  const text = isNamed ? `job in ${JSON.stringify(jobs)}` : `dataset in ${JSON.stringify(datasets)}`;
  return {
    text,
    value: isNamed && ofJob,
    met: isNamed && ofJob,
    inputs: isNamed ? { job: job?.id ?? null } : { dataset: subject.id },
    because: null,
  };
}

/** A change that nobody saw, to ask the conditions about. */
const imagined = (rule: Rule, { subject }: ReadView, at: number): ObservedChange => ({
  sequence: null,
  kind: rule.on[0] ?? 'dataset.updated',
  subject: subject.id,
  at,
  seen: at,
  text: '',
  breaking: null,
  corrected: false,
  before: null,
  after: null,
});
