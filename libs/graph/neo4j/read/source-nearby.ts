/** All that lies within some steps, found by one statement: most walks want nothing else. */
import type { LineageQuery, Way } from '#lineage';
import type { LastWords } from '../../last-said.ts';
import { lastWordsIn } from '../line-properties.ts';
import type { Neo4jDatabase } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import * as walking from '../queries/walk-queries.ts';
import { type LineageSource, type StoredEdge, type StoredSteps, storedEdge, storedSteps } from './lineage-source.ts';
import { allCandidates, likeliest, nodesOf } from './node-finder.ts';

export class SourceNearby implements LineageSource {
  readonly #query: LineageQuery;
  readonly #row: PropertyReader;
  /** Of each way that is asked for. */
  readonly #near: ReadonlyMap<Way, ReadonlyMap<string, PropertyReader>>;
  #left = false;

  private constructor(query: LineageQuery, row: PropertyReader) {
    this.#query = query;
    this.#row = row;
    this.#near = new Map(
      waysOf(query).map((way) => [way, new Map(row.rows(way).map((node) => [node.text('id'), node]))]),
    );
  }

  /** @returns null where it wouldn't do: of another time, of a few steps, or where a commit came in between */
  static async ask(database: Neo4jDatabase, query: LineageQuery, viewer: string): Promise<SourceNearby | null> {
    const { asOf, depth, direction, limit, details, of } = query;
    if (asOf !== null || depth < walking.NEAR_DEPTH) return null;
    const near = details === false ? walking.NEAR_NOW : walking.NEAR_NOW_DETAILED;
    const asked = { ids: allCandidates(of), nodes: limit, most: limit + 1 };
    const [row] = await database.ask(near[direction], asked, viewer);
    return row?.['same'] === true ? new SourceNearby(query, new PropertyReader(row)) : null;
  }

  /** Whether more was asked for than is near: then what it told is not all. */
  get left(): boolean {
    return this.#left;
  }

  async starts(): Promise<readonly string[]> {
    const { of } = this.#query;
    const found = nodesOf(likeliest(of, this.#row.rows('found')));
    return of.flatMap((id) => found.get(id) ?? []);
  }

  async steps(way: Way, nodes: readonly string[]): Promise<ReadonlyMap<string, StoredSteps>> {
    const near = this.#near.get(way);
    const known = nodes.flatMap((id) => {
      const node = near?.get(id);
      return node === undefined ? [] : [[id, storedSteps(node)] as const];
    });
    if (known.length < nodes.length) this.#left = true;
    return new Map(known);
  }

  async count(): Promise<ReadonlyMap<string, number>> {
    this.#left = true;
    return new Map();
  }

  async assets(nodes: readonly string[]): Promise<ReadonlyMap<string, PropertyReader>> {
    const near = [...this.#near.values()];
    return new Map(
      nodes.flatMap((id) => {
        const node = near.flatMap((way) => way.get(id) ?? [])[0];
        return node === undefined ? [] : [[id, node]];
      }),
    );
  }

  async lastSaid(nodes: readonly string[]): Promise<ReadonlyMap<string, LastWords>> {
    return new Map([...(await this.assets(nodes))].map(([id, node]) => [id, lastWordsIn(node.value('said'))]));
  }

  async between(nodes: readonly string[]): Promise<readonly StoredEdge[]> {
    const shown = new Set(nodes);
    return this.#row
      .rows('between')
      .map(storedEdge)
      .filter(({ from, to }) => shown.has(from) && shown.has(to));
  }
}

const waysOf = ({ direction }: LineageQuery): readonly Way[] =>
  direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [direction];
