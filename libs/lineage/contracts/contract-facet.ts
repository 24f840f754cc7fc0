/**
 * What a dataset breaks of a contract, as a facet: `headwater_contract`, told by the hub that holds the contract, from a
 * source of that contract alone. There while something is broken, taken back when nothing is.
 */
import type { ContractViolation, ViolationKind } from './check-contract.ts';

export const CONTRACT_FACET = 'headwater_contract';

/** No end that looks like a version: it would not be part of the source. */
const END = ':observed';

export const contractSource = (contract: string): string => `contract:${contract}${END}`;

export const isContractSource = (source: string): boolean => source.startsWith('contract:') && source.endsWith(END);

export const contractFacet = (
  contract: string,
  version: string,
  violations: readonly ContractViolation[],
): { contract: string; version: string; violations: ContractViolation[] } => ({
  contract,
  version,
  violations: [...violations],
});

const KINDS: ReadonlySet<string> = new Set<ViolationKind>([
  'FIELD_MISSING',
  'FIELD_TYPE',
  'FIELD_NULLABLE',
  'FRESHNESS',
  'FREQUENCY',
  'ROW_COUNT',
]);

/** What a facet says; of one that says nothing readable, nothing. */
export function violationsIn(value: unknown): {
  readonly contract: string;
  readonly version: string;
  readonly violations: readonly ContractViolation[];
} {
  const { contract, version, violations } = isObject(value) ? value : {};
  const found = Array.isArray(violations) ? violations.filter(isViolation) : [];
  return {
    contract: typeof contract === 'string' ? contract : '',
    version: typeof version === 'string' ? version : '',
    violations: found.map(({ kind, path, reason }) => ({ kind, path, reason })),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isViolation = (value: unknown): value is ContractViolation =>
  isObject(value) &&
  typeof value['kind'] === 'string' &&
  KINDS.has(value['kind']) &&
  typeof value['path'] === 'string' &&
  typeof value['reason'] === 'string';
