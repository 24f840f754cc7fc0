/** The walk along column edges, from fields, from all fields of a dataset, or from all that a job computes. */
import {
  type Around,
  type ColumnLineage,
  type Cut,
  type FieldRef,
  type Frontier,
  type Interval,
  isHeld,
  type LineageQuery,
  parseColumnEdgeId,
  walkAwaiting,
} from '#lineage';
import type { LastWords } from '../../last-said.ts';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import * as walking from '../queries/walk-queries.ts';
import { columnEdgeOf, intervalsOf } from './edge-view.ts';
import { lastSaidBy } from './last-said-reads.ts';
import { fieldNodeId, findFields, findNodes } from './node-finder.ts';

type Step = readonly [other: string, edge: string, hidden: string | null, intervals: string];

export class ColumnWalk {
  readonly #statements: Statements;
  readonly #query: LineageQuery;
  /** Fields met on the way, by id: what their ids alone don't tell apart. */
  readonly #fields = new Map<string, FieldRef>();

  constructor(statements: Statements, query: LineageQuery) {
    this.#statements = statements;
    this.#query = query;
  }

  async columnLineage(): Promise<ColumnLineage> {
    const starts = await this.#starts();
    const { nodes, edges, cuts } = await walkAwaiting(starts, this.#query, (frontier) => this.#around(frontier));
    const rows = await this.#statements.run(walking.READ_COLUMN_EDGES, { ids: [...edges] });
    const { asOf, details = true } = this.#query;
    const said = details ? await lastSaidBy(this.#statements, rows) : new Map<string, LastWords>();
    return {
      fields: [...nodes].flatMap((id) => this.#fields.get(id) ?? []).sort(byId),
      edges: rows.map((row) => columnEdgeOf(new PropertyReader(row), said, asOf, details)).sort(byId),
      cut: cuts.map(({ node, why, hidden }): Cut => ({ at: node, why, hidden })),
    };
  }

  async #around({ way, nodes }: Frontier<string>): Promise<Around<string>> {
    const { asOf, limit } = this.#query;
    const rows = await this.#statements.run((asOf === null ? walking.COLUMNS_NOW : walking.COLUMNS_THEN)[way], {
      ids: nodes,
      asOf: asOf === null ? null : new Date(asOf).toISOString(),
    });
    const steps = new Map(
      rows.map((row) => {
        const held = (row['steps'] as readonly Step[]).filter((step) => this.#goesAlong(step));
        for (const [, edge] of held) this.#learn(edge);
        return [
          String(row['id']),
          {
            steps: held.slice(0, limit).map(([to, edge]) => ({ edge, to, gate: false })),
            more: Math.max(0, held.length - limit),
          },
        ] as const;
      }),
    );
    return { steps, pairs: new Map() };
  }

  #goesAlong([, , hidden, intervals]: Step): boolean {
    const { asOf } = this.#query;
    if (asOf !== null && !isHeld(intervalsOf(intervals), asOf)) return false;
    return hidden === null || !isHeld(JSON.parse(hidden) as Interval[], asOf);
  }

  #learn(edge: string): void {
    const key = parseColumnEdgeId(edge);
    if (key === null) return;
    const ends = [
      [key.from, key.fromField],
      [key.to, key.toField],
    ] as const;
    for (const [dataset, name] of ends) {
      const id = fieldNodeId(dataset, name);
      if (name !== '') this.#fields.set(id, { id, dataset: fieldNodeId(dataset, ''), name });
    }
  }

  /** In the order of the question, those of one dataset by id. */
  async #starts(): Promise<string[]> {
    const isField = (id: string): boolean => id.startsWith('datasetField:');
    const fields = await findFields(this.#statements, this.#query.of.filter(isField));
    const nodes = await findNodes(
      this.#statements,
      this.#query.of.filter((id) => !isField(id)),
    );
    for (const { id, dataset, field } of fields.values()) this.#fields.set(id, { id, dataset, name: field });
    const ofJobs = await this.#ofJobs([...nodes.values()].filter((id) => id.startsWith('job:')));
    const ofDatasets = await this.#ofDatasets([...nodes.values()].filter((id) => id.startsWith('dataset:')));
    return this.#query.of.flatMap((id) => {
      const node = nodes.get(id) ?? '';
      return fields.get(id)?.id ?? ofJobs.get(node) ?? ofDatasets.get(node) ?? [];
    });
  }

  async #ofJobs(jobs: readonly string[]): Promise<Map<string, readonly string[]>> {
    if (jobs.length === 0) return new Map();
    const rows = await this.#statements.run(walking.FIELDS_OF_JOBS, { ids: jobs });
    for (const row of rows) for (const edge of row['edges'] as readonly string[]) this.#learn(edge);
    return new Map(rows.map((row) => [String(row['id']), (row['fields'] as readonly string[]).toSorted()]));
  }

  async #ofDatasets(datasets: readonly string[]): Promise<Map<string, readonly string[]>> {
    if (datasets.length === 0) return new Map();
    const asked = datasets.map((dataset) => ({ dataset, prefix: `datasetField:${dataset.slice('dataset:'.length)}:` }));
    const rows = await this.#statements.run(walking.FIELDS_OF_DATASETS, { rows: asked });
    return new Map(
      rows.map((row, i) => {
        const [dataset, ids] = [String(row['dataset']), (row['ids'] as readonly string[]).toSorted()];
        const prefix = asked[i]?.prefix ?? '';
        for (const id of ids) {
          if (id !== dataset) this.#fields.set(id, { id, dataset, name: id.slice(prefix.length) });
        }
        return [dataset, ids];
      }),
    );
  }
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
