/** Whether a new edge closes a cycle: a search from both of its ends, which stops at the smaller side's end. */
import { assetId } from '#lineage';
import { type Database, int } from '../database.ts';
import { EDGE_KINDS } from '../interned.ts';
import type { AssetReads } from '../read/asset-reads.ts';
import type { CurrentEdgeChange } from './span-recorder.ts';

/** Along these data flows. */
const FLOWS = [EDGE_KINDS.indexOf('READS'), EDGE_KINDS.indexOf('WRITES'), EDGE_KINDS.indexOf('FEEDS')];
/** A sentence names so many nodes. */
const MOST_SHOWN = 9;
/** Nodes looked at from both ends together; a cycle that takes more is not found. */
export const MOST_VISITED = 2_000;

/** A cycle that is new in the current graph. */
export interface ClosedCycle {
  /** Id of the job of the edge that closed it; of an edge between datasets, of the one that it leads to. */
  readonly subject: string;
  /** Ids, in the order in which data flows, the least one first. */
  readonly nodes: readonly string[];
  /** A continuous job is part of it, for which a cycle is nothing wrong. */
  readonly continuous: boolean;
  readonly text: string;
}

export class CycleFinder {
  readonly #db: Database;
  readonly #assets: AssetReads;

  constructor(db: Database, assets: AssetReads) {
    this.#db = db;
    this.#assets = assets;
  }

  /** Each cycle that the edges of a batch close, once. A job that reads what it writes itself is none. */
  closed(edges: readonly CurrentEdgeChange[]): ClosedCycle[] {
    const found = new Map<string, ClosedCycle>();
    for (const { kind, src, dst, current } of edges) {
      if (!current || !FLOWS.includes(kind)) continue;
      const cycle = cycleClosedBy(this.#db, src, dst);
      if (cycle === null || cycle.length < 3) continue;
      const told = this.#tell(src, dst, cycle);
      found.set(told.nodes.join('\n'), found.get(told.nodes.join('\n')) ?? told);
    }
    return [...found.values()];
  }

  #tell(src: number, dst: number, cycle: readonly number[]): ClosedCycle {
    const nodes = cycle.map((id) => this.#assets.names.byId(id));
    const least = nodes.reduce((best, node, index) => (assetId(node) < assetId(nodes[best] ?? node) ? index : best), 0);
    const turned = [...nodes.slice(least), ...nodes.slice(0, least)];
    const closing = nodes.find(({ id, kind }) => kind === 'job' && (id === src || id === dst));
    const continuous = nodes.some(({ id, kind }) => kind === 'job' && this.#assets.processing(id) !== 'BATCH');
    const names = [...turned, ...turned.slice(0, 1)].map(({ name }) => name);
    const shown = names.length > MOST_SHOWN ? [...names.slice(0, MOST_SHOWN), '…', ...names.slice(-1)] : names;
    const legal = continuous ? ' (a continuous job is part of it)' : '';
    return {
      subject: assetId(closing ?? this.#assets.names.byId(dst)),
      nodes: turned.map((node) => assetId(node)),
      continuous,
      text: `the lineage goes round in a circle${legal}: ${shown.join(' → ')}`,
    };
  }
}

interface Side {
  /** How each node was reached: from which, towards the edge's own end. */
  readonly from: Map<number, number>;
  ahead: number[];
  readonly sql: string;
}

/**
 * The nodes of a cycle that the edge src → dst closes, in the order in which data flows, beginning with dst; null: none,
 * or none within the limit. A new job's edges cost one look each: nothing reads what it writes.
 *
 * ```
 * src ──new──▶ dst ─▶ a ─▶ b            forward from dst: a, b
 *  ▲                       │             backward from src: c
 *  └──────── c ◀───────────┘             they meet
 * ```
 */
export function cycleClosedBy(db: Database, src: number, dst: number): number[] | null {
  const forward = side(
    dst,
    `SELECT dst AS node FROM current_edge WHERE src = ? AND kind IN (${FLOWS.join(', ')}) ORDER BY dst LIMIT ${MOST_VISITED}`,
  );
  const backward = side(
    src,
    `SELECT src AS node FROM current_edge WHERE dst = ? AND kind IN (${FLOWS.join(', ')}) ORDER BY src LIMIT ${MOST_VISITED}`,
  );
  while (forward.from.size + backward.from.size <= MOST_VISITED) {
    const [near, far] = forward.ahead.length <= backward.ahead.length ? [forward, backward] : [backward, forward];
    const met = step(db, near, far);
    if (met !== null) return [...path(forward, met).reverse(), ...path(backward, met).slice(1)];
    if (near.ahead.length === 0) return null;
  }
  return null;
}

const side = (end: number, sql: string): Side => ({ from: new Map([[end, end]]), ahead: [end], sql });

/** One step further on one side. @returns where it met the other */
function step(db: Database, near: Side, far: Side): number | null {
  const next: number[] = [];
  for (const node of near.ahead) {
    for (const row of db.all(near.sql, node)) {
      const reached = int(row, 'node');
      if (near.from.has(reached)) continue;
      near.from.set(reached, node);
      if (far.from.has(reached)) return reached;
      next.push(reached);
    }
    if (near.from.size > MOST_VISITED) break;
  }
  near.ahead = next;
  return null;
}

/** From a node back to the side's own end. */
function path({ from }: Side, node: number): number[] {
  const nodes = [node];
  for (let at = node; from.get(at) !== at; ) {
    at = from.get(at) ?? at;
    nodes.push(at);
  }
  return nodes;
}
