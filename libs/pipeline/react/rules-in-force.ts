import { breachesEndedBy, RULE_KINDS, RuleIndex, type RuleSet } from '#rules';

/** A rule set with what finds its rules. */
export interface RulesInForce {
  readonly set: RuleSet;
  readonly index: RuleIndex;
  /** Kinds of change that a rule is about. */
  readonly kinds: ReadonlySet<string>;
  /** Those of rules that name jobs. */
  readonly kindsWithJobs: ReadonlySet<string>;
}

export const inForce = (set: RuleSet): RulesInForce => ({
  set,
  index: new RuleIndex(set.rules),
  kinds: new Set(set.rules.flatMap(({ on }) => on)),
  kindsWithJobs: new Set(set.rules.filter(({ jobs }) => jobs !== null).flatMap(({ on }) => on)),
});

/**
 * The kinds that have to be read: those of the rules, and those that end what these began or what is open.
 * @param open kinds of the breaches that hold
 */
export function kindsToRead({ kinds }: RulesInForce, open: Iterable<string>): readonly string[] {
  const begun = new Set([...kinds, ...open]);
  return RULE_KINDS.filter((kind) => kinds.has(kind) || breachesEndedBy(kind).some((breach) => begun.has(breach)));
}
