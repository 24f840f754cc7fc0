/** One round of deciding: everything that it comes to, until it is kept as a whole. */
import {
  type Breach,
  breachBy,
  breachKey,
  type Decision,
  decide,
  type EngineLimits,
  type GuardPart,
  type GuardState,
  guardKeys,
  IncidentBook,
  type IncidentCommand,
  type IncidentStep,
  isBreach,
  NO_GUARD_STATE,
  type Occasion,
  type ReactCommit,
  type ReactState,
  type ReadView,
  type Rule,
  withIncidents,
} from '#rules';
import { planDeliveries } from './plan-delivery.ts';
import type { Prepared } from './prepare.ts';

type Part = GuardPart['part'];

export class Round {
  readonly #state: ReactState;
  readonly #limits: EngineLimits;
  readonly #at: number;
  readonly #book: IncidentBook;
  readonly #guards = new Map<string, GuardPart>();
  readonly #changed = new Map<string, GuardPart>();
  readonly #decisions: Decision[] = [];
  readonly #steps: IncidentStep[] = [];
  #told = 0;

  /** @param at when it is decided, ms */
  constructor(state: ReactState, limits: EngineLimits, at: number) {
    this.#state = state;
    this.#limits = limits;
    this.#at = at;
    this.#book = new IncidentBook(state.breaches, state.incidents);
  }

  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  /** Nothing came of it. */
  get isEmpty(): boolean {
    return this.#decisions.length === 0 && this.steps.length === 0 && this.#changed.size === 0 && !this.#bookChanged();
  }

  /** The parts of the guards' state that these candidates will be asked with, and that are not here yet. */
  lacks(prepared: readonly Prepared[]): readonly Pick<GuardPart, 'part' | 'key'>[] {
    const wanted = new Map<string, Pick<GuardPart, 'part' | 'key'>>();
    for (const { rule, view } of prepared.flatMap(({ candidates }) => candidates)) {
      for (const one of partsOf(rule, view)) if (!this.#guards.has(idOf(one))) wanted.set(idOf(one), one);
    }
    return [...wanted.values()];
  }

  /** @param parts what is kept of the wanted ones */
  knows(wanted: readonly Pick<GuardPart, 'part' | 'key'>[], parts: readonly GuardPart[]): void {
    for (const { part, key } of wanted) this.#guards.set(idOf({ part, key }), nothingOf(part, key));
    for (const part of parts) this.#guards.set(idOf(part), part);
  }

  /** Snoozed incidents wake; breaches that waited in vain for their cause's recovery are given back, to be decided. */
  passTime(): readonly Breach[] {
    return this.#book.elapsed(this.#at);
  }

  /** In order, but for causes: of what broke together, what lies upstream is decided first. */
  decide(prepared: readonly Prepared[]): void {
    const bySubject = new Map<string, number[]>();
    prepared.forEach(({ node }, i) => {
      const others = bySubject.get(node.id);
      if (others === undefined) bySubject.set(node.id, [i]);
      else others.push(i);
    });
    const done = new Set<number>();
    const take = (i: number): void => {
      const one = prepared[i];
      if (one === undefined || done.has(i)) return;
      done.add(i);
      // Of a subject upstream only what comes next: its own changes keep their order.
      if (isBreach(one.occasion.change.kind)) {
        for (const { id } of one.upstream) {
          const next = bySubject.get(id)?.find((j) => !done.has(j));
          if (next !== undefined && isBreach(prepared[next]?.occasion.change.kind ?? '')) take(next);
        }
      }
      this.#one(one);
    };
    for (let i = 0; i < prepared.length; i++) take(i);
  }

  /** A text: why that can't be. */
  handle(incident: string, command: IncidentCommand, who: string): string | null {
    return this.#book.handled(incident, command, who, this.#at);
  }

  /** Puts a part of the guards' state in place of the one that is there. */
  set(part: GuardPart): void {
    this.#guards.set(idOf(part), part);
    this.#changed.set(idOf(part), part);
  }

  /** What happened to incidents. */
  get steps(): readonly IncidentStep[] {
    this.#steps.push(...this.#book.told());
    return this.#steps;
  }

  /** What happened to them since the last call: rules may be about it. */
  untold(): readonly IncidentStep[] {
    const untold = this.steps.slice(this.#told);
    this.#told += untold.length;
    return untold;
  }

  commit(cursor: ReactCommit['cursor']): ReactCommit {
    const before = byKey(this.#state.breaches);
    const incidents = new Map(this.steps.map(({ incident }) => [incident.id, incident]));
    const breaches = difference(before, this.#book.breaches, (one) => one);
    const booked = difference(byKey(this.#state.incidents), this.#book.incidents, ({ id }) => id);
    return {
      revision: this.#state.revision,
      cursor,
      decisions: this.#decisions,
      deliveries: this.#decisions.flatMap(planDeliveries),
      guards: [...this.#changed.values()],
      breaches,
      incidents: [...incidents.values()],
      booked,
    };
  }

  /** What deciding goes on from once this is kept. */
  next(cursor: ReactCommit['cursor']): ReactState {
    return {
      revision: this.#state.revision + 1,
      cursor,
      breaches: [...this.#book.breaches.values()],
      incidents: [...this.#book.incidents.values()],
    };
  }

  #one({ occasion, node, candidates, upstream }: Prepared): void {
    this.#book.recovered(node.id, occasion.change.kind, this.#at);
    for (const { rule, view } of candidates)
      this.#decide(occasion, rule, { ...view, cause: this.#causeAmong(upstream) });
  }

  #decide(occasion: Occasion, rule: Rule, view: ReadView): void {
    const state = this.#guardState(rule, view);
    const seen = withIncidents(view, rule, this.#book);
    const { decision, guards } = decide(occasion, rule, seen, state, this.#at, this.#limits);
    this.#decisions.push(decision);
    this.#remember(rule, view, state, guards);
    // With the cause as it was found, though nothing about it may be open yet: it may turn out to be late too.
    if (decision.incident !== null) this.#book.breached(breachBy(decision, view));
  }

  /** The nearest that is broken; else the nearest at all, which may turn out to be. */
  #causeAmong(upstream: Prepared['upstream']): ReadView['cause'] {
    const cause = upstream.find(({ id }) => this.#book.isBroken(id)) ?? upstream[0];
    return cause === undefined ? null : { subject: cause.id, name: cause.name, incident: '' };
  }

  #guardState(rule: Rule, view: ReadView): GuardState {
    const [engine, ofRule, key, data] = partsOf(rule, view).map((one) => this.#guards.get(idOf(one)));
    return {
      engine: engine?.part === 'engine' ? engine.value : NO_GUARD_STATE.engine,
      rule: ofRule?.part === 'rule' ? ofRule.value : NO_GUARD_STATE.rule,
      key: key?.part === 'key' ? key.value : NO_GUARD_STATE.key,
      data: data?.part === 'data' ? data.value : NO_GUARD_STATE.data,
    };
  }

  #remember(rule: Rule, view: ReadView, before: GuardState, after: GuardState): void {
    const keys = guardKeys(rule, view.subject.id, view.job?.id ?? null);
    if (after.engine !== before.engine) this.set({ part: 'engine', key: '', value: after.engine });
    if (after.rule !== before.rule) this.set({ part: 'rule', key: keys.rule, value: after.rule });
    if (after.key !== before.key) this.set({ part: 'key', key: keys.key, value: after.key });
    if (after.data !== before.data) this.set({ part: 'data', key: keys.data, value: after.data });
  }

  #bookChanged(): boolean {
    return difference(byKey(this.#state.breaches), this.#book.breaches, (one) => one).size > 0;
  }
}

const byKey = <T extends { readonly rule: string; readonly subject: string }>(all: readonly T[]): Map<string, T> =>
  new Map(all.map((one) => [breachKey(one.rule, one.subject), one]));

const idOf = ({ part, key }: Pick<GuardPart, 'part' | 'key'>): string => `${part} ${key}`;

function partsOf(rule: Rule, view: ReadView): readonly { readonly part: Part; readonly key: string }[] {
  const keys = guardKeys(rule, view.subject.id, view.job?.id ?? null);
  return [
    { part: 'engine', key: '' },
    { part: 'rule', key: keys.rule },
    { part: 'key', key: keys.key },
    { part: 'data', key: keys.data },
  ];
}

function nothingOf(part: Part, key: string): GuardPart {
  switch (part) {
    case 'engine':
      return { part, key: '', value: NO_GUARD_STATE.engine };
    case 'rule':
      return { part, key, value: NO_GUARD_STATE.rule };
    case 'key':
      return { part, key, value: NO_GUARD_STATE.key };
    case 'data':
      return { part, key, value: NO_GUARD_STATE.data };
  }
}

/** What is another now, or gone: null. */
function difference<T, Kept>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  keptOf: (value: T) => Kept,
): ReadonlyMap<string, Kept | null> {
  const found = new Map<string, Kept | null>();
  for (const key of before.keys()) if (!after.has(key)) found.set(key, null);
  for (const [key, value] of after) if (before.get(key) !== value) found.set(key, keptOf(value));
  return found;
}
