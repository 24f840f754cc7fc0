/** Contract files (ODCS) → contracts, or everything that is wrong with them, by line and column. */
import { readContract } from '#lineage';
import type { Problem } from './problem.ts';
import type { PlacedContract } from './rule-set.ts';
import { type RuleFileText, SourceText, type YamlPath } from './source-text.ts';

/** @param files with `isContract` */
export function loadContracts(files: readonly RuleFileText[]): {
  readonly contracts: readonly PlacedContract[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const contracts = new Map<string, PlacedContract>();
  for (const { file, text } of files) {
    const source = new SourceText(file, text);
    problems.push(...source.problems);
    if (source.problems.length > 0) continue;
    const read = readContract(source.value);
    if ('faults' in read) {
      for (const { path, message } of read.faults) {
        const place = source.placeOf(pathOf(path));
        problems.push({ ...place, message: `${path === '' ? 'the file' : path} ${message}` });
      }
      continue;
    }
    const { contract } = read;
    const first = contracts.get(contract.id);
    if (first === undefined) contracts.set(contract.id, { contract, place: source.placeOf(['id']) });
    else
      problems.push(
        source.problem(
          ['id'],
          `the contract "${contract.id}" is there already, at ${first.place.file}:${first.place.line}`,
        ),
      );
  }
  return { contracts: [...contracts.values()], problems };
}

/** `schema[0].properties[2].logicalType` */
const pathOf = (path: string): YamlPath =>
  path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
