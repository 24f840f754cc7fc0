/**
 * The walk along the lineage. What is near is asked in one statement; a walk that leads further, or looks at another time,
 * asks level by level, both ways at the same time. So an answer takes one round trip or a few, however wide it is.
 */
import {
  type Around,
  type Edge,
  edgeEnd,
  edgeIdBetween,
  type Frontier,
  isHeld,
  type Lineage,
  type LineageQuery,
  type Pair,
  type Steps,
  type Way,
  walkAwaiting,
} from '#lineage';
import type { LastWords } from '../../last-said.ts';
import type { ServedPair } from '../../served-line.ts';
import type { Neo4jDatabase } from '../neo4j-database.ts';
import { assetOf } from './asset-reads.ts';
import { edgeOf, intervalsOf } from './edge-view.ts';
import type { LineageSource, StoredEdge, StoredStep } from './lineage-source.ts';
import { atOneState } from './one-state.ts';
import { SourceByLevels } from './source-by-levels.ts';
import { SourceNearby } from './source-nearby.ts';

export async function readLineage(database: Neo4jDatabase, query: LineageQuery, viewer: string): Promise<Lineage> {
  const nearby = await SourceNearby.ask(database, query, viewer);
  if (nearby !== null) {
    const lineage = await new LineageWalk(nearby, query).lineage();
    if (!nearby.left) return lineage;
  }
  return atOneState(database, viewer, (statements) =>
    new LineageWalk(new SourceByLevels(statements, query), query).lineage(),
  );
}

class LineageWalk {
  readonly #source: LineageSource;
  readonly #query: LineageQuery;
  /** Met on the way, by key. */
  readonly #met = new Map<string, StoredEdge>();

  constructor(source: LineageSource, query: LineageQuery) {
    this.#source = source;
    this.#query = query;
  }

  async lineage(): Promise<Lineage> {
    const starts = await this.#source.starts();
    const { nodes, edges, cuts } = await walkAwaiting(starts, this.#query, (frontier) => this.#around(frontier));
    const ids = [...nodes];
    const withDetails = this.#query.details !== false;
    const [found, between, said] = await Promise.all([
      this.#source.assets(ids),
      this.#between(ids),
      withDetails ? this.#source.lastSaid(ids) : new Map<string, LastWords>(),
    ]);
    const assets = ids.flatMap((id) => {
      const asset = found.get(id);
      return asset === undefined ? [] : assetOf(asset);
    });
    const byId = new Map(assets.map((asset) => [asset.id, asset]));
    const walked = [...edges].flatMap((edge) => this.#met.get(edge) ?? []);
    return {
      nodes: assets,
      edges: [...walked, ...between]
        .flatMap((edge): Edge[] => {
          const [source, target] = [byId.get(edge.from), byId.get(edge.to)];
          if (source === undefined || target === undefined) return [];
          const saidBy = [edge.from, edge.to].flatMap((id) => said.get(id) ?? []);
          return [this.#told(edge, edgeIdBetween(edge.kind, edgeEnd(source), edgeEnd(target)), saidBy)];
        })
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      cut: cuts.map(({ node, why, hidden }) => ({ at: node, why, hidden })),
    };
  }

  async #around({ way, nodes, gates }: Frontier<string>): Promise<Around<string>> {
    const { limit } = this.#query;
    const isGate = new Set(gates);
    const steps = new Map<string, Steps<string>>();
    const pairs = new Map<string, readonly Pair<string>[]>();
    for (const [node, stored] of await this.#source.steps(way, nodes)) {
      const held = stored.steps.filter((step) => this.#held(step));
      const shown = held.slice(0, limit).map((step) => this.#step(way, node, step));
      steps.set(node, { steps: shown, more: held.length - shown.length });
      if (isGate.has(node) && stored.pairs !== null) pairs.set(node, this.#pairs(stored.pairs));
    }
    await this.#countMore(way, steps);
    return { steps, pairs };
  }

  #held([, , intervals]: StoredStep): boolean {
    return this.#query.asOf === null || isHeld(intervalsOf(intervals), this.#query.asOf);
  }

  #step(way: Way, node: string, [kind, other, intervals, evidence, timelines]: StoredStep) {
    const [from, to] = way === 'UPSTREAM' ? [other, node] : [node, other];
    const edge = `${kind} ${from} ${to}`;
    this.#met.set(edge, { kind, from, to, intervals, evidence, timelines });
    return { edge, to: other, gate: other.startsWith('job:') };
  }

  #pairs(json: string): Pair<string>[] {
    return (JSON.parse(json) as ServedPair[]).filter(({ intervals }) => isHeld(intervals, this.#query.asOf));
  }

  /** A node with more neighbours than are read tells how many they are. */
  async #countMore(way: Way, steps: Map<string, Steps<string>>): Promise<void> {
    const wide = [...steps].flatMap(([node, { more }]) => (more > 0 ? node : []));
    if (wide.length === 0 || this.#query.asOf !== null) return;
    for (const [node, all] of await this.#source.count(way, wide)) {
      const read = steps.get(node)?.steps ?? [];
      steps.set(node, { steps: read, more: all - read.length });
    }
  }

  async #between(nodes: readonly string[]): Promise<StoredEdge[]> {
    const { asOf } = this.#query;
    const edges = await this.#source.between(nodes);
    return edges.filter(({ intervals }) => asOf === null || isHeld(intervalsOf(intervals), asOf));
  }

  #told(edge: StoredEdge, id: string, said: readonly LastWords[]): Edge {
    const { kind, from, to, intervals, evidence, timelines } = edge;
    if (this.#query.details === false) return { id, kind, from, to, current: true, intervals: [], evidence: [] };
    return edgeOf({ id, kind, from, to, intervals, evidence, timelines, said }, this.#query.asOf);
  }
}
