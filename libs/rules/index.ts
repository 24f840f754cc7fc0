/** Rules once they are loaded: what they meet, what they decide, and why. Their language has a door of its own, for what it takes is seldom needed. */
export type { Condition, ConditionOutcome, ConditionResult } from './conditions/condition.ts';
export type { ConditionValues, Json } from './conditions/condition-values.ts';
export type { Template } from './conditions/template.ts';
export * from './deciding/brake.ts';
export * from './deciding/decide.ts';
export {
  ENGINE_LIMITS,
  type EngineLimits,
  type Guard,
  type GuardState,
  guardKeys,
  NO_GUARD_STATE,
  type Pause,
} from './deciding/guards.ts';
export * from './deciding/occasion.ts';
export type * from './deciding/read-view.ts';
export * from './deciding/started-by.ts';
export * from './explaining/dry-run.ts';
export * from './explaining/explain.ts';
export { type Breach, breachKey } from './incidents/breach.ts';
export * from './incidents/incident.ts';
export * from './incidents/incident-book.ts';
export { breachesEndedBy, isBreach, isRuleKind, RULE_KINDS, type RuleKind } from './language/change-kinds.ts';
export { parseRate, type Rate, sayDuration } from './language/duration.ts';
export { type Problem, type SourcePlace, sayProblem } from './language/problem.ts';
export * from './language/rule-set.ts';
export { parseSecretReference, type SecretReference } from './language/secret-reference.ts';
export { contractPolicies, isInForceContract } from './matching/contract-policies.ts';
export { declaredRuns } from './matching/declared-runs.ts';
export { PolicyChoice } from './matching/policy-choice.ts';
export * from './matching/rule-index.ts';
export * from './ports.ts';
