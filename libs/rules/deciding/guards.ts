/**
 * What keeps a rule from acting although its conditions are met. The state is a value: given in, the new one given out,
 * kept by whoever calls. Each part has its own key, so that a decision reads and writes a few small rows however
 * many subjects there are.
 */
import { formatInstant } from '#lineage';
import { isBreach } from '../language/change-kinds.ts';
import { type Rate, sayDuration } from '../language/duration.ts';
import type { Rule } from '../language/rule-set.ts';
import { BRAKE_OFF, type BrakeLimits, type BrakeState, brakeStep, ENGINE_BRAKE, RULE_BRAKE } from './brake.ts';
import type { ObservedChange } from './occasion.ts';
import type { CauseLink, ReadView } from './read-view.ts';

/** Why a rule was held back, as in GraphQL. */
export type Guard =
  | 'COOLDOWN'
  | 'RATE'
  | 'BUDGET'
  | 'LOOP'
  | 'SAME_DATA'
  | 'PAUSED'
  | 'STALE_EVIDENCE'
  | 'BRAKE'
  | 'FOLDED'
  | 'SNOOZED';

/** Somebody stopped a rule, or all of them. */
export interface Pause {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

export interface GuardState {
  /** Of all rules. */
  readonly engine: { readonly paused: Pause | null; readonly brake: BrakeState };
  /** Of the rule: `fires` are its last ones, as many as its budget counts. */
  readonly rule: { readonly paused: Pause | null; readonly brake: BrakeState; readonly fires: readonly number[] };
  /** Of what the guard counts for (`per`): `fires` are the last ones, as many as `max` counts. */
  readonly key: { readonly firedAt: number | null; readonly fires: readonly number[] };
  /** Of the rule, its subject and its job (of all inputs of a job: the job alone): the data version that it last fired for. */
  readonly data: { readonly version: string | null };
}

export const NO_GUARD_STATE: GuardState = {
  engine: { paused: null, brake: BRAKE_OFF },
  rule: { paused: null, brake: BRAKE_OFF, fires: [] },
  key: { firedAt: null, fires: [] },
  data: { version: null },
};

/** Under which keys the parts of the state are kept. */
export function guardKeys(
  rule: Rule,
  subject: string,
  job: string | null,
): { readonly rule: string; readonly key: string; readonly data: string } {
  const { per } = rule.guard;
  const of = per === 'rule' ? '' : per === 'job' ? (job ?? subject) : subject;
  // All inputs of a job are one version, whichever of them was updated: they must not start it once each.
  const about = rule.when === null ? subject : null;
  const [name, key, data] = [[rule.name], [rule.name, per, of], [rule.name, about, job]].map((parts) =>
    JSON.stringify(parts),
  );
  return { rule: name ?? '', key: key ?? '', data: data ?? '' };
}

const HOUR = 3_600_000;

/** Our own triggers in a row, of whatever rules: longer chains are nobody's plan. */
const LONGEST_CHAIN = 20;

export interface GuardAnswer {
  /** null: nothing holds the rule back. */
  readonly guard: Guard | null;
  /** Why, as the end of a sentence. */
  readonly because: string;
  /** With this fire counted, where there is one. */
  readonly state: GuardState;
}

/** What the guards look at. */
export interface Guarded {
  readonly rule: Rule;
  readonly change: ObservedChange;
  readonly view: ReadView;
  /** Of the data that the rule would fire for; null: unknown, or not what the rule is about. */
  readonly version: string | null;
  readonly at: number;
}

export interface EngineLimits {
  readonly ruleBrake: BrakeLimits;
  readonly engineBrake: BrakeLimits;
}

export const ENGINE_LIMITS: EngineLimits = { ruleBrake: RULE_BRAKE, engineBrake: ENGINE_BRAKE };

/** The first guard that holds the rule back, in the order in which people would ask; else the fire is counted. */
export function askGuards(guarded: Guarded, state: GuardState, limits: EngineLimits): GuardAnswer {
  for (const ask of IN_ORDER) {
    const [guard, because] = ask(guarded, state) ?? [];
    if (guard !== undefined && because !== undefined) return { guard, because, state };
  }
  return brake(guarded, state, limits);
}

type Ask = (guarded: Guarded, state: GuardState) => readonly [Guard, string] | null;

const paused: Ask = (_, { engine, rule }) => {
  const [pause, what] = engine.paused === null ? [rule.paused, 'the rule is'] : [engine.paused, 'all rules are'];
  return pause === null ? null : ['PAUSED', `${what} paused by ${pause.by}: ${pause.reason}`];
};

/** Our trigger → its run → its output → our trigger: seen along the chain of causes, not guessed from the graph's cycles. */
const loop: Ask = ({ rule, view: { chain, subject, job } }) => {
  const own = chain.findIndex(
    (link) => link.rule === rule.name && link.subject === subject.id && link.job === (job?.id ?? null),
  );
  if (own >= 0) return ['LOOP', `it caused this itself: ${sayChain(chain.slice(0, own + 1))}`];
  if (chain.length < LONGEST_CHAIN) return null;
  const rules = chain.map((link) => link.rule).reverse();
  return ['LOOP', `it would be number ${chain.length + 1} of our own triggers in a row: ${rules.join(', ')}`];
};

/** The oldest first, as it came about. */
const sayChain = (chain: readonly CauseLink[]): string =>
  chain
    .map(({ rule, at, how, through }) => {
      const seen = how === 'KEY' ? 'which carries its key' : 'to judge by when and by the lineage';
      return `${rule} fired at ${formatInstant(at)} and led to ${through}, ${seen}`;
    })
    .reverse()
    .join('; then ');

const folded: Ask = ({ change, view: { cause } }) =>
  cause === null || !isBreach(change.kind)
    ? null
    : ['FOLDED', `its cause is ${cause.name}, which has an incident already`];

const snoozed: Ask = ({ view: { incident }, at }) => {
  const until = incident?.state === 'SNOOZED' ? incident.snoozedUntil : null;
  return until === null || until <= at
    ? null
    : ['SNOOZED', `its incident sleeps for another ${sayDuration(until - at)}`];
};

const sameData: Ask = ({ version }, { data }) =>
  version === null || version !== data.version ? null : ['SAME_DATA', 'the data is the version that it fired for last'];

const staleEvidence: Ask = ({ rule, view: { evidenceAt }, at }) => {
  const most = rule.guard.maxEvidenceAge;
  if (most === null) return null;
  if (evidenceAt === null) return ['STALE_EVIDENCE', 'nobody knows how old the evidence is'];
  if (at - evidenceAt <= most) return null;
  return [
    'STALE_EVIDENCE',
    `the evidence is ${sayDuration(at - evidenceAt)} old; the rule allows ${sayDuration(most)}`,
  ];
};

const cooldown: Ask = ({ rule, at }, { key }) => {
  const least = rule.guard.cooldown;
  if (least === null || key.firedAt === null || at - key.firedAt >= least) return null;
  return ['COOLDOWN', `it fired ${sayDuration(at - key.firedAt)} ago, and its cooldown is ${sayDuration(least)}`];
};

const rate: Ask = ({ rule, at }, { key }) => {
  const { max } = rule.guard;
  return max === null || countIn(key.fires, max, at) < max.count ? null : ['RATE', `it fired ${sayRate(max)}`];
};

const budget: Ask = ({ rule, at }, state) => {
  const { budget: most } = rule.guard;
  if (most === null || countIn(state.rule.fires, most, at) < most.count) return null;
  return ['BUDGET', `over all subjects it fired ${sayRate(most)}`];
};

const IN_ORDER: readonly Ask[] = [paused, loop, folded, snoozed, sameData, staleEvidence, cooldown, rate, budget];

function brake({ rule, version, at }: Guarded, state: GuardState, limits: EngineLimits): GuardAnswer {
  const ofRule = brakeStep(state.rule.brake, at, { least: Math.max(limits.ruleBrake.least, saidPerHour(rule)) });
  const ofEngine = brakeStep(state.engine.brake, at, limits.engineBrake);
  const braked: GuardState = {
    ...state,
    engine: { ...state.engine, brake: ofEngine.state },
    rule: { ...state.rule, brake: ofRule.state },
  };
  if (ofRule.held || ofEngine.held) {
    const [what, limit] = ofRule.held ? ['it fires', ofRule.limit] : ['all rules together fire', ofEngine.limit];
    const because = `${what} far more than usual: more than ${Math.floor(limit)} in this hour; resume it when that is right`;
    return { guard: 'BRAKE', because, state: braked };
  }
  return {
    guard: null,
    because: '',
    state: {
      engine: braked.engine,
      rule: { ...braked.rule, fires: withFire(state.rule.fires, rule.guard.budget, at) },
      key: {
        firedAt: Math.max(at, state.key.firedAt ?? at),
        fires: withFire(state.key.fires, rule.guard.max, at),
      },
      data: { version: version ?? state.data.version },
    },
  };
}

/** Whoever gives a budget by the hour, or by less, has said what is not too much, before anybody could learn it. */
function saidPerHour({ guard: { budget: said } }: Rule): number {
  return said === null || said.window > HOUR ? 0 : said.count * (HOUR / said.window);
}

/** Fires within the window that ends at `at`. What fired later, by a clock that was set back since, counts. */
const countIn = (fires: readonly number[], { window }: Rate, at: number): number =>
  fires.filter((fired) => fired > at - window).length;

/** The latest ones, as many as can ever be counted: whether there are `count` in a window is seen from these alone. */
const withFire = (fires: readonly number[], limit: Rate | null, at: number): readonly number[] =>
  limit === null ? [] : [...fires, at].sort((a, b) => a - b).slice(-limit.count);

const sayRate = ({ count, window }: Rate): string =>
  `${count === 1 ? 'once' : `${count} times`} in the last ${sayDuration(window)} already, its limit`;
