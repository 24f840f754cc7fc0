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
import { type Asset, assetId, type Cut, type Edge, FOREVER, type Lineage, type LineageQuery } from '#lineage';
import { type Database, int } from '../database.ts';
import type { AssetReads } from './asset-reads.ts';
import type { EdgeReads, EdgeRef } from './edge-reads.ts';
import { holdsAt } from './intervals.ts';
import type { NameRow } from './name-book.ts';

/** READS, WRITES, MAY_READ, MAY_WRITE, FEEDS: along these data flows. TRIGGERS and PARENT are shown, not walked. */
const FLOW_KINDS = '0, 1, 2, 3, 6';
const SHOWN_KINDS = '4, 5';

interface Step {
  readonly kind: number;
  readonly to: number;
}

/** A node reached, and from which: what a job lets through may depend on it. */
interface Visit {
  readonly node: number;
  readonly via: number | null;
}

type Way = 'UPSTREAM' | 'DOWNSTREAM';

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
    const nodes = new Map<number, NameRow>();
    for (const start of starts) if (nodes.size < query.limit) nodes.set(start.id, start);
    const walked = new Map<string, { kind: number; from: number; to: number }>();
    const cut = new Map<string, Cut>();
    const ways: readonly Way[] = query.direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [query.direction];
    // Each way begins where the question does, not where the other way came to.
    const from = [...nodes.keys()];
    for (const way of ways) this.#walk(way, from, query, nodes, walked, cut);
    const edges = [...walked.values(), ...this.#between(nodes, query.asOf)].map((edge) =>
      this.#edge(edge, nodes, query),
    );
    return {
      nodes: [...nodes.values()].map((node): Asset => this.#assets.asset(node)),
      edges: edges.sort((a, b) => (a.id < b.id ? -1 : 1)),
      cut: [...cut.values()],
    };
  }

  #walk(
    way: Way,
    starts: readonly number[],
    { depth, limit, asOf }: LineageQuery,
    nodes: Map<number, NameRow>,
    walked: Map<string, { kind: number; from: number; to: number }>,
    cut: Map<string, Cut>,
  ): void {
    let frontier: Visit[] = starts.map((node) => ({ node, via: null }));
    const seen = new Set(frontier.map(key));
    for (let level = 0; frontier.length > 0; level++) {
      const next: Visit[] = [];
      for (const visit of frontier) {
        const { steps, more } = this.#steps(way, visit, asOf, limit);
        let hidden = more;
        for (const step of steps) {
          const [from, to] = way === 'UPSTREAM' ? [step.to, visit.node] : [visit.node, step.to];
          const isKnown = nodes.has(step.to);
          if (level >= depth || (!isKnown && nodes.size >= limit)) {
            // At the depth an edge to a node that is shown anyway hides nothing but itself.
            if (!walked.has(`${step.kind}.${from}.${to}`)) hidden += 1;
            continue;
          }
          if (!isKnown) nodes.set(step.to, this.#assets.names.byId(step.to));
          walked.set(`${step.kind}.${from}.${to}`, { kind: step.kind, from, to });
          const reached = { node: step.to, via: this.#isJob(step.to, nodes) ? visit.node : null };
          if (seen.has(key(reached))) continue;
          seen.add(key(reached));
          next.push(reached);
        }
        if (hidden > 0) this.#cut(cut, visit.node, nodes, level >= depth ? 'DEPTH' : 'LIMIT', hidden);
      }
      if (level >= depth) return;
      frontier = next;
    }
  }

  #cut(
    cut: Map<string, Cut>,
    node: number,
    nodes: ReadonlyMap<number, NameRow>,
    why: Cut['why'],
    hidden: number,
  ): void {
    const row = nodes.get(node);
    if (row === undefined) return;
    const at = assetId(row);
    const held = cut.get(`${at} ${why}`);
    cut.set(`${at} ${why}`, { at, why, hidden: hidden + (held?.hidden ?? 0) });
  }

  /** Neighbours one edge away; at most `limit` of them are read, `more` counts the rest. */
  #steps(way: Way, visit: Visit, asOf: number | null, limit: number): { steps: Step[]; more: number } {
    const all = asOf === null ? this.#currentSteps(way, visit.node, limit) : this.#pastSteps(way, visit.node, asOf);
    if (visit.via === null) return all;
    const pairs = this.#pairs(visit.node, asOf);
    if (pairs.length === 0) return all;
    const { via } = visit;
    return {
      more: all.more,
      steps: all.steps.filter(({ to }) => {
        const [input, output] = way === 'DOWNSTREAM' ? [via, to] : [to, via];
        const ofOutput = pairs.filter((pair) => pair.to === output);
        return ofOutput.length === 0 || ofOutput.some((pair) => pair.from === input);
      }),
    };
  }

  #currentSteps(way: Way, node: number, limit: number): { steps: Step[]; more: number } {
    const rows =
      way === 'DOWNSTREAM'
        ? this.#db.all(
            `SELECT kind, dst AS other FROM current_edge WHERE src = ? AND kind IN (${FLOW_KINDS}) LIMIT (? + 0)`,
            node,
            limit + 1,
          )
        : this.#db.all(
            `SELECT kind, src AS other FROM current_edge WHERE dst = ? AND kind IN (${FLOW_KINDS}) LIMIT (? + 0)`,
            node,
            limit + 1,
          );
    const steps = rows.slice(0, limit).map((row): Step => ({ kind: int(row, 'kind'), to: int(row, 'other') }));
    if (rows.length <= limit) return { steps, more: 0 };
    const [here] = way === 'DOWNSTREAM' ? ['src'] : ['dst'];
    const count = this.#db.get(
      `SELECT count(*) AS n FROM current_edge WHERE ${here} = ? AND kind IN (${FLOW_KINDS})`,
      node,
    );
    return { steps, more: int(count ?? {}, 'n') - steps.length };
  }

  #pastSteps(way: Way, node: number, asOf: number): { steps: Step[]; more: number } {
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
    return { steps: [...found.values()], more: 0 };
  }

  #heldAt(edge: number, t: number): boolean {
    return holdsAt(this.#edges.spans([edge], false), t);
  }

  /** Input → output pairs that hold inside a job; from the job itself: the output has pairs. */
  #pairs(job: number, asOf: number | null): { from: number; to: number }[] {
    const t = asOf ?? FOREVER - 1;
    return this.#db
      .all(
        "SELECT s.root AS src, d.root AS dst FROM timeline t JOIN span ON span.timeline = t.id AND span.since <= ? AND span.until > ? JOIN edge e ON e.id = span.element JOIN name s ON s.id = e.src JOIN name d ON d.id = e.dst WHERE t.owner = ? AND t.direction = 'PAIRS'",
        t,
        t,
        job,
      )
      .map((row) => ({ from: int(row, 'src'), to: int(row, 'dst') }));
  }

  /** TRIGGERS and PARENT edges between the nodes of the answer. */
  #between(nodes: ReadonlyMap<number, NameRow>, asOf: number | null): { kind: number; from: number; to: number }[] {
    const edges: { kind: number; from: number; to: number }[] = [];
    for (const node of nodes.values()) {
      if (node.kind !== 'job') continue;
      const rows =
        asOf === null
          ? this.#db.all(`SELECT kind, src FROM current_edge WHERE dst = ? AND kind IN (${SHOWN_KINDS})`, node.id)
          : this.#db
              .all(`SELECT id, kind, src FROM edge WHERE dst = ? AND kind IN (${SHOWN_KINDS})`, node.id)
              .filter((row) => this.#heldAt(int(row, 'id'), asOf));
      for (const row of rows)
        if (nodes.has(int(row, 'src'))) edges.push({ kind: int(row, 'kind'), from: int(row, 'src'), to: node.id });
    }
    return edges;
  }

  #edge(
    { kind, from, to }: { kind: number; from: number; to: number },
    nodes: ReadonlyMap<number, NameRow>,
    query: LineageQuery,
  ): Edge {
    const ref: EdgeRef = {
      kind,
      from: nodes.get(from) ?? this.#assets.names.byId(from),
      to: nodes.get(to) ?? this.#assets.names.byId(to),
    };
    return this.#edges.edge(ref, query.asOf, query.details ?? true);
  }

  #isJob(node: number, nodes: ReadonlyMap<number, NameRow>): boolean {
    return nodes.get(node)?.kind === 'job';
  }
}

function key({ node, via }: Visit): string {
  return `${node}.${via ?? ''}`;
}
