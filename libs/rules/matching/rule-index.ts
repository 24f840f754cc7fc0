/**
 * Finds the rules that may want a change, without asking the others: ten thousand rules must not cost ten thousand
 * evaluations. What is found is still evaluated; what isn't found could not have been met.
 */
import type { NodeView } from '../deciding/read-view.ts';
import type { Rule } from '../language/rule-set.ts';
import { type Selector, selectorsOf } from './selectors.ts';

/** A node by its ids. */
export interface Named {
  readonly id: string;
  readonly aliases: readonly string[];
}

/** What of a change rules are found by. */
export interface MatchFacts {
  readonly kind: string;
  /** Of a run its job. */
  readonly subject: NodeView;
  readonly dataset: NodeView | null;
  readonly job: NodeView | null;
  /** Jobs that it concerns: of a dataset its readers, of a run its job. */
  readonly jobs: readonly Named[];
}

/** A rule that may want the change, and which job it would be about, where the rule names jobs. */
export interface Candidate {
  readonly rule: Rule;
  readonly job: string | null;
}

export class RuleIndex {
  /** Rules by where they are found: `KIND|dataset.tags=mart`, `KIND|dataset.name^shop.`, or `KIND` for the rest. */
  readonly #places = new Map<string, Rule[]>();
  /** How long the prefixes of a path are: `KIND|dataset.name` → 5, 12. */
  readonly #lengths = new Map<string, Set<number>>();
  readonly #orders: ReadonlyMap<Rule, number>;

  constructor(rules: readonly Rule[]) {
    this.#orders = new Map(rules.map((rule, i) => [rule, i]));
    for (const rule of rules) for (const kind of rule.on) this.#add(kind, rule);
  }

  /** Every rule that the change could meet, in the order of the files; of a rule with several jobs each that it concerns. */
  candidates(facts: MatchFacts): readonly Candidate[] {
    const found = new Set<Rule>(this.#places.get(facts.kind));
    for (const job of facts.jobs) for (const id of idsOf(job)) this.#take(found, equal(facts.kind, 'jobs', id));
    for (const [root, node] of nodesOf(facts)) this.#ofNode(found, facts.kind, root, node);
    if (found.size === 0) return [];
    const inOrder = found.size === 1 ? [...found] : [...found].sort((a, b) => this.#order(a) - this.#order(b));
    return inOrder.flatMap((rule) => candidatesOf(rule, facts));
  }

  #add(kind: string, rule: Rule): void {
    for (const place of placesOf(rule)) {
      const key = place === null ? kind : keyOf(kind, place);
      const rules = this.#places.get(key);
      if (rules === undefined) this.#places.set(key, [rule]);
      else if (rules.at(-1) !== rule) rules.push(rule);
      if (place?.how !== 'begins') continue;
      const path = `${kind}|${place.path}`;
      const lengths = this.#lengths.get(path) ?? new Set();
      this.#lengths.set(path, lengths.add(place.value.length));
    }
  }

  #ofNode(found: Set<Rule>, kind: string, root: string, node: NodeView): void {
    for (const id of idsOf(node)) this.#take(found, equal(kind, `${root}.id`, id));
    this.#ofText(found, kind, `${root}.id`, node.id);
    this.#ofText(found, kind, `${root}.name`, node.name);
    this.#ofText(found, kind, `${root}.namespace`, node.namespace);
    if (node.type !== null) this.#ofText(found, kind, `${root}.type`, node.type);
    for (const tag of node.tags) this.#take(found, equal(kind, `${root}.tags`, tag));
    for (const owner of node.owners) this.#take(found, equal(kind, `${root}.owners`, owner));
  }

  #ofText(found: Set<Rule>, kind: string, path: string, text: string): void {
    this.#take(found, equal(kind, path, text));
    for (const length of this.#lengths.get(`${kind}|${path}`) ?? [])
      if (length <= text.length) this.#take(found, `${kind}|${path}^${text.slice(0, length)}`);
  }

  #take(found: Set<Rule>, key: string): void {
    for (const rule of this.#places.get(key) ?? []) found.add(rule);
  }

  #order(rule: Rule): number {
    return this.#orders.get(rule) ?? -1;
  }
}

const equal = (kind: string, path: string, value: string): string => `${kind}|${path}=${value}`;
const keyOf = (kind: string, { path, how, value }: Selector): string =>
  how === 'begins' ? `${kind}|${path}^${value}` : equal(kind, path, value);

const idsOf = ({ id, aliases }: Named): readonly string[] => (aliases.length === 0 ? [id] : [id, ...aliases]);

function nodesOf({ subject, dataset, job }: MatchFacts): readonly (readonly [string, NodeView])[] {
  const nodes: [string, NodeView][] = [['subject', subject]];
  if (dataset !== null) nodes.push(['dataset', dataset]);
  if (job !== null) nodes.push(['job', job]);
  return nodes;
}

/** Where a rule is found: by the jobs or datasets that it names, else by the constants of its condition, else always. */
function placesOf({ jobs, datasets, where }: Rule): readonly (Selector | null)[] {
  if (jobs !== null) return jobs.map((value) => ({ path: 'jobs', how: 'equals', value }));
  if (datasets !== null) return datasets.map((value) => ({ path: 'dataset.id', how: 'equals', value }));
  return (where === null ? null : selectorsOf(where.expression)) ?? [null];
}

/** What the index can't hold: a rule that names both jobs and datasets wants both. */
function candidatesOf(rule: Rule, { jobs, dataset }: MatchFacts): readonly Candidate[] {
  if (rule.datasets !== null && (dataset === null || !names(rule.datasets, dataset))) return [];
  const wanted = rule.jobs;
  if (wanted === null) return [{ rule, job: null }];
  return jobs.filter((job) => names(wanted, job)).map(({ id }) => ({ rule, job: id }));
}

const names = (ids: readonly string[], node: Named): boolean => idsOf(node).some((id) => ids.includes(id));
