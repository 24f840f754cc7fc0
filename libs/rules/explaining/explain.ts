/** Why a rule fired for a subject or didn't: from the decision that was kept, else worked out. */
import { formatInstant } from '#lineage';
import type { ConditionResult } from '../conditions/condition.ts';
import { type Decision, evaluate, type Verdict } from '../deciding/decide.ts';
import type { Guard } from '../deciding/guards.ts';
import type { ObservedChange } from '../deciding/occasion.ts';
import type { ReadView } from '../deciding/read-view.ts';
import { sayResult } from '../deciding/say-decision.ts';
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

/** The rule's last decision on the subject at or before `at`; null: none was kept. */
export function lastDecision(
  decisions: readonly Decision[],
  rule: string,
  subject: string,
  at: number,
): Decision | null {
  const found = decisions.filter((one) => one.rule === rule && one.subject === subject && one.at <= at);
  return found.reduce<Decision | null>((last, one) => (last === null || one.at >= last.at ? one : last), null);
}

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
 * @param last the last change of one of the rule's kinds about the subject; null: there was none
 */
export function explainSilence(rule: Rule, view: ReadView, last: ObservedChange | null, at: number): Explanation {
  const kinds = rule.on.join(' or ');
  const { name } = view.subject;
  const silent = { fired: false, verdict: 'NOT_MET', guard: null, decision: null } as const;
  const chosen = isChosen(rule, view);
  if (!chosen.met)
    return { ...silent, conditions: [chosen], text: `${rule.name} is not about ${name}: ${sayResult(chosen)}.` };
  if (last === null) {
    const { results, blamed } = evaluate(rule, imagined(rule, view, at), view, at);
    const [unmet] = blamed;
    const would = unmet === undefined ? 'its conditions would be met' : `now ${sayResult(unmet)}`;
    const text = `${rule.name} was never asked about ${name}: no ${kinds} of it was seen; ${would}.`;
    return { ...silent, conditions: results, text };
  }
  const { results, blamed } = evaluate(rule, last, view, at);
  const [unmet] = blamed;
  const why = unmet === undefined ? 'it was decided before the rule was there' : sayResult(unmet);
  const text = `${rule.name} decided nothing on the last ${last.kind} of ${name}, at ${formatInstant(last.at)}: ${why}.`;
  return { ...silent, conditions: results, text };
}

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
