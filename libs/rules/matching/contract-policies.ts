import type { DataContract } from '#lineage';
import type { ChosenPolicy, PlacedContract } from '../language/rule-set.ts';

/** Promises of those are not kept yet, or no more. */
const NOT_IN_FORCE: ReadonlySet<string> = new Set(['proposed', 'draft', 'retired']);

export const isInForceContract = ({ status }: DataContract): boolean => !NOT_IN_FORCE.has(status.toLowerCase());

/** What contracts ask of data times, as policies: so that these are kept, and a breach is found at its deadline. */
export const contractPolicies = (contracts: readonly PlacedContract[]): readonly ChosenPolicy[] =>
  contracts
    .filter(({ contract }) => isInForceContract(contract))
    .flatMap(({ contract, place }) =>
      contract.objects.flatMap(({ name, datasets, freshness }) =>
        datasets.length === 0
          ? []
          : freshness.map(({ path, policy }) => ({
              ...policy,
              name: `contract ${contract.id}: ${name} ${path}`,
              datasets,
              where: null,
              place,
            })),
      ),
    );
