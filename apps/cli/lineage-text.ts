export interface ShownEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly confidence: string;
  readonly current: boolean;
}

export interface ShownLineage {
  readonly root: string;
  readonly edges: readonly ShownEdge[];
  readonly cut: readonly { readonly at: string; readonly why: string; readonly hidden: number | null }[];
}

/**
 * Lineage as two trees, upstream and downstream, each edge under the node it was reached from:
 *
 * ```
 * job:shop:daily
 * upstream
 *   ← READS dataset:pg:orders
 *     ← WRITES job:shop:load
 * downstream
 *   → WRITES dataset:pg:daily
 * ```
 *
 * A node that came before is named once more and not opened again, so that diamonds stay small and loops end.
 */
export function lineageText({ root, edges, cut }: ShownLineage): string {
  const lines = [root];
  const cuts = new Map(cut.map((each) => [each.at, each]));
  const into = groupBy(edges, (edge) => edge.to);
  const outOf = groupBy(edges, (edge) => edge.from);
  const walk = (
    arrow: string,
    next: ReadonlyMap<string, readonly ShownEdge[]>,
    far: (edge: ShownEdge) => string,
  ): string[] => {
    const tree: string[] = [];
    const seen = new Set([root]);
    const open = (id: string, depth: number): void => {
      for (const edge of next.get(id) ?? []) {
        const there = far(edge);
        const doubt = edge.confidence === 'CERTAIN' ? '' : ` (${edge.confidence.toLowerCase()})`;
        const again = seen.has(there) ? ' (see above)' : '';
        tree.push(`${'  '.repeat(depth)}${arrow} ${edge.kind} ${there}${doubt}${again}`);
        if (again !== '') continue;
        seen.add(there);
        open(there, depth + 1);
      }
    };
    open(root, 1);
    return tree;
  };
  const upstream = walk('←', into, (edge) => edge.from);
  const downstream = walk('→', outOf, (edge) => edge.to);
  if (upstream.length > 0) lines.push('upstream', ...upstream);
  if (downstream.length > 0) lines.push('downstream', ...downstream);
  if (edges.length === 0) lines.push('  no lineage is known');
  for (const { at, why, hidden } of cuts.values()) {
    const more = hidden === null ? 'there is more' : `${hidden} more`;
    const what = why === 'DEPTH' ? 'raise --depth' : why === 'LIMIT' ? 'raise --limit' : 'not for this key';
    lines.push(`cut at ${at}: ${more} (${what})`);
  }
  return lines.join('\n');
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
