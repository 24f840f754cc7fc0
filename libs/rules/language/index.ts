/** The language of rules: files → a rule set. CEL, YAML and the schema of rule files are loaded with it. */
export { type LoadedRules, loadRules, RuleReader } from './load-rules.ts';
export { ruleFileJsonSchema } from './rule-file-schema.ts';
export type { RuleFileText } from './source-text.ts';
