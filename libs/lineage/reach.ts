/**
 * How far something that is said of one node goes along the lineage. From a node it follows the data, through the jobs:
 * what only orders jobs (TRIGGERS, PARENT) or only may be (MAY_READ, MAY_WRITE) carries nothing. From a field it follows the
 * values of columns:
 *
 * ```
 * orders.email ──IDENTITY──▶ clean.email ──HASH, masking──▶ mart.email_hash     reaches clean.email; stops: masked
 *      └──────────────FILTER (INDIRECT)──────────────────▶ mart.total           stops: decides which rows, gives no value
 * ```
 *
 * Of several ways between two fields, one that carries is enough.
 */
import type { ColumnEdge, Edge, EdgeKind } from './read-model.ts';

export interface FlowStep {
  readonly from: string;
  readonly to: string;
}

/** Where it would have gone on, and why it doesn't. */
export interface Stop extends FlowStep {
  readonly reason: string;
}

export interface Flowing {
  readonly steps: readonly FlowStep[];
  readonly stops: readonly Stop[];
}

const CARRYING: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['READS', 'WRITES', 'FEEDS']);

export const dataFlow = (edges: readonly Edge[]): Flowing => ({
  steps: edges.filter(({ kind }) => CARRYING.has(kind)),
  stops: [],
});

export function columnFlow(edges: readonly ColumnEdge[]): Flowing {
  const ways = new Map<string, ColumnEdge[]>();
  for (const edge of edges) {
    const key = JSON.stringify([edge.from, edge.to]);
    ways.set(key, [...(ways.get(key) ?? []), edge]);
  }
  const steps: FlowStep[] = [];
  const stops: Stop[] = [];
  for (const between of ways.values()) {
    const [first] = between;
    if (first === undefined) continue;
    const { from, to } = first;
    const values = between.filter(({ transformation }) => transformation.type !== 'INDIRECT');
    if (values.some(({ transformation }) => transformation.masking !== true)) steps.push({ from, to });
    else stops.push({ from, to, reason: values.length > 0 ? masked(values) : indirect(between) });
  }
  return { steps, stops };
}

/** What is reached from a root, nearest first, without the root; loops end. */
export function reachedFrom(root: string, steps: readonly FlowStep[], direction: 'UPSTREAM' | 'DOWNSTREAM'): string[] {
  const next = new Map<string, string[]>();
  for (const step of steps) {
    const [near, far] = direction === 'DOWNSTREAM' ? [step.from, step.to] : [step.to, step.from];
    const known = next.get(near);
    if (known === undefined) next.set(near, [far]);
    else known.push(far);
  }
  const reached = new Set([root]);
  // A set that grows while it is walked through: breadth first.
  for (const node of reached) for (const far of next.get(node) ?? []) reached.add(far);
  reached.delete(root);
  return [...reached];
}

const masked = (edges: readonly ColumnEdge[]): string =>
  `masked by ${jobsOf(edges)} (${[...new Set(edges.map(({ transformation: { type, subtype } }) => subtype ?? type))].join(', ')})`;

const indirect = (edges: readonly ColumnEdge[]): string =>
  `only decides which rows or values there are (${[...new Set(edges.map(({ transformation: { type, subtype } }) => subtype ?? type))].join(', ')} in ${jobsOf(edges)}): its own values don't get there`;

const jobsOf = (edges: readonly ColumnEdge[]): string => {
  const jobs = [...new Set(edges.flatMap(({ job }) => (job === null ? [] : [job])))].sort();
  return jobs.length === 0 ? 'an unnamed job' : jobs.join(', ');
};
