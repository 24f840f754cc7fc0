/** What has to be said of a dataset, so that the graph holds the policies that rule files ask for, and no others. */
import { type Facet, isPolicyFacet, isPolicySource, policyFacet, policySource } from '#lineage';
import { type DatasetEvent, datasetEvent } from '#openlineage';
import type { ChosenPolicy, NodeView } from '#rules';

export const FRESHNESS_FACET = 'headwater_freshness';

/**
 * One event for each policy that comes, changes or goes; none where the graph has it so already.
 *
 * @param held the dataset's freshness facets, as they are served
 * @param now ms; what is said later than that (a clock that was set back) is still overruled
 */
export function policyEvents(
  { namespace, name, lifecycle }: NodeView,
  chosen: readonly ChosenPolicy[],
  held: readonly Facet[],
  now: number,
): readonly DatasetEvent[] {
  // To speak of a dataset is to use it: that would bring back one that was dropped.
  if (lifecycle === 'DROPPED') return [];
  const ours = new Map(held.filter(({ source }) => isPolicySource(source)).map((facet) => [facet.source, facet]));
  const said = (source: string, facet: object): DatasetEvent =>
    datasetEvent({
      eventTime: new Date(Math.max(now, (ours.get(source)?.at ?? 0) + 1)),
      producer: source,
      dataset: { namespace, name, facets: { [FRESHNESS_FACET]: facet } },
    });
  const wanted = new Map(chosen.map((policy) => [policySource(policy.name), policy]));
  return [
    ...[...wanted]
      .filter(([source, policy]) => !isPolicyFacet(ours.get(source)?.value, policy))
      .map(([source, policy]) => said(source, policyFacet(policy))),
    ...[...ours.keys()].filter((source) => !wanted.has(source)).map((source) => said(source, { _deleted: true })),
  ];
}
