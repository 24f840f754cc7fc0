/** What the Marquez-compatible API asks beyond the graph's own reads: lists by name, state, facet and age. */
import type { Asset, AssetKind, Facet, MarquezReads, NameQuery } from '#lineage';
import type { Properties, Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import * as asking from '../queries/marquez-queries.ts';
import { JOBS_IN_STATE, READ_FACETS_NAMED } from '../queries/whole-graph-queries.ts';
import { assetOf, facetsOf } from './asset-reads.ts';
import { instantText } from './instant-text.ts';

export interface Found {
  readonly items: readonly Asset[];
  readonly total: number;
}

export type JobsInState = Parameters<MarquezReads['jobsInState']>[0];

const LABELS = { dataset: 'Dataset', job: 'Job' } as const;

export class Neo4jMarquezReads {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  findByName({ text, kind, namespace, seenSince, seenBefore, order, limit }: NameQuery): Promise<Found> {
    return this.#page(asking.FIND_BY_NAME[order], asking.COUNT_BY_NAME, {
      needle: text.toLowerCase(),
      label: kind === null ? null : LABELS[kind],
      namespace,
      since: seenSince === null ? null : instantText(seenSince),
      before: seenBefore === null ? null : instantText(seenBefore),
      limit,
    });
  }

  jobsInState(asked: JobsInState): Promise<Found> {
    const { page, count } = asked.namespace === null ? JOBS_IN_STATE : asking.NAMESPACE_JOBS_IN_STATE;
    return this.#page(page, count, { ...asked });
  }

  async facetsNamed(names: readonly string[]): Promise<Map<string, readonly Facet[]>> {
    // Facets are JSON text: as members of it. What a facet says may look like one too.
    const members = names.map((name) => `${JSON.stringify(name)}:`);
    const rows = (await this.#statements.run(READ_FACETS_NAMED, { members })).map((row) => new PropertyReader(row));
    return new Map(
      rows.flatMap((row) => {
        const facets = facetsOf(row, names);
        return facets.length === 0 ? [] : [[row.text('id'), facets] as const];
      }),
    );
  }

  async firstSeenBefore(kind: AssetKind, times: readonly number[]): Promise<number[]> {
    const bounds = times.map(instantText);
    const spans = bounds.map((to, i) => ({ i, from: bounds[i - 1] ?? '', to }));
    const counts = new Map<number, number>();
    for (const row of await this.#statements.run(asking.COUNT_FIRST_SEEN[kind], { spans })) {
      const counted = new PropertyReader(row);
      counts.set(counted.number('i'), counted.number('n'));
    }
    let before = 0;
    return times.map((_, i) => {
      before += counts.get(i) ?? 0;
      return before;
    });
  }

  async #page(query: string, counting: string, asked: Properties): Promise<Found> {
    const [rows, [counted]] = await Promise.all([
      this.#statements.run(query, asked),
      this.#statements.run(counting, asked),
    ]);
    return {
      items: rows.map((row) => assetOf(new PropertyReader(row).of('asset'))),
      total: new PropertyReader(counted).number('n'),
    };
  }
}
