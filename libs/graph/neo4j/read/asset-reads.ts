/** Reads about single datasets and jobs: what was said of them, what they read and write. */
import {
  type Asset,
  type AssetList,
  type Counts,
  type DatasetSchema,
  type Facet,
  type FreshnessAnswer,
  fieldDescriptionsOf,
  freshnessAnswer,
  type GraphReader,
  type KeptFreshness,
  type Merge,
  type Page,
  type QualityCheck,
  type SchemaField,
  type SchemaRole,
  type SchemaVersion,
  type Statistics,
  withDescriptions,
} from '#lineage';
import { type FacetsByName, withTimes } from '../../facet-times.ts';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import * as asking from '../queries/asset-queries.ts';
import * as whole from '../queries/whole-graph-queries.ts';
import { askEach, findFields, findNodes } from './node-finder.ts';

export type Neighbours = Awaited<ReturnType<GraphReader['neighbours']>>;

export class AssetReads {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async resolve(ids: readonly string[]): Promise<(string | null)[]> {
    const isField = (id: string): boolean => id.startsWith('datasetField:');
    const fields = await findFields(this.#statements, ids.filter(isField));
    const nodes = await findNodes(
      this.#statements,
      ids.filter((id) => !isField(id)),
    );
    return ids.map((id) => (isField(id) ? fields.get(id)?.id : nodes.get(id)) ?? null);
  }

  async assets(ids: readonly string[]): Promise<(Asset | null)[]> {
    const found = await this.#each(asking.READ_ASSETS, ids);
    return ids.map((id) => {
      const [row] = found.get(id) ?? [];
      return row === undefined ? null : assetOf(row.of('asset'));
    });
  }

  async list({ kind, namespace, order, limit, offset }: AssetList): Promise<Page<Asset>> {
    const query =
      order === 'name'
        ? (namespace === null ? asking.LIST_BY_NAME : asking.LIST_NAMESPACE_BY_NAME)[kind]
        : (namespace === null ? whole.LIST_BY_LAST_SEEN : asking.LIST_NAMESPACE_BY_LAST_SEEN)[kind];
    const counting = (namespace === null ? asking.COUNT_KIND : asking.COUNT_NAMESPACE)[kind];
    const [rows, [counted]] = await Promise.all([
      this.#statements.run(query, { namespace, limit, offset }),
      this.#statements.run(counting, { namespace }),
    ]);
    const items = rows.map((row) => assetOf(new PropertyReader(row).of('asset')));
    const total = new PropertyReader(counted).number('n');
    return { items, total, next: offset + items.length < total ? String(offset + items.length) : null };
  }

  async namespaces(): Promise<{ name: string; firstSeen: number; lastSeen: number }[]> {
    const rows = (await this.#statements.run(whole.READ_NAMESPACES)).map((row) => new PropertyReader(row));
    return rows
      .map((row) => ({ name: row.text('name'), firstSeen: row.time('firstSeen'), lastSeen: row.time('lastSeen') }))
      .sort((a, b) => byText(a.name, b.name));
  }

  async counts(): Promise<Counts> {
    const n = async (query: string): Promise<number> =>
      new PropertyReader((await this.#statements.run(query))[0]).number('n');
    return {
      datasets: await n(asking.COUNT_KIND.dataset),
      jobs: await n(asking.COUNT_KIND.job),
      fields: await n(whole.COUNT_FIELDS),
      edges: await n(whole.COUNT_EDGES),
    };
  }

  async facets(ids: readonly string[], names: readonly string[] | null): Promise<Map<string, readonly Facet[]>> {
    return this.#first(asking.READ_FACETS, ids, {}, (row) => facetsOf(row, names));
  }

  async schemas(ids: readonly string[]): Promise<Map<string, DatasetSchema>> {
    return this.#first(asking.READ_SCHEMAS, ids, {}, (row): DatasetSchema => {
      const shown = row.rows('fields').toSorted((a, b) => a.number('ordinal') - b.number('ordinal'));
      const fields = shown.map(
        (field): SchemaField => ({
          name: field.text('name'),
          type: field.textOrNull('type'),
          description: null,
          fields: field.json('fields') as SchemaField[],
        }),
      );
      const descriptions = fieldDescriptionsOf(facetsOf(row, ['schema']));
      return { fields: withDescriptions(fields, descriptions), partial: row.flag('partial') };
    });
  }

  async schemaVersions(ids: readonly string[], first: number): Promise<Map<string, readonly SchemaVersion[]>> {
    const found = await this.#each(asking.READ_SCHEMA_VERSIONS, ids, { first });
    const known = await findNodes(this.#statements, ids);
    return new Map([...known.keys()].map((id) => [id, (found.get(id) ?? []).map(schemaVersionOf)]));
  }

  async neighbours(ids: readonly string[]): Promise<Neighbours> {
    return this.#first(asking.READ_NEIGHBOURS, ids, {}, (row) => {
      const [out, into] = [row.pairs('out'), row.pairs('into')];
      const of = (edges: readonly (readonly [string, string])[], kind: string): string[] =>
        edges.flatMap(([type, to]) => (type === kind ? to : [])).sort();
      return row.text('node').startsWith('dataset:')
        ? { readers: of(out, 'READS'), writers: of(into, 'WRITES'), reads: [], writes: [], parents: [] }
        : {
            readers: [],
            writers: [],
            reads: of(into, 'READS'),
            writes: of(out, 'WRITES'),
            parents: of(into, 'PARENT'),
          };
    });
  }

  async statistics(ids: readonly string[], first: number): Promise<Map<string, readonly Statistics[]>> {
    return this.#measures(asking.READ_STATISTICS, ids, first, (measure, run) => ({
      at: measure.time('at'),
      run,
      rows: measure.numberOrNull('rows'),
      bytes: measure.numberOrNull('bytes'),
      files: measure.numberOrNull('files'),
    }));
  }

  async quality(ids: readonly string[], first: number): Promise<Map<string, readonly QualityCheck[]>> {
    return this.#measures(asking.READ_CHECKS, ids, first, (measure, run) => ({
      at: measure.time('at'),
      assertion: measure.text('assertion'),
      field: measure.textOrNull('field'),
      passed: measure.flag('passed'),
      run,
    }));
  }

  async merges(ids: readonly string[]): Promise<Map<string, readonly Merge[]>> {
    const found = await this.#each(asking.READ_MERGES, ids);
    return new Map(
      [...found].map(([id, rows]) => {
        const merges = rows.map((row) => row.of('merge')).sort((a, b) => byText(a.text('id'), b.text('id')));
        return [id, merges.map(mergeOf)];
      }),
    );
  }

  async freshness(ids: readonly string[], now: number): Promise<Map<string, FreshnessAnswer>> {
    const datasets = ids.filter((id) => !id.startsWith('job:'));
    return this.#first(asking.READ_FRESHNESS, datasets, {}, (row) =>
      freshnessAnswer(row.text('node'), row.json('freshness') as KeptFreshness | null, now),
    );
  }

  #each(query: string, ids: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
    return askEach(this.#statements, query, ids, more);
  }

  /** Of queries that give one row a node. */
  async #first<T>(
    query: string,
    ids: readonly string[],
    more: Readonly<Record<string, unknown>>,
    read: (row: PropertyReader) => T,
  ): Promise<Map<string, T>> {
    const found = await this.#each(query, ids, more);
    return new Map([...found].flatMap(([id, [row]]) => (row === undefined ? [] : [[id, read(row)] as const])));
  }

  async #measures<T extends { readonly at: number }>(
    query: string,
    ids: readonly string[],
    first: number,
    read: (measure: PropertyReader, run: string | null) => T,
  ): Promise<Map<string, readonly T[]>> {
    const found = await this.#each(query, ids, { first });
    const known = await findNodes(this.#statements, ids);
    return new Map(
      [...known.keys()].map((id) => {
        const all = (found.get(id) ?? []).map((row) => {
          const measure = row.of('measure');
          const runId = measure.textOrNull('runId');
          return read(measure, runId !== null && row.flag('kept') ? `run:${runId}` : null);
        });
        return [id, all.sort((a, b) => b.at - a.at).slice(0, first)];
      }),
    );
  }
}

export function assetOf(p: PropertyReader): Asset {
  const id = p.text('id');
  const kind = id.startsWith('job:') ? 'job' : 'dataset';
  return {
    id,
    kind,
    namespace: p.text('namespace'),
    name: p.text('name'),
    aliases: p.list('aliases'),
    firstSeen: p.time('firstSeen'),
    lastSeen: p.time('lastSeen'),
    lifecycle: p.textOrNull('lifecycle') === 'DROPPED' ? 'DROPPED' : 'ACTIVE',
    processing: (p.textOrNull('processingType') ?? 'BATCH') as Asset['processing'],
  };
}

/** Of a node's properties `facets` and `facetTimes`. */
export function facetsOf(row: PropertyReader, names: readonly string[] | null): Facet[] {
  const facets = row.json('facets') as FacetsByName | null;
  const byName = facets === null ? {} : withTimes(facets, row.listOrNull('facetTimes'));
  const wanted = Object.entries(byName).filter(([name]) => names === null || names.includes(name));
  return wanted
    .flatMap(([name, facets]) => facets.map(({ at, ...facet }): Facet => ({ ...facet, name, at: Date.parse(at) })))
    .sort((a, b) => byText(a.scope, b.scope) || byText(a.name, b.name) || byText(a.source, b.source));
}

function schemaVersionOf(row: PropertyReader): SchemaVersion {
  const version = row.of('version');
  const [before] = row.list('before');
  return {
    at: version.time('at'),
    source: version.text('source'),
    role: version.text('role') as SchemaRole,
    fields: version.json('fields') as SchemaField[],
    before: before === undefined ? null : (JSON.parse(before) as SchemaField[]),
  };
}

const mergeOf = (merge: PropertyReader): Merge => ({
  alias: merge.text('alias'),
  into: merge.text('into'),
  by: merge.text('by'),
  at: merge.time('at'),
  reason: merge.textOrNull('reason'),
});

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
