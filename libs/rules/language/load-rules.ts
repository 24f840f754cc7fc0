/**
 * Rule files → a rule set, or everything that is wrong with them. Nothing of a wrong set is used: whoever loads keeps
 * the set that he has.
 */
import { RuleBuilder } from './rule-builder.ts';
import { ruleFileSchema } from './rule-file-schema.ts';
import type { RuleSet } from './rule-set.ts';
import { sayIssue } from './say-issue.ts';
import { type Problem, SourceText } from './source-text.ts';

/** A rule file: its name, as problems show it, and its text. */
export interface RuleFileText {
  readonly file: string;
  readonly text: string;
}

export type LoadedRules =
  | { readonly ok: true; readonly set: RuleSet }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Loads all files of a folder together: names are unique, and webhooks known, over all of them. */
export function loadRules(files: readonly RuleFileText[]): LoadedRules {
  const problems: Problem[] = [];
  const sources: SourceText[] = [];
  for (const { file, text } of files) {
    const source = new SourceText(file, text);
    problems.push(...source.problems);
    if (source.problems.length === 0 && source.value !== null) sources.push(source);
  }
  const builder = new RuleBuilder();
  for (const source of sources) {
    const read = ruleFileSchema.safeParse(source.value);
    if (read.success) builder.add(source, read.data);
    else problems.push(...read.error.issues.flatMap((issue) => sayIssue(issue, source)));
  }
  // What refers to a name of a broken file would be a second complaint about the same fault.
  const built = builder.build(problems.length === 0);
  problems.push(...built.problems);
  if (problems.length > 0) return { ok: false, problems: problems.sort(byPlace) };
  return { ok: true, set: built.set };
}

const byPlace = (a: Problem, b: Problem): number =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;
