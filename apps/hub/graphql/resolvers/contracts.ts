/** Contracts as they were found when they were held against their datasets last. */
import type { ContractResult } from '#pipeline';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';

export const contractsOf = ({ deps }: Session, dataset: string | null): readonly ContractResult[] =>
  (deps.rules?.contracts.results() ?? []).filter((result) => dataset === null || result.dataset === dataset);

export const contractQuery: ObjectFields = objectFields<object>([], {
  contracts: (_query, _args, { session }) => contractsOf(session, null),
});

function whyNot({ dataset, isKnown }: ContractResult): string | null {
  if (dataset === null) return 'the contract does not say which dataset it is: no server of it has a name here';
  return isKnown ? null : `nothing is known of ${dataset}`;
}

export const contractTypes: Readonly<Record<string, ObjectFields>> = {
  ContractCheck: objectFields<ContractResult>(['object', 'violations', 'unchecked'], {
    contract: ({ contract }) => contract.id,
    name: ({ contract }) => contract.name,
    version: ({ contract }) => contract.version,
    status: ({ contract }) => contract.status,
    dataset: async ({ dataset, isKnown }, _args: object, { session }: GraphqlContext) =>
      dataset === null || !isKnown ? null : ((await session.reads.assets([dataset], 'dataset'))[0] ?? null),
    notChecked: whyNot,
  }),
  ContractViolation: objectFields<ContractResult['violations'][number]>(['kind', 'path', 'reason']),
  UncheckedPromise: objectFields<ContractResult['unchecked'][number]>(['path', 'reason']),
};
