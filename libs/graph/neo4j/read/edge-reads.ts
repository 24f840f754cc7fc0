/** Single edges by id, and circles of them. */
import {
  assetId,
  type ColumnEdge,
  columnEdgeId,
  cyclesOf,
  type Edge,
  type EdgeKind,
  edgeEnd,
  edgeIdBetween,
  parseColumnEdgeId,
  parseEdgeId,
} from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import { lastWordsIn } from '../line-properties.ts';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { READ_ASSETS } from '../queries/asset-queries.ts';
import { READ_COLUMN_EDGES, READ_EDGE } from '../queries/walk-queries.ts';
import { READ_FLOW_EDGES } from '../queries/whole-graph-queries.ts';
import { assetOf } from './asset-reads.ts';
import { columnEdgeOf, edgeOf } from './edge-view.ts';
import { lastSaidBy } from './last-said-reads.ts';

export class EdgeReads {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async edge(id: string): Promise<Edge | ColumnEdge | null> {
    return (await this.#assetEdge(id)) ?? (await this.#columnEdge(id));
  }

  async cycles(first: number): Promise<{ nodes: string[]; continuous: boolean }[]> {
    const edges = await this.#statements.run(READ_FLOW_EDGES);
    const out = groupedBy(edges, (row) => String(row['from']));
    const cycles = cyclesOf(new Map([...out].map(([from, of]) => [from, of.map((row) => String(row['to']))])));
    const shown = cycles.slice(0, first);
    const jobs = await this.#assets(shown.flat().filter((id) => id.startsWith('job:')));
    return shown.map((nodes) => ({
      nodes: nodes.sort(),
      continuous: nodes.some((id) => (jobs.get(id)?.processing ?? 'BATCH') !== 'BATCH'),
    }));
  }

  async #assetEdge(id: string): Promise<Edge | null> {
    const key = parseEdgeId(id);
    if (key === null || !Object.hasOwn(READ_EDGE, key.kind)) return null;
    const kind = key.kind as EdgeKind;
    const ends = await this.#assets([assetId(key.from), assetId(key.to)]);
    const [from, to] = [ends.get(assetId(key.from)), ends.get(assetId(key.to))];
    if (from === undefined || to === undefined) return null;
    const [row] = await this.#statements.run(READ_EDGE[kind], { from: from.id, to: to.id });
    if (row === undefined) return null;
    const read = new PropertyReader(row);
    const p = read.of('p');
    return edgeOf(
      {
        id: edgeIdBetween(kind, edgeEnd(from), edgeEnd(to)),
        kind,
        from: from.id,
        to: to.id,
        intervals: p.text('intervals'),
        evidence: p.text('evidence'),
        timelines: p.list('timelines'),
        said: ['fromSaid', 'toSaid'].map((end) => lastWordsIn(read.textOrNull(end))),
      },
      null,
    );
  }

  async #columnEdge(id: string): Promise<ColumnEdge | null> {
    const key = parseColumnEdgeId(id);
    if (key === null) return null;
    const dataset = (name: typeof key.from): string => assetId({ kind: 'dataset', ...name });
    const ends = await this.#assets([dataset(key.from), dataset(key.to)]);
    // Ends that are no nodes stand in the id as they are.
    const own = columnEdgeId({
      ...key,
      from: ends.get(dataset(key.from)) ?? key.from,
      to: ends.get(dataset(key.to)) ?? key.to,
    });
    const [row] = await this.#statements.run(READ_COLUMN_EDGES, { ids: [own] });
    if (row === undefined) return null;
    return columnEdgeOf(new PropertyReader(row), await lastSaidBy(this.#statements, [row]), null, true);
  }

  /** By the ids that were asked for. */
  async #assets(ids: readonly string[]) {
    const rows = await this.#statements.run(READ_ASSETS, { ids });
    return new Map(rows.map((row) => [String(row['id']), assetOf(new PropertyReader(row).of('asset'))]));
  }
}
