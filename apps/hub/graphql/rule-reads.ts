import type { Decision, DecisionStore, Delivery, Incident, IncidentState, Rule } from '#rules';
import { guardKeys } from '#rules';
import type { RulesAtWork } from '../rules/start-rules.ts';
import { Batch } from './batch.ts';

/** A rule as it is shown; one that is gone is known by its name alone. */
export interface RuleNode {
  readonly name: string;
  readonly rule: Rule | null;
}

/** What is asked of rules in one request, joined by tick. */
export class RuleReads {
  readonly #atWork: RulesAtWork;
  readonly #deliveries: Batch<readonly Delivery[]>;
  readonly #incidents: Batch<Incident | null>;
  readonly #openOf: Batch<readonly Incident[]>;
  readonly #allOf: Batch<readonly Incident[]>;
  readonly #decisions: Batch<Decision | null>;
  readonly #lastFired: Batch<number | null>;
  readonly #paused: Batch<boolean>;

  /** `keep`: see Batch. */
  constructor(atWork: RulesAtWork, keep: boolean) {
    this.#atWork = atWork;
    const { decisions } = atWork;
    this.#deliveries = new Batch(keep, async (ids) => inOrder(ids, await decisions.deliveries(ids), []));
    this.#incidents = new Batch(keep, async (ids) => byId(ids, await decisions.incident(ids)));
    this.#openOf = new Batch(keep, (subjects) => incidentsOf(decisions, subjects, OPEN));
    this.#allOf = new Batch(keep, (subjects) => incidentsOf(decisions, subjects, null));
    this.#decisions = new Batch(keep, async (ids) => byId(ids, await decisions.decision(ids)));
    this.#lastFired = new Batch(keep, async (names) => inOrder(names, await decisions.lastFired(names), null));
    this.#paused = new Batch(keep, (keys) => paused(decisions, keys));
  }

  get store(): DecisionStore {
    return this.#atWork.decisions;
  }

  rules(): readonly RuleNode[] {
    return this.#atWork.reactor.rules.set.rules.map((rule) => ({ name: rule.name, rule }));
  }

  rule(name: string): RuleNode {
    return { name, rule: this.rules().find((one) => one.name === name)?.rule ?? null };
  }

  deliveries(decision: string): Promise<readonly Delivery[]> {
    return this.#deliveries.load(decision);
  }

  incident(id: string): Promise<Incident | null> {
    return this.#incidents.load(id);
  }

  /** Newest first; of those that are over the last ones. */
  incidentsOf(subject: string, onlyOpen: boolean): Promise<readonly Incident[]> {
    return (onlyOpen ? this.#openOf : this.#allOf).load(subject);
  }

  decision(id: string): Promise<Decision | null> {
    return this.#decisions.load(id);
  }

  lastFired(rule: string): Promise<number | null> {
    return this.#lastFired.load(rule);
  }

  /** It, or all of them. */
  async isPaused({ rule }: RuleNode): Promise<boolean> {
    const keys = rule === null ? [''] : ['', guardKeys(rule, '', null).rule];
    return (await Promise.all(keys.map((key) => this.#paused.load(key)))).includes(true);
  }
}

const inOrder = <T>(keys: readonly string[], found: ReadonlyMap<string, T>, otherwise: T): readonly T[] =>
  keys.map((key) => found.get(key) ?? otherwise);

const byId = <T extends { readonly id: string }>(ids: readonly string[], found: readonly T[]): readonly (T | null)[] =>
  ids.map((id) => found.find((one) => one.id === id) ?? null);

const OPEN: readonly IncidentState[] = ['OPEN', 'ACKNOWLEDGED', 'SNOOZED'];
/** Of all subjects that are asked about at once. */
const MOST_INCIDENTS = 1_000;

async function incidentsOf(
  decisions: DecisionStore,
  subjects: readonly string[],
  states: readonly IncidentState[] | null,
): Promise<readonly (readonly Incident[])[]> {
  const { items } = await decisions.incidents({ states, subjects, rules: null, first: MOST_INCIDENTS, after: null });
  return subjects.map((subject) => items.filter((one) => one.subject === subject));
}

async function paused(decisions: DecisionStore, keys: readonly string[]): Promise<readonly boolean[]> {
  const parts = await decisions.guards(
    keys.map((key) => (key === '' ? { part: 'engine', key: '' } : { part: 'rule', key })),
  );
  return keys.map((key) =>
    parts.some((one) => one.key === key && (one.part === 'engine' || one.part === 'rule') && one.value.paused !== null),
  );
}
