/** The folder of rule files, read as a whole: what one file says may refer to another. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NO_RULES, type Problem } from '#rules';
import type { RuleFileText } from '#rules/language';

/** `*.yml` and `*.yaml`; those in folders below are not rule files, but for contracts. */
const RULE_FILE = /^[^.].*\.ya?ml$/;
/** Below the folder: files of the Open Data Contract Standard. */
const CONTRACTS = 'contracts';

/** null: there is no such folder. Files are named as problems show them, from the folder's own name on. */
export function readRuleFolder(folder: string): readonly RuleFileText[] | null {
  const names = namesIn(folder);
  if (names === null) return null;
  const read = (name: string): RuleFileText => ({
    file: `${basename(folder)}/${name}`,
    text: readFileSync(join(folder, name), 'utf8'),
  });
  return [...names.map(read), ...contractsIn(folder).map((name) => ({ ...read(name), isContract: true }))];
}

/** Changes with every file that comes, goes or is written. */
export function folderMark(folder: string): string {
  const names = namesIn(folder);
  if (names === null) return 'none';
  return JSON.stringify(
    [...names, ...contractsIn(folder)].map((name) => [
      name,
      statSync(join(folder, name)).mtimeMs,
      statSync(join(folder, name)).size,
    ]),
  );
}

const contractsIn = (folder: string): readonly string[] =>
  (namesIn(join(folder, CONTRACTS)) ?? []).map((name) => `${CONTRACTS}/${name}`);

function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder)
      .filter((name) => RULE_FILE.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export interface CheckedRules {
  /** null: there is no such folder. */
  readonly files: number | null;
  readonly rules: number;
  readonly policies: number;
  readonly webhooks: number;
  readonly terms: number;
  readonly contracts: number;
  /** Objects of contracts that stand for no dataset: nothing is checked of them. */
  readonly unlinked: readonly string[];
  readonly problems: readonly Problem[];
}

/** For `headwater rules check`. */
export async function checkRules(folder: string): Promise<CheckedRules> {
  const { loadRules } = await import('#rules/language');
  const files = readRuleFolder(folder);
  const loaded = loadRules(files ?? []);
  const { rules, freshness, webhooks, glossary, contracts } = loaded.ok ? loaded.set : NO_RULES;
  return {
    files: files?.length ?? null,
    rules: rules.length,
    policies: freshness.length,
    webhooks: webhooks.length,
    terms: glossary.length,
    contracts: contracts.length,
    unlinked: contracts.flatMap(({ contract, place }) =>
      contract.objects.flatMap(({ name, datasets }) => (datasets.length === 0 ? [`${place.file}: ${name}`] : [])),
    ),
    problems: loaded.ok ? [] : loaded.problems,
  };
}
