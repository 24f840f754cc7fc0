/** What a carried remark would touch, before it does. */
import { type Cut, columnFlow, dataFlow, type GraphReader, reachedFrom, type Stop } from '#lineage';
import { WALK } from './remarks-on.ts';

export interface Reach {
  /** Ids of nodes, or of fields, nearest first; what was asked about is not among them. */
  readonly ids: readonly string[];
  /** Where it would have gone on, and why it doesn't. */
  readonly stops: readonly Stop[];
  /** Where nobody looked further. */
  readonly cut: readonly Cut[];
}

export interface ReachQuery {
  readonly of: string;
  readonly direction: 'UPSTREAM' | 'DOWNSTREAM' | 'BOTH';
  readonly by: 'TABLES' | 'COLUMNS';
}

/** Of a dataset along columns: from each of its fields. Nothing, where nothing is known by the id. */
export async function reachOf(reader: GraphReader, { of, direction, by }: ReachQuery): Promise<Reach> {
  const query = { of: [of], direction, ...WALK, asOf: null, details: false } as const;
  const [id] = await reader.resolve([of]);
  if (id === null || id === undefined) return { ids: [], stops: [], cut: [] };
  const ways = direction === 'BOTH' ? (['UPSTREAM', 'DOWNSTREAM'] as const) : [direction];
  if (by === 'TABLES') {
    const { edges, cut } = await reader.lineage(query);
    return reach([id], dataFlow(edges), ways, cut);
  }
  const { fields, edges, cut } = await reader.columnLineage(query);
  const roots = id.startsWith('datasetField:')
    ? [id]
    : fields.filter(({ dataset }) => dataset === id).map((field) => field.id);
  const known = new Set(fields.map((field) => field.id));
  const reached = reach(roots, columnFlow(edges), ways, cut);
  // Effects on whole datasets are edges of columns too, and lead to no field.
  return { ...reached, ids: reached.ids.filter((each) => known.has(each)) };
}

function reach(
  roots: readonly string[],
  { steps, stops }: ReturnType<typeof columnFlow>,
  ways: readonly ('UPSTREAM' | 'DOWNSTREAM')[],
  cut: readonly Cut[],
): Reach {
  const ids = new Set<string>();
  const stopped = new Set<Stop>();
  for (const way of ways) {
    const reached = new Set(roots.flatMap((root) => reachedFrom(root, steps, way)));
    const [near, far] = way === 'DOWNSTREAM' ? (['from', 'to'] as const) : (['to', 'from'] as const);
    for (const id of reached) ids.add(id);
    for (const stop of stops)
      if ((roots.includes(stop[near]) || reached.has(stop[near])) && !reached.has(stop[far])) stopped.add(stop);
  }
  for (const root of roots) ids.delete(root);
  return { ids: [...ids], stops: [...stopped], cut };
}
