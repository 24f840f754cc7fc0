import {
  CONTRACT_FACET,
  type ContractViolation,
  contractFacet,
  contractSource,
  type Facet,
  isContractSource,
  violationsIn,
} from '#lineage';
import { type DatasetEvent, datasetEvent, deletedFacet } from '#openlineage';

/** What has to be said, so that the graph holds what is broken, and nothing else. Reasons hold figures of the moment: they alone change nothing. */
export function contractEvents(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  broken: ReadonlyMap<string, { readonly version: string; readonly violations: readonly ContractViolation[] }>,
  held: readonly Facet[],
  now: number,
): readonly DatasetEvent[] {
  const ours = new Map(held.filter(({ source }) => isContractSource(source)).map((facet) => [facet.source, facet]));
  const event = (source: string): { readonly eventTime: Date; readonly producer: string } => ({
    eventTime: new Date(Math.max(now, (ours.get(source)?.at ?? 0) + 1)),
    producer: source,
  });
  const wanted = new Map([...broken].map(([contract, found]) => [contractSource(contract), { contract, ...found }]));
  const isSaid = (source: string, violations: readonly ContractViolation[]): boolean =>
    placesOf(violationsIn(ours.get(source)?.value).violations) === placesOf(violations);
  return [
    ...[...wanted]
      .filter(([source, { violations }]) => !isSaid(source, violations))
      .map(([source, { contract, version, violations }]) => {
        const facets = { [CONTRACT_FACET]: contractFacet(contract, version, violations) };
        return datasetEvent({ ...event(source), dataset: { namespace, name, facets } });
      }),
    ...[...ours.keys()]
      .filter((source) => !wanted.has(source))
      .map((source) => {
        const facets = { [CONTRACT_FACET]: deletedFacet('dataset', CONTRACT_FACET, source) };
        return datasetEvent({ ...event(source), dataset: { namespace, name, facets } });
      }),
  ];
}

const placesOf = (violations: readonly ContractViolation[]): string =>
  violations
    .map(({ kind, path }) => `${kind} ${path}`)
    .sort()
    .join('\n');
