/** Plays a rule over past changes before it goes live: how often it would have fired, where, and what held it back. */
import { type Decision, decide } from '../deciding/decide.ts';
import {
  ENGINE_LIMITS,
  type EngineLimits,
  type Guard,
  type GuardState,
  guardKeys,
  NO_GUARD_STATE,
} from '../deciding/guards.ts';
import type { Occasion } from '../deciding/occasion.ts';
import type { ReadView } from '../deciding/read-view.ts';
import type { Breach } from '../incidents/breach.ts';
import { IncidentBook } from '../incidents/incident-book.ts';
import { isRuleKind } from '../language/change-kinds.ts';
import type { Rule } from '../language/rule-set.ts';

/** A past change with what could be read then. */
export interface Moment {
  readonly occasion: Occasion;
  readonly view: ReadView;
  /** When it would have been decided, ms. */
  readonly at: number;
}

export interface DryRun {
  /** In the order of the moments. */
  readonly decisions: readonly Decision[];
  readonly fired: number;
  readonly suppressed: number;
  readonly notMet: number;
  /** How often each guard held it back. */
  readonly guards: Readonly<Partial<Record<Guard, number>>>;
  /** There were more decisions than it may give. */
  readonly cut: boolean;
}

/** Decisions in one answer. */
export const MOST_DECISIONS = 10_000;

/**
 * Guards and incidents begin empty and live in the dry run alone. Incidents are those that this rule itself would have
 * opened: what other rules had open then is not played.
 */
export function dryRun(rule: Rule, moments: Iterable<Moment>, limits: EngineLimits = ENGINE_LIMITS): DryRun {
  const decisions: Decision[] = [];
  const keys = new Map<string, GuardState['key']>();
  const data = new Map<string, GuardState['data']>();
  let shared = NO_GUARD_STATE;
  const book = new IncidentBook([], [], false);
  let cut = false;
  for (const { occasion, view, at } of moments) {
    const { change } = occasion;
    book.recovered(view.subject.id, change.kind, at);
    book.elapsed(at);
    if (!isRuleKind(change.kind) || !rule.on.includes(change.kind)) continue;
    if (decisions.length >= MOST_DECISIONS) {
      cut = true;
      break;
    }
    const place = guardKeys(rule, view.subject.id, view.job?.id ?? null);
    const state = {
      ...shared,
      key: keys.get(place.key) ?? NO_GUARD_STATE.key,
      data: data.get(place.data) ?? NO_GUARD_STATE.data,
    };
    const { decision, guards } = decide(occasion, rule, withIncidents(view, rule, book), state, at, limits);
    shared = guards;
    keys.set(place.key, guards.key);
    data.set(place.data, guards.data);
    decisions.push(decision);
    if (decision.incident !== null) book.breached(breachBy(decision, view));
  }
  return { decisions, ...counted(decisions), cut };
}

/** The view with the incidents of a book in place of those that it came with. */
export function withIncidents(view: ReadView, rule: Rule, book: IncidentBook): ReadView {
  const own = book.incidentOf(rule.name, view.subject.id);
  const cause = view.cause === null ? null : book.incidentExplaining(view.cause.subject, rule.name);
  return {
    ...view,
    incident: own,
    cause: view.cause === null || cause === null ? null : { ...view.cause, incident: cause.id },
  };
}

/** The breach that a decision is on. */
export const breachBy = (decision: Decision, { cause }: ReadView): Omit<Breach, 'waitsUntil'> => ({
  rule: decision.rule,
  subject: decision.subject,
  kind: decision.change.kind,
  since: decision.change.at,
  at: decision.at,
  incident: decision.incident?.do === 'open' ? decision.incident.incident : `incident:${decision.id}`,
  cause: cause?.subject ?? null,
});

function counted(decisions: readonly Decision[]): Omit<DryRun, 'decisions' | 'cut'> {
  const of = (verdict: Decision['verdict']): number => decisions.filter((one) => one.verdict === verdict).length;
  const guards: Partial<Record<Guard, number>> = {};
  for (const { guard } of decisions) if (guard !== null) guards[guard] = (guards[guard] ?? 0) + 1;
  return { fired: of('FIRED'), suppressed: of('SUPPRESSED'), notMet: of('NOT_MET'), guards };
}
