/** Asks level by level: one statement for a whole frontier. */
import type { LineageQuery, Way } from '#lineage';
import type { LastWords } from '../../last-said.ts';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { READ_ASSETS } from '../queries/asset-queries.ts';
import * as walking from '../queries/walk-queries.ts';
import { readLastSaid } from './last-said-reads.ts';
import { type LineageSource, type StoredEdge, type StoredSteps, storedEdge, storedSteps } from './lineage-source.ts';
import { findNodes } from './node-finder.ts';

export class SourceByLevels implements LineageSource {
  readonly #statements: Statements;
  readonly #query: LineageQuery;

  constructor(statements: Statements, query: LineageQuery) {
    this.#statements = statements;
    this.#query = query;
  }

  async starts(): Promise<readonly string[]> {
    const { of } = this.#query;
    const found = await findNodes(this.#statements, of);
    return of.flatMap((id) => found.get(id) ?? []);
  }

  async steps(way: Way, nodes: readonly string[]): Promise<ReadonlyMap<string, StoredSteps>> {
    const { asOf, limit, details } = this.#query;
    const now = details === false ? walking.FLOW_NOW : walking.FLOW_NOW_DETAILED;
    const rows = await this.#ask((asOf === null ? now : walking.FLOW_THEN)[way], {
      ids: nodes,
      // Whether a step held then, its intervals tell: all are read.
      most: asOf === null ? limit + 1 : Number.MAX_SAFE_INTEGER,
    });
    return new Map(rows.map((row) => [row.text('id'), storedSteps(row)]));
  }

  async count(way: Way, nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#ask(walking.COUNT_FLOW[way], { ids: nodes });
    return new Map(rows.map((row) => [row.text('id'), row.number('all')]));
  }

  async assets(nodes: readonly string[]): Promise<ReadonlyMap<string, PropertyReader>> {
    const rows = await this.#ask(READ_ASSETS, { ids: nodes });
    return new Map(rows.map((row) => [row.text('id'), row.of('asset')]));
  }

  lastSaid(nodes: readonly string[]): Promise<ReadonlyMap<string, LastWords>> {
    return readLastSaid(
      this.#statements,
      nodes.filter((id) => id.startsWith('job:')),
    );
  }

  async between(nodes: readonly string[]): Promise<readonly StoredEdge[]> {
    const query = this.#query.asOf === null ? walking.BETWEEN_NOW : walking.BETWEEN_THEN;
    return (await this.#ask(query, { ids: nodes.filter((id) => id.startsWith('job:')) })).map(storedEdge);
  }

  async #ask(query: string, parameters: Readonly<Record<string, unknown>>): Promise<PropertyReader[]> {
    const { asOf } = this.#query;
    const at = asOf === null ? null : new Date(asOf).toISOString();
    return (await this.#statements.run(query, { ...parameters, asOf: at })).map((row) => new PropertyReader(row));
  }
}
