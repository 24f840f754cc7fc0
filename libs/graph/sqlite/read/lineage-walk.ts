/**
 * The walk along the lineage: breadth first, upstream and downstream apart, from the current graph or as of a time.
 *
 * ```
 * asked for b, depth 2          upstream ◀───────┊───────▶ downstream
 *                               a ──▶ job1 ──▶ b ──▶ job2 ──▶ c ──▶ job3
 *                                     1        0     1        2     cut: DEPTH at c, 1 hidden
 * ```
 * A job whose lineage facet pairs inputs with outputs lets an input through to its own outputs alone.
 */
import {
  assetId,
  type Cut,
  type Edge,
  edgeEnd,
  edgeIdBetween,
  FOREVER,
  type Lineage,
  type LineageQuery,
} from '#lineage';
import { type Database, int } from '../database.ts';
import type { AssetReads } from './asset-reads.ts';
import type { EdgeReads } from './edge-reads.ts';
import { currentSteps, FLOW_KINDS, type Step, type Steps, type Way } from './flow-edges.ts';
import { holdsAt } from './intervals.ts';
import type { NameRow } from './name-book.ts';

const SHOWN_KINDS = '4, 5';
const FEEDS = 6;
const NONE: Steps = { steps: [], more: 0 };

/** A node reached, and from which: what a job lets through may depend on it. */
interface Visit {
  readonly node: number;
  readonly isJob: boolean;
  readonly via: number | null;
}

interface WalkedEdge {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
}

/** Of one node and one reason. */
interface NodeCut {
  readonly node: number;
  readonly why: 'DEPTH' | 'LIMIT';
  readonly hidden: number;
}

interface Pair {
  readonly from: number;
  readonly to: number;
}

/** What one question has come to know, by the numbers of nodes: texts are read once, at its end. */
interface Walked {
  readonly nodes: Set<number>;
  readonly edges: Map<string, WalkedEdge>;
  readonly cuts: Map<string, NodeCut>;
}

export class LineageWalk {
  readonly #db: Database;
  readonly #assets: AssetReads;
  readonly #edges: EdgeReads;

  constructor(db: Database, assets: AssetReads, edges: EdgeReads) {
    this.#db = db;
    this.#assets = assets;
    this.#edges = edges;
  }

  lineage(query: LineageQuery): Lineage {
    const walked: Walked = { nodes: new Set(), edges: new Map(), cuts: new Map() };
    const starts: Visit[] = [];
    for (const id of query.of) {
      const start = this.#assets.find(id);
      if (start === null || walked.nodes.has(start.id) || walked.nodes.size >= query.limit) continue;
      walked.nodes.add(start.id);
      starts.push({ node: start.id, isJob: start.kind === 'job', via: null });
    }
    const ways: readonly Way[] = query.direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [query.direction];
    // Each way begins where the question does, not where the other way came to.
    for (const way of ways) this.#walk(way, starts, query, walked);

    const rows = this.#assets.names.many([...walked.nodes]);
    const nodes = [...walked.nodes].flatMap((id) => rows.get(id) ?? []);
    const edges = [...walked.edges.values(), ...this.#between(nodes, query.asOf)];
    return {
      nodes: this.#assets.assets(nodes),
      edges: this.#told(edges, rows, query),
      cut: [...walked.cuts.values()].flatMap(({ node, why, hidden }): Cut[] => {
        const row = rows.get(node);
        return row === undefined ? [] : [{ at: assetId(row), why, hidden }];
      }),
    };
  }

  #walk(way: Way, starts: readonly Visit[], { depth, limit, asOf }: LineageQuery, walked: Walked): void {
    const { nodes, edges } = walked;
    let frontier = starts;
    const seen = new Set(frontier.map(key));
    for (let level = 0; frontier.length > 0; level++) {
      const next: Visit[] = [];
      const neighbours = this.#neighbours(way, frontier, asOf, limit);
      const pairs = this.#pairs(frontier, asOf);
      for (const visit of frontier) {
        const { steps, more } = neighbours.get(visit.node) ?? NONE;
        let hidden = more;
        for (const step of this.#letThrough(way, visit, steps, pairs)) {
          const [from, to] = way === 'UPSTREAM' ? [step.to, visit.node] : [visit.node, step.to];
          const edge = `${step.kind}.${from}.${to}`;
          if (level >= depth || (!nodes.has(step.to) && nodes.size >= limit)) {
            // At the depth an edge to a node that is shown anyway hides nothing but itself.
            if (!edges.has(edge)) hidden += 1;
            continue;
          }
          nodes.add(step.to);
          edges.set(edge, { kind: step.kind, from, to });
          // Between a dataset and a job lies every kind but FEEDS.
          const isJob = step.kind === FEEDS ? visit.isJob : !visit.isJob;
          const reached = { node: step.to, isJob, via: isJob ? visit.node : null };
          if (seen.has(key(reached))) continue;
          seen.add(key(reached));
          next.push(reached);
        }
        if (hidden > 0) cutAt(walked.cuts, visit.node, level >= depth ? 'DEPTH' : 'LIMIT', hidden);
      }
      if (level >= depth) return;
      frontier = next;
    }
  }

  /** Neighbours one edge away; of each node at most `limit` are read, `more` counts the rest. */
  #neighbours(way: Way, visits: readonly Visit[], asOf: number | null, limit: number): ReadonlyMap<number, Steps> {
    const nodes = [...new Set(visits.map(({ node }) => node))];
    if (asOf === null) return currentSteps(this.#db, way, nodes, limit);
    return new Map(nodes.map((node) => [node, { steps: this.#pastSteps(way, node, asOf), more: 0 }]));
  }

  #letThrough(
    way: Way,
    { node, via }: Visit,
    steps: readonly Step[],
    pairs: ReadonlyMap<number, readonly Pair[]>,
  ): readonly Step[] {
    const own = pairs.get(node);
    if (own === undefined || via === null) return steps;
    return steps.filter(({ to }) => {
      const [input, output] = way === 'DOWNSTREAM' ? [via, to] : [to, via];
      const ofOutput = own.filter((pair) => pair.to === output);
      return ofOutput.length === 0 || ofOutput.some((pair) => pair.from === input);
    });
  }

  #pastSteps(way: Way, node: number, asOf: number): Step[] {
    const found = new Map<string, Step>();
    const [here, there] = way === 'DOWNSTREAM' ? ['src', 'dst'] : ['dst', 'src'];
    for (const member of this.#assets.names.members(node)) {
      const rows = this.#db.all(
        `SELECT e.id, e.kind, other.root AS other FROM edge e JOIN name other ON other.id = e.${there} JOIN name r ON r.id = other.root WHERE e.${here} = ? AND e.kind IN (${FLOW_KINDS}) AND r.first_t IS NOT NULL`,
        member,
      );
      for (const row of rows) {
        const other = int(row, 'other');
        if (other !== node && this.#heldAt(int(row, 'id'), asOf))
          found.set(`${int(row, 'kind')}.${other}`, { kind: int(row, 'kind'), to: other });
      }
    }
    return [...found.values()];
  }

  #heldAt(edge: number, t: number): boolean {
    return holdsAt(this.#edges.spans([edge], false), t);
  }

  /** Input → output pairs that hold inside the jobs that were reached from somewhere, by job. */
  #pairs(visits: readonly Visit[], asOf: number | null): ReadonlyMap<number, readonly Pair[]> {
    const jobs = new Set(visits.flatMap(({ node, via }) => (via === null ? [] : [node])));
    const pairs = new Map<number, Pair[]>();
    if (jobs.size === 0) return pairs;
    const t = asOf ?? FOREVER - 1;
    const rows = this.#db.tuples(
      "SELECT t.owner, s.root, d.root FROM json_each(?) j CROSS JOIN timeline t ON t.owner = j.value AND t.direction = 'PAIRS' JOIN span ON span.timeline = t.id AND span.since <= ? AND span.until > ? JOIN edge e ON e.id = span.element JOIN name s ON s.id = e.src JOIN name d ON d.id = e.dst",
      JSON.stringify([...jobs]),
      t,
      t,
    ) as [number, number, number][];
    for (const [job, from, to] of rows) {
      const held = pairs.get(job);
      if (held === undefined) pairs.set(job, [{ from, to }]);
      else held.push({ from, to });
    }
    return pairs;
  }

  /** TRIGGERS and PARENT edges between the nodes of the answer. */
  #between(nodes: readonly NameRow[], asOf: number | null): WalkedEdge[] {
    const known = new Set(nodes.map(({ id }) => id));
    const jobs = JSON.stringify(nodes.filter(({ kind }) => kind === 'job').map(({ id }) => id));
    const rows = (
      asOf === null
        ? this.#db.tuples(
            `SELECT e.kind, e.src, e.dst FROM json_each(?) j CROSS JOIN current_edge e ON e.dst = j.value AND e.kind IN (${SHOWN_KINDS})`,
            jobs,
          )
        : this.#db
            .tuples(
              `SELECT e.kind, e.src, e.dst, e.id FROM json_each(?) j CROSS JOIN edge e ON e.dst = j.value AND e.kind IN (${SHOWN_KINDS})`,
              jobs,
            )
            .filter((row) => this.#heldAt(Number(row[3]), asOf))
    ) as [number, number, number][];
    return rows.filter(([, from]) => known.has(from)).map(([kind, from, to]) => ({ kind, from, to }));
  }

  #told(edges: readonly WalkedEdge[], rows: ReadonlyMap<number, NameRow>, query: LineageQuery): Edge[] {
    const told = query.details === false ? this.#bare(edges, rows) : this.#detailed(edges, rows, query.asOf);
    return told.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #bare(edges: readonly WalkedEdge[], rows: ReadonlyMap<number, NameRow>): Edge[] {
    const ends = new Map([...rows].map(([id, row]) => [id, { id: assetId(row), end: edgeEnd(row) }]));
    return edges.flatMap(({ kind: number, from, to }) => {
      const [source, target] = [ends.get(from), ends.get(to)];
      if (source === undefined || target === undefined) return [];
      const kind = this.#edges.kindOf(number);
      const id = edgeIdBetween(kind, source.end, target.end);
      return [{ id, kind, from: source.id, to: target.id, current: true, intervals: [], evidence: [] }];
    });
  }

  #detailed(edges: readonly WalkedEdge[], rows: ReadonlyMap<number, NameRow>, asOf: number | null): Edge[] {
    return edges.flatMap(({ kind, from, to }) => {
      const [source, target] = [rows.get(from), rows.get(to)];
      if (source === undefined || target === undefined) return [];
      return [this.#edges.edge({ kind, from: source, to: target }, asOf)];
    });
  }
}

function cutAt(cuts: Map<string, NodeCut>, node: number, why: NodeCut['why'], hidden: number): void {
  const key = `${node} ${why}`;
  cuts.set(key, { node, why, hidden: hidden + (cuts.get(key)?.hidden ?? 0) });
}

function key({ node, via }: Visit): string {
  return `${node}.${via ?? ''}`;
}
