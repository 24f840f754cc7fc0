/** Current edges along which data flows, for many nodes in one statement: what a walk goes along. */
import type { Way } from '#lineage';
import type { Database } from '../database.ts';

/** READS, WRITES, MAY_READ, MAY_WRITE, FEEDS. TRIGGERS and PARENT are shown, not walked. */
export const FLOW_KINDS = '0, 1, 2, 3, 6';

export interface FlowEdge {
  readonly kind: number;
  readonly to: number;
}

export interface FlowEdges {
  readonly steps: readonly FlowEdge[];
  /** Neighbours beyond those that were read. */
  readonly more: number;
}

/** Rows of one statement: above it the next nodes get another one, and the node at the cut its own. */
const ROWS = 4_096;

const MANY = {
  UPSTREAM: `SELECT e.dst, e.kind, e.src FROM json_each(?) j CROSS JOIN current_edge e ON e.dst = j.value WHERE e.kind IN (${FLOW_KINDS}) LIMIT (? + 0)`,
  DOWNSTREAM: `SELECT e.src, e.kind, e.dst FROM json_each(?) j CROSS JOIN current_edge e ON e.src = j.value WHERE e.kind IN (${FLOW_KINDS}) LIMIT (? + 0)`,
} as const;
const COUNT = {
  UPSTREAM: `SELECT count(*) FROM current_edge WHERE dst = ? AND kind IN (${FLOW_KINDS})`,
  DOWNSTREAM: `SELECT count(*) FROM current_edge WHERE src = ? AND kind IN (${FLOW_KINDS})`,
} as const;

/** Neighbours one edge away, in the order of the index; of each node at most `limit` are read. Nodes without any are left out. */
export function currentSteps(
  db: Database,
  way: Way,
  nodes: readonly number[],
  limit: number,
  atMost: number = ROWS,
): Map<number, FlowEdges> {
  const found = new Map<number, FlowEdges>();
  // One more than is shown, else a statement could end in the first node for ever.
  const rows = Math.max(atMost, limit + 1);
  let rest = nodes;
  while (rest.length > 0) {
    const read = db.tuples(MANY[way], JSON.stringify(rest), rows) as [number, number, number][];
    const byNode = grouped(read);
    for (const [node, steps] of byNode)
      found.set(node, { steps: steps.slice(0, limit), more: Math.max(0, steps.length - limit) });
    if (read.length < rows) break;
    // The statement ended in the middle of a node: that one has more neighbours than are shown, or is read again.
    const last = read.at(-1)?.[0] ?? 0;
    const steps = byNode.get(last) ?? [];
    if (steps.length > limit) {
      const all = Number(db.tuples(COUNT[way], last)[0]?.[0] ?? 0);
      found.set(last, { steps: steps.slice(0, limit), more: all - limit });
    }
    rest = rest.slice(rest.indexOf(last) + (steps.length > limit ? 1 : 0));
  }
  return found;
}

function grouped(rows: readonly (readonly [number, number, number])[]): Map<number, FlowEdge[]> {
  const groups = new Map<number, FlowEdge[]>();
  for (const [node, kind, to] of rows) {
    const held = groups.get(node);
    if (held === undefined) groups.set(node, [{ kind, to }]);
    else held.push({ kind, to });
  }
  return groups;
}
