/**
 * A decision is a function of the occasion, the rule, the read view, the guards' state and the time: the same again
 * gives the same decision. Nothing here asks, waits or sends.
 */
import { formatInstant } from '#lineage';
import type { ConditionResult } from '../conditions/condition.ts';
import type { ConditionValues } from '../conditions/condition-values.ts';
import { isBreach } from '../language/change-kinds.ts';
import type { Action, ActionPlace, Rule, Trigger } from '../language/rule-set.ts';
import { decisionValues } from './decision-values.ts';
import { askGuards, ENGINE_LIMITS, type EngineLimits, type Guard, type GuardState } from './guards.ts';
import type { ObservedChange, Occasion } from './occasion.ts';
import type { CauseLink, IncidentView, InputView, ReadView } from './read-view.ts';
import { sayFired, sayNotMet, saySuppressed } from './say-decision.ts';

/** As in GraphQL. */
export type Verdict = 'FIRED' | 'NOT_MET' | 'SUPPRESSED';

/** A trigger with its texts filled in. */
export type PlannedTrigger =
  | (Omit<Extract<Trigger, { tool: 'airflow' }>, 'conf'> & { readonly conf: Readonly<Record<string, string>> })
  | Exclude<Trigger, { tool: 'airflow' }>;

/** What a decision asks for: one delivery each, keyed, so that a receiver can drop a repeat. */
export type PlannedAction = { readonly key: string } & (
  | { readonly do: 'webhook'; readonly webhook: string }
  | { readonly do: 'trigger'; readonly trigger: PlannedTrigger }
  | {
      readonly do: 'annotate';
      readonly on: ActionPlace;
      readonly text: string;
      readonly expiresAt: number | null;
    }
  | { readonly do: 'tag'; readonly on: ActionPlace; readonly tag: string }
);

/** What a decision means for incidents. */
export interface IncidentEffect {
  /** A new one; one that is open goes on; the upstream one takes it in. */
  readonly do: 'open' | 'continue' | 'fold';
  readonly incident: string;
}

/** One rule's verdict on one occasion, with everything that it rests on. */
export interface Decision {
  /** Of the occasion, the rule and its job: the same occasion makes the same id. */
  readonly id: string;
  /** ms */
  readonly at: number;
  readonly rule: string;
  /** Of the rule as it was then. */
  readonly fingerprint: string;
  /** Node id; of a run its job. */
  readonly subject: string;
  /** The job that the rule is about, where it names jobs, and that of a run. */
  readonly job: string | null;
  readonly verdict: Verdict;
  readonly guard: Guard | null;
  /** One plain sentence. */
  readonly text: string;
  readonly conditions: readonly ConditionResult[];
  readonly change: ObservedChange;
  /** The data version that was looked at. */
  readonly version: string | null;
  readonly incident: IncidentEffect | null;
  readonly actions: readonly PlannedAction[];
  /** Our own decisions that caused the change, the nearest first. */
  readonly chain: readonly CauseLink[];
}

/** It fired, and asks for what starts a run somewhere, or may: who receives a webhook does as he likes. */
export const mayStartRuns = ({ verdict, actions }: Decision): boolean =>
  verdict === 'FIRED' && actions.some((action) => action.do === 'trigger' || action.do === 'webhook');

export interface Decided {
  readonly decision: Decision;
  readonly guards: GuardState;
}

export function decide(
  occasion: Occasion,
  rule: Rule,
  view: ReadView,
  guards: GuardState,
  at: number,
  limits: EngineLimits = ENGINE_LIMITS,
): Decided {
  const { change } = occasion;
  const job = view.job?.id ?? null;
  const id = `decision:${rule.name}:${occasion.key}${rule.jobs === null || job === null ? '' : `:${job}`}`;
  const conditions = evaluate(rule, change, view, at);
  const base = {
    id,
    at,
    rule: rule.name,
    fingerprint: rule.fingerprint,
    subject: view.subject.id,
    job,
    conditions: conditions.results,
    change,
    version: versionOf(rule, change, view),
    chain: view.chain,
  };
  if (!conditions.met) {
    const text = sayNotMet(rule, view.subject, conditions.blamed);
    return { decision: { ...base, verdict: 'NOT_MET', guard: null, text, incident: null, actions: [] }, guards };
  }
  const answer = askGuards({ rule, change, view, version: base.version, at }, guards, limits);
  const incident = incidentEffect(answer.guard, occasion, rule, view);
  if (answer.guard !== null) {
    const text = saySuppressed(rule, view.subject, answer.because);
    const decision: Decision = { ...base, verdict: 'SUPPRESSED', guard: answer.guard, text, incident, actions: [] };
    return { decision, guards: answer.state };
  }
  const values = decisionValues(rule, change, view, view.incident ?? opening(incident, change), at);
  const actions = rule.actions.map((action, i) => ({ key: `${id}:${i}`, ...planned(action, values, at) }));
  const text = sayFired(rule, view.subject, change);
  return { decision: { ...base, verdict: 'FIRED', guard: null, text, incident, actions }, guards: answer.state };
}

/** What became of a rule's conditions. */
export interface Evaluated {
  readonly met: boolean;
  readonly results: readonly ConditionResult[];
  /** Those that kept it from being met. */
  readonly blamed: readonly ConditionResult[];
}

/** The condition and `when`, part by part. */
export function evaluate(rule: Rule, change: ObservedChange, view: ReadView, at: number): Evaluated {
  const where = rule.where?.evaluate(decisionValues(rule, change, view, view.incident, at)) ?? null;
  const when = rule.when === null ? null : allInputsUpdated(view);
  return {
    met: (where === null || where.met) && (when === null || when.met),
    results: [...(where?.parts ?? []), ...(when === null ? [] : [when])],
    blamed: [...(where?.blamed ?? []), ...(when === null || when.met ? [] : [when])],
  };
}

/**
 * Every input is newer than what the job wrote last, whatever tool wrote it. A job that never wrote anything is due once
 * every input is there.
 */
function allInputsUpdated({ inputs, lastOutputAt, job }: ReadView): ConditionResult {
  const text = 'when: all-inputs-updated';
  const seen = Object.fromEntries((inputs ?? []).map(({ dataset, updatedAt }) => [dataset, time(updatedAt)]));
  const result = { text, inputs: { ...seen, 'last output': time(lastOutputAt) }, because: null };
  if (inputs === null || inputs.length === 0)
    return { ...result, value: null, met: false, because: `no inputs of ${job?.name ?? 'the job'} are known` };
  const old = inputs.find((input) => !isNewer(input, lastOutputAt));
  if (old === undefined) return { ...result, value: true, met: true };
  const because =
    old.updatedAt === null || old.version === null
      ? `nobody is known to have written ${old.dataset}`
      : `${old.dataset} is of ${time(old.updatedAt)}, and the last output is of ${time(lastOutputAt)}`;
  return { ...result, value: false, met: false, because };
}

const isNewer = ({ version, updatedAt }: InputView, lastOutputAt: number | null): boolean =>
  version !== null && updatedAt !== null && (lastOutputAt === null || updatedAt > lastOutputAt);

const time = (ms: number | null): string | null => (ms === null ? null : formatInstant(ms));

/** What data a rule would fire for: that of all inputs, or of the dataset that was updated. Of other kinds there is none. */
function versionOf(rule: Rule, change: ObservedChange, { inputs, dataVersion }: ReadView): string | null {
  if (rule.when === 'all-inputs-updated') {
    const versions = (inputs ?? []).map(({ dataset, version }) => [dataset, version] as const);
    return JSON.stringify(versions.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }
  return change.kind === 'dataset.updated' ? dataVersion : null;
}

/** Guards that don't doubt the breach, only the noise that it would make. */
const STILL_TRUE: ReadonlySet<Guard | null> = new Set([null, 'LOOP', 'COOLDOWN', 'RATE', 'BUDGET', 'BRAKE', 'SNOOZED']);

function incidentEffect(
  guard: Guard | null,
  { key, change }: Occasion,
  rule: Rule,
  view: ReadView,
): IncidentEffect | null {
  if (!isBreach(change.kind)) return null;
  if (guard === 'FOLDED' && view.cause !== null) return { do: 'fold', incident: view.cause.incident };
  if (!STILL_TRUE.has(guard)) return null;
  if (view.incident !== null) return { do: 'continue', incident: view.incident.id };
  return { do: 'open', incident: incidentId(rule.name, key, view.subject.id) };
}

/** The incident that a rule opens on an occasion. */
export const incidentId = (rule: string, occasion: string, subject: string): string =>
  `incident:${rule}:${occasion}:${subject}`;

const opening = (effect: IncidentEffect | null, { kind, at }: ObservedChange): IncidentView | null =>
  effect === null ? null : { id: effect.incident, kind, state: 'OPEN', since: at, assignee: null, snoozedUntil: null };

type Unkeyed<T> = T extends { readonly key: string } ? Omit<T, 'key'> : never;

function planned(action: Action, values: ConditionValues, at: number): Unkeyed<PlannedAction> {
  switch (action.do) {
    case 'annotate': {
      const { on, text, expires } = action;
      return { do: 'annotate', on, text: text.render(values), expiresAt: expires === null ? null : at + expires };
    }
    case 'trigger': {
      const { trigger } = action;
      if (trigger.tool !== 'airflow') return { do: 'trigger', trigger };
      const conf = Object.entries(trigger.conf).map(([key, template]) => [key, template.render(values)] as const);
      return { do: 'trigger', trigger: { ...trigger, conf: Object.fromEntries(conf) } };
    }
    default:
      return action;
  }
}
