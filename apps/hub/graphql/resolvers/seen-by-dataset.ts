import type { ColumnLineage } from '#lineage';

/** When the edges say that each dataset was there: of one that is no node nothing else is known. */
export function seenByDataset({
  fields,
  edges,
}: Omit<ColumnLineage, 'cut'>): ReadonlyMap<string, { first: number; last: number }> {
  const datasets = new Map(fields.map(({ id, dataset }) => [id, dataset]));
  const seen = new Map<string, { first: number; last: number }>();
  for (const { from, to, evidence } of edges) {
    for (const end of [from, to]) {
      const dataset = datasets.get(end) ?? end;
      for (const { firstSeen, lastSeen } of evidence) {
        const { first, last } = seen.get(dataset) ?? { first: firstSeen, last: lastSeen };
        seen.set(dataset, { first: Math.min(first, firstSeen), last: Math.max(last, lastSeen) });
      }
    }
  }
  return seen;
}
