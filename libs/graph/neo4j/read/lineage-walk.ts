/**
 * The walk along the lineage: one statement a way for what is near, one a level beyond it, both ways at the same time, and
 * one for all that is shown. So an answer takes a few round trips, however wide it is.
 */
import {
  type Around,
  type Asset,
  type Edge,
  type EdgeKind,
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
import type { ServedPair } from '../../served-line.ts';
import type { Properties, Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { READ_ASSETS } from '../queries/asset-queries.ts';
import * as walking from '../queries/walk-queries.ts';
import { assetOf } from './asset-reads.ts';
import { edgeOf, intervalsOf } from './edge-view.ts';
import { findNodes } from './node-finder.ts';

type Step = readonly [kind: EdgeKind, to: string, intervals?: string, evidence?: string];

interface WalkedEdge {
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
  readonly intervals?: string | undefined;
  readonly evidence?: string | undefined;
}

export class LineageWalk {
  readonly #statements: Statements;
  readonly #query: LineageQuery;
  /** Met on the way, by key. */
  readonly #met = new Map<string, WalkedEdge>();
  readonly #near = new Map<Way, ReadonlyMap<string, Properties>>();

  constructor(statements: Statements, query: LineageQuery) {
    this.#statements = statements;
    this.#query = query;
  }

  async lineage(): Promise<Lineage> {
    const found = await findNodes(this.#statements, this.#query.of);
    const starts = this.#query.of.flatMap((id) => found.get(id) ?? []);
    await this.#lookAhead(starts);
    const { nodes, edges, cuts } = await walkAwaiting(starts, this.#query, (frontier) => this.#around(frontier));
    const [assets, between] = await Promise.all([this.#assets([...nodes]), this.#between([...nodes])]);
    const walked = [...edges].flatMap((edge) => this.#met.get(edge) ?? []);
    const byId = new Map(assets.map((asset) => [asset.id, asset]));
    return {
      nodes: assets,
      edges: [...walked, ...between].flatMap((edge) => this.#told(edge, byId)).sort((a, b) => (a.id < b.id ? -1 : 1)),
      cut: cuts.map(({ node, why, hidden }) => ({ at: node, why, hidden })),
    };
  }

  /**
   * What lies within some steps is asked in one statement a way; what a walk wants beyond it, level by level. A walk that
   * is less deep, or looks at another time, asks level by level alone.
   */
  async #lookAhead(starts: readonly string[]): Promise<void> {
    const { asOf, depth, direction, limit, details } = this.#query;
    if (asOf !== null || depth < walking.NEAR_DEPTH || starts.length === 0) return;
    const near = details === false ? walking.NEAR_NOW : walking.NEAR_NOW_DETAILED;
    const ways = direction === 'BOTH' ? (['UPSTREAM', 'DOWNSTREAM'] as const) : [direction];
    await Promise.all(
      ways.map(async (way) => {
        const rows = await this.#statements.run(near[way], { ids: starts, nodes: limit, most: limit + 1 });
        this.#near.set(way, new Map(rows.map((row) => [String(row['id']), row])));
      }),
    );
  }

  async #around({ way, nodes, gates }: Frontier<string>): Promise<Around<string>> {
    const { limit } = this.#query;
    const isGate = new Set(gates);
    const steps = new Map<string, Steps<string>>();
    const pairs = new Map<string, readonly Pair<string>[]>();
    for (const row of await this.#rowsOf(way, nodes)) {
      const node = String(row['id']);
      const held = (row['steps'] as readonly Step[]).filter((step) => this.#held(step));
      const shown = held.slice(0, limit).map((step) => this.#step(way, node, step));
      steps.set(node, { steps: shown, more: held.length - shown.length });
      if (isGate.has(node) && typeof row['pairs'] === 'string') pairs.set(node, this.#pairs(row['pairs']));
    }
    await this.#countMore(way, steps);
    return { steps, pairs };
  }

  async #rowsOf(way: Way, nodes: readonly string[]): Promise<readonly Properties[]> {
    const { asOf, limit, details } = this.#query;
    const near = this.#near.get(way);
    const known: readonly Properties[] = nodes.flatMap((node): readonly Properties[] => {
      const row = near?.get(node);
      return row === undefined ? [] : [row];
    });
    const unknown = near === undefined ? nodes : nodes.filter((node) => !near.has(node));
    if (unknown.length === 0) return known;
    const now = details === false ? walking.FLOW_NOW : walking.FLOW_NOW_DETAILED;
    const asked = await this.#statements.run((asOf === null ? now : walking.FLOW_THEN)[way], {
      ids: unknown,
      most: asOf === null ? limit + 1 : Number.MAX_SAFE_INTEGER,
      asOf: asOf === null ? null : new Date(asOf).toISOString(),
    });
    return [...known, ...asked];
  }

  #held([, , intervals]: Step): boolean {
    return this.#query.asOf === null || isHeld(intervalsOf(intervals), this.#query.asOf);
  }

  #step(way: Way, node: string, [kind, other, intervals, evidence]: Step) {
    const [from, to] = way === 'UPSTREAM' ? [other, node] : [node, other];
    const edge = `${kind} ${from} ${to}`;
    this.#met.set(edge, { kind, from, to, intervals, evidence });
    return { edge, to: other, gate: other.startsWith('job:') };
  }

  #pairs(json: string): Pair<string>[] {
    return (JSON.parse(json) as ServedPair[]).filter(({ intervals }) => isHeld(intervals, this.#query.asOf));
  }

  /** A node with more neighbours than are read tells how many they are. */
  async #countMore(way: Way, steps: Map<string, Steps<string>>): Promise<void> {
    const wide = [...steps].flatMap(([node, { more }]) => (more > 0 ? node : []));
    if (wide.length === 0 || this.#query.asOf !== null) return;
    for (const row of await this.#statements.run(walking.COUNT_FLOW[way], { ids: wide })) {
      const node = String(row['id']);
      const read = steps.get(node)?.steps ?? [];
      steps.set(node, { steps: read, more: Number(row['all']) - read.length });
    }
  }

  /** In the order of the nodes. */
  async #assets(ids: readonly string[]): Promise<Asset[]> {
    const rows = await this.#statements.run(READ_ASSETS, { ids });
    const assets = new Map(
      rows.map((row) => {
        const asset = assetOf(new PropertyReader(row).of('asset'));
        return [asset.id, asset] as const;
      }),
    );
    return ids.flatMap((id) => assets.get(id) ?? []);
  }

  async #between(nodes: readonly string[]): Promise<WalkedEdge[]> {
    const { asOf } = this.#query;
    const jobs = nodes.filter((id) => id.startsWith('job:'));
    const rows = await this.#statements.run(asOf === null ? walking.BETWEEN_NOW : walking.BETWEEN_THEN, {
      ids: jobs,
      asOf: asOf === null ? null : new Date(asOf).toISOString(),
    });
    return rows.map(betweenOf).filter(({ intervals }) => asOf === null || isHeld(intervalsOf(intervals), asOf));
  }

  #told({ kind, from, to, intervals, evidence }: WalkedEdge, assets: ReadonlyMap<string, Asset>): Edge[] {
    const [source, target] = [assets.get(from), assets.get(to)];
    if (source === undefined || target === undefined) return [];
    const id = edgeIdBetween(kind, edgeEnd(source), edgeEnd(target));
    if (this.#query.details === false) return [{ id, kind, from, to, current: true, intervals: [], evidence: [] }];
    return [edgeOf({ id, kind, from, to, intervals, evidence }, this.#query.asOf)];
  }
}

function betweenOf(row: Properties): WalkedEdge {
  const p = new PropertyReader(row);
  return {
    kind: p.text('kind') as EdgeKind,
    from: p.text('from'),
    to: p.text('to'),
    intervals: p.text('intervals'),
    evidence: p.text('evidence'),
  };
}
