import type { TestHub } from '../harness.ts';
import type { EventSource } from './workload.ts';

/** What a view of the lineage shows. */
export const LINEAGE_QUERY =
  'query Lineage($id: ID!) { lineage(of: [$id], depth: 5) { nodes { __typename id namespace name } edges { from to kind current } cut { at why hidden } } }';

/** Ids of up to `count` datasets all over the graph, in no order of the disk. */
export function spreadIds(source: EventSource, count: number): string[] {
  const { jobs } = source.workload;
  // Prime to any number of jobs that we use; the product stays exact.
  return Array.from({ length: Math.min(count, jobs) }, (_, i) => source.datasetId((i * 7_368_787) % jobs));
}

/** Those of the ids whose answer has a number of nodes in [least, most], at most `count` of them. */
export async function idsOfSize(
  hub: TestHub,
  ids: readonly string[],
  count: number,
  [least, most]: readonly [number, number],
): Promise<{ readonly ids: readonly string[]; readonly meanNodes: number }> {
  const found: string[] = [];
  let sum = 0;
  for (const id of ids) {
    const nodes = await nodesAround(hub, id);
    if (nodes < least || nodes > most) continue;
    found.push(id);
    sum += nodes;
    if (found.length === count) break;
  }
  if (found.length === 0) throw new Error(`no lineage among ${ids.length} has ${least} to ${most} nodes`);
  return { ids: found, meanNodes: Math.round(sum / found.length) };
}

async function nodesAround(hub: TestHub, id: string): Promise<number> {
  const { status, body } = await hub.ask({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: LINEAGE_QUERY, variables: { id } }),
  });
  if (status !== 200) throw new Error(`lineage of ${id}: ${status} ${body.slice(0, 300)}`);
  return body.split('"__typename"').length - 1;
}
