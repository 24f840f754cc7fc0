/**
 * A walk along edges, breadth first, upstream and downstream at the same time but apart, without a store: it asks for what
 * lies around a frontier and goes on with the answer. So one walk serves a store that answers at once and one that takes
 * a round trip; it asks once a level, however wide the level is.
 *
 * ```
 * asked for b, depth 2          upstream ◀───────┊───────▶ downstream
 *                               a ──▶ job1 ──▶ b ──▶ job2 ──▶ c ──▶ job3
 *                                     1        0     1        2     cut: DEPTH at c, 1 hidden
 * ```
 * A gate, a job whose lineage facet pairs inputs with outputs, lets an input through to its own outputs alone.
 */
import type { Cut, LineageQuery } from '../read-model.ts';

export type Way = 'UPSTREAM' | 'DOWNSTREAM';

export interface Step<Node> {
  /** Names the edge, the same from either end. */
  readonly edge: string;
  readonly to: Node;
  /** `to` may let through only some of what comes from here. */
  readonly gate: boolean;
}

export interface Steps<Node> {
  readonly steps: readonly Step<Node>[];
  /** Neighbours beyond those that were read. */
  readonly more: number;
}

/** What goes in and what comes out of it, inside a gate. */
export interface Pair<Node> {
  readonly from: Node;
  readonly to: Node;
}

/** What a walk asks about one way. */
export interface Frontier<Node> {
  readonly way: Way;
  readonly nodes: readonly Node[];
  /** Those of the nodes whose pairs count. */
  readonly gates: readonly Node[];
}

/** Nodes without neighbours, and gates without pairs, may be left out. */
export interface Around<Node> {
  readonly steps: ReadonlyMap<Node, Steps<Node>>;
  readonly pairs: ReadonlyMap<Node, readonly Pair<Node>[]>;
}

export interface NodeCut<Node> {
  readonly node: Node;
  readonly why: Exclude<Cut['why'], 'NOT_ALLOWED'>;
  readonly hidden: number;
}

export interface Walked<Node> {
  /** In the order in which they were found, the starts first. */
  readonly nodes: ReadonlySet<Node>;
  readonly edges: ReadonlySet<string>;
  /** Of one node and one reason each. */
  readonly cuts: readonly NodeCut<Node>[];
}

/** A node reached, and from which: what a gate lets through depends on it. */
interface Visit<Node> {
  readonly node: Node;
  readonly via: Node | null;
}

interface Found<Node> {
  readonly nodes: Set<Node>;
  readonly edges: Set<string>;
  readonly cuts: Map<string, NodeCut<Node>>;
}

/**
 * Yields the frontiers of a level, and is to be given what is around each, in the same order. Each way begins where the
 * question does, not where the other way came to.
 */
export function* walkGraph<Node extends string | number>(
  starts: readonly Node[],
  { direction, depth, limit }: Pick<LineageQuery, 'direction' | 'depth' | 'limit'>,
): Generator<readonly Frontier<Node>[], Walked<Node>, readonly Around<Node>[]> {
  const first = [...new Set(starts)].slice(0, limit);
  const found: Found<Node> = { nodes: new Set(first), edges: new Set(), cuts: new Map() };
  const ways: readonly Way[] = direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [direction];
  let fronts = ways.map((way) => ({ way, visits: first.map((node): Visit<Node> => ({ node, via: null })) }));
  const seen = ways.map(() => new Set(first.map((node) => visitKey({ node, via: null }))));
  for (let level = 0; level <= depth; level++) {
    const asked = fronts.filter(({ visits }) => visits.length > 0);
    if (asked.length === 0) break;
    const answers = yield asked.map(({ way, visits }) => ({
      way,
      nodes: [...new Set(visits.map(({ node }) => node))],
      gates: [...new Set(visits.flatMap(({ node, via }) => (via === null ? [] : node)))],
    }));
    fronts = asked.map(({ way, visits }, i) => {
      const around = answers[i] ?? { steps: new Map(), pairs: new Map() };
      const known = seen[ways.indexOf(way)] ?? new Set<string>();
      return { way, visits: stepOn(way, visits, around, level < depth ? limit : null, found, known) };
    });
  }
  return { nodes: found.nodes, edges: found.edges, cuts: [...found.cuts.values()] };
}

/** @param limit nodes in the answer; null: the depth is reached, no step is taken */
function stepOn<Node extends string | number>(
  way: Way,
  visits: readonly Visit<Node>[],
  { steps: stepsOf, pairs }: Around<Node>,
  limit: number | null,
  { nodes, edges, cuts }: Found<Node>,
  seen: Set<string>,
): Visit<Node>[] {
  const next: Visit<Node>[] = [];
  for (const visit of visits) {
    const { steps, more } = stepsOf.get(visit.node) ?? { steps: [], more: 0 };
    let hidden = more;
    for (const { edge, to, gate } of letThrough(way, visit, steps, pairs.get(visit.node))) {
      if (limit === null || (!nodes.has(to) && nodes.size >= limit)) {
        // At the depth an edge to a node that is shown anyway hides nothing but itself.
        if (!edges.has(edge)) hidden += 1;
        continue;
      }
      nodes.add(to);
      edges.add(edge);
      const reached = { node: to, via: gate ? visit.node : null };
      if (seen.has(visitKey(reached))) continue;
      seen.add(visitKey(reached));
      next.push(reached);
    }
    if (hidden > 0) cutAt(cuts, visit.node, limit === null ? 'DEPTH' : 'LIMIT', hidden);
  }
  return next;
}

function letThrough<Node>(
  way: Way,
  { via }: Visit<Node>,
  steps: readonly Step<Node>[],
  pairs: readonly Pair<Node>[] | undefined,
): readonly Step<Node>[] {
  if (pairs === undefined || via === null) return steps;
  return steps.filter(({ to }) => {
    const [input, output] = way === 'DOWNSTREAM' ? [via, to] : [to, via];
    const ofOutput = pairs.filter((pair) => pair.to === output);
    return ofOutput.length === 0 || ofOutput.some((pair) => pair.from === input);
  });
}

function cutAt<Node extends string | number>(
  cuts: Map<string, NodeCut<Node>>,
  node: Node,
  why: NodeCut<Node>['why'],
  hidden: number,
): void {
  const key = `${why} ${node}`;
  cuts.set(key, { node, why, hidden: hidden + (cuts.get(key)?.hidden ?? 0) });
}

const visitKey = ({ node, via }: Visit<string | number>): string => `${node}\n${via ?? ''}`;

/** Walks in a store that answers at once. */
export function walkNow<Node extends string | number>(
  starts: readonly Node[],
  query: LineageQuery,
  around: (frontier: Frontier<Node>) => Around<Node>,
): Walked<Node> {
  const walk = walkGraph(starts, query);
  let step = walk.next();
  while (step.done !== true) step = walk.next(step.value.map(around));
  return step.value;
}

/** Walks in a store that takes its time: both ways of a level are asked at once. */
export async function walkAwaiting<Node extends string | number>(
  starts: readonly Node[],
  query: LineageQuery,
  around: (frontier: Frontier<Node>) => Promise<Around<Node>>,
): Promise<Walked<Node>> {
  const walk = walkGraph(starts, query);
  let step = walk.next();
  while (step.done !== true) step = walk.next(await Promise.all(step.value.map(around)));
  return step.value;
}
