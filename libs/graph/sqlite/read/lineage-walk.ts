/** The walk along the lineage, from the current graph or as of a time. Nodes are numbers: texts are read once, at its end. */
import {
  type Around,
  assetId,
  type Cut,
  type Edge,
  edgeEnd,
  edgeIdBetween,
  FOREVER,
  type Frontier,
  type Lineage,
  type LineageQuery,
  type Pair,
  type Way,
  walkNow,
} from '#lineage';
import { type Database, int } from '../database.ts';
import type { AssetReads } from './asset-reads.ts';
import type { EdgeReads } from './edge-reads.ts';
import { currentSteps, FLOW_KINDS, type FlowEdge, type FlowEdges } from './flow-edges.ts';
import { holdsAt } from './intervals.ts';
import type { NameRow } from './name-book.ts';

const SHOWN_KINDS = '4, 5';
const FEEDS = 6;

interface WalkedEdge {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
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
    const starts = query.of.flatMap((id) => this.#assets.find(id) ?? []);
    const jobs = new Set(starts.flatMap(({ id, kind }) => (kind === 'job' ? id : [])));
    const walked = walkNow(
      starts.map(({ id }) => id),
      query,
      (frontier) => this.#around(frontier, query, jobs),
    );
    const rows = this.#assets.names.many([...walked.nodes]);
    const nodes = [...walked.nodes].flatMap((id) => rows.get(id) ?? []);
    const edges = [...[...walked.edges].map(edgeOfKey), ...this.#between(nodes, query.asOf)];
    return {
      nodes: this.#assets.assets(nodes),
      edges: this.#told(edges, rows, query),
      cut: walked.cuts.flatMap(({ node, why, hidden }): Cut[] => {
        const row = rows.get(node);
        return row === undefined ? [] : [{ at: assetId(row), why, hidden }];
      }),
    };
  }

  /** @param jobs those known so far; what is found to be one is added */
  #around({ way, nodes, gates }: Frontier<number>, { asOf, limit }: LineageQuery, jobs: Set<number>): Around<number> {
    const found = this.#edgesAt(way, nodes, asOf, limit);
    const fed = [...found.values()].flatMap(({ steps }) => steps.flatMap(({ kind, to }) => (kind === FEEDS ? to : [])));
    const fedRows = fed.length === 0 ? new Map<number, NameRow>() : this.#assets.names.many(fed);
    const steps = new Map(
      [...found].map(([node, { steps: of, more }]) => {
        const here = jobs.has(node);
        const reached = of.map(({ kind, to }) => {
          // Every kind but FEEDS, which lies between any two, has a dataset at one end and a job at the other.
          const gate = kind === FEEDS ? fedRows.get(to)?.kind === 'job' : !here;
          if (gate) jobs.add(to);
          return { edge: way === 'UPSTREAM' ? `${kind}.${to}.${node}` : `${kind}.${node}.${to}`, to, gate };
        });
        return [node, { steps: reached, more }];
      }),
    );
    return { steps, pairs: this.#pairs(gates, asOf) };
  }

  /** Of each node at most `limit` are read, `more` counts the rest. */
  #edgesAt(way: Way, nodes: readonly number[], asOf: number | null, limit: number): ReadonlyMap<number, FlowEdges> {
    if (asOf === null) return currentSteps(this.#db, way, nodes, limit);
    return new Map(nodes.map((node) => [node, { steps: this.#pastSteps(way, node, asOf), more: 0 }]));
  }

  #pastSteps(way: Way, node: number, asOf: number): FlowEdge[] {
    const found = new Map<string, FlowEdge>();
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

  /** Input → output pairs that hold inside the jobs, by job. */
  #pairs(jobs: readonly number[], asOf: number | null): ReadonlyMap<number, readonly Pair<number>[]> {
    const pairs = new Map<number, Pair<number>[]>();
    if (jobs.length === 0) return pairs;
    const t = asOf ?? FOREVER - 1;
    const rows = this.#db.tuples(
      "SELECT t.owner, s.root, d.root FROM json_each(?) j CROSS JOIN timeline t ON t.owner = j.value AND t.direction = 'PAIRS' JOIN span ON span.timeline = t.id AND span.since <= ? AND span.until > ? JOIN edge e ON e.id = span.element JOIN name s ON s.id = e.src JOIN name d ON d.id = e.dst",
      JSON.stringify(jobs),
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

function edgeOfKey(key: string): WalkedEdge {
  const [kind = 0, from = 0, to = 0] = key.split('.').map(Number);
  return { kind, from, to };
}
