/** Rules: their language, their conditions, what they meet, what they decide, and why. */
export { Condition, type ConditionOutcome, type ConditionResult } from './conditions/condition.ts';
export type { ConditionValues, Json } from './conditions/condition-values.ts';
export { Template } from './conditions/template.ts';
export { breachesEndedBy, isBreach, isRuleKind, RULE_KINDS, type RuleKind } from './language/change-kinds.ts';
export { parseRate, type Rate, sayDuration } from './language/duration.ts';
export { type LoadedRules, loadRules, type RuleFileText } from './language/load-rules.ts';
export { ruleFileJsonSchema } from './language/rule-file-schema.ts';
export * from './language/rule-set.ts';
export { parseSecretReference, type SecretReference } from './language/secret-reference.ts';
export { type Problem, type SourcePlace, sayProblem } from './language/source-text.ts';
