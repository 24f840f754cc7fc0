/**
 * Rule files → a rule set, or everything that is wrong with them. Nothing of a wrong set is used: whoever loads keeps
 * the set that he has.
 */
import { loadContracts } from './load-contracts.ts';
import { LoadedConditions } from './loaded-conditions.ts';
import type { Problem } from './problem.ts';
import { RuleBuilder } from './rule-builder.ts';
import { type RuleFile, ruleFileSchema } from './rule-file-schema.ts';
import type { RuleSet } from './rule-set.ts';
import { sayIssue } from './say-issue.ts';
import { type RuleFileText, SourceText } from './source-text.ts';

export type LoadedRules =
  | { readonly ok: true; readonly set: RuleSet }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Loads all files of a folder together: names are unique, and webhooks known, over all of them. */
export const loadRules = (files: readonly RuleFileText[]): LoadedRules => new RuleReader().load(files);

interface ReadFile {
  readonly text: string;
  readonly source: SourceText;
  /** null: it is empty, or wrong. */
  readonly written: RuleFile | null;
  readonly problems: readonly Problem[];
}

/**
 * Loads a folder again and again. What is as it was the last time, file or condition, isn't read anew: ten thousand rules
 * take a second or two, and one that is changed must not stop the hub for so long.
 */
export class RuleReader {
  #files: ReadonlyMap<string, ReadFile> = new Map();
  readonly #conditions = new LoadedConditions();

  load(files: readonly RuleFileText[]): LoadedRules {
    const read = files.filter(({ isContract }) => isContract !== true).map((one) => this.#read(one));
    this.#files = new Map(read.map((one) => [one.source.file, one]));
    const problems = read.flatMap((one) => one.problems);
    const builder = new RuleBuilder(this.#conditions);
    for (const { source, written } of read) if (written !== null) builder.add(source, written);
    // What refers to a name of a broken file would be a second complaint about the same fault.
    const built = builder.build(problems.length === 0);
    this.#conditions.forgetUnused();
    const { contracts, problems: broken } = loadContracts(files.filter(({ isContract }) => isContract === true));
    problems.push(...built.problems, ...broken);
    if (problems.length > 0) return { ok: false, problems: problems.sort(byPlace) };
    return { ok: true, set: { ...built.set, contracts } };
  }

  #read({ file, text }: RuleFileText): ReadFile {
    const before = this.#files.get(file);
    if (before?.text === text) return before;
    const source = new SourceText(file, text);
    if (source.problems.length > 0 || source.value === null)
      return { text, source, written: null, problems: source.problems };
    const read = ruleFileSchema.safeParse(source.value);
    return read.success
      ? { text, source, written: read.data, problems: [] }
      : { text, source, written: null, problems: read.error.issues.flatMap((issue) => sayIssue(issue, source)) };
  }
}

const byPlace = (a: Problem, b: Problem): number =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;
