import {
  type Asset,
  type ColumnEdge,
  type DatasetSchema,
  descriptionOf,
  type Facet,
  type FieldRef,
  tagsOn,
} from '#lineage';
import { AssetNames } from './asset-names.ts';
import { DatasetVersions } from './dataset-versions.ts';
import { type FacetJson, facetMap, facetText } from './facet-map.ts';
import { byTarget, type InputFieldJson, inputFields } from './input-fields.ts';
import { jsonTime } from './json-time.ts';
import type { MarquezContext } from './marquez-context.ts';

export interface FieldJson {
  readonly name: string;
  readonly type: string | null;
  readonly tags: readonly string[];
  readonly description: string | null;
}

/** What a lineage graph's node and the dataset itself have in common. */
export interface DatasetNodeJson {
  readonly id: { readonly namespace: string; readonly name: string };
  readonly type: 'DB_TABLE';
  readonly name: string;
  readonly physicalName: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly namespace: string;
  readonly sourceName: string;
  readonly fields: readonly FieldJson[];
  readonly tags: readonly string[];
  readonly lastModifiedAt: null;
  readonly description: string | null;
  readonly lastLifecycleState: string;
}

interface ColumnLineageJson {
  readonly name: string;
  readonly inputFields: readonly Omit<InputFieldJson, 'datasetVersion'>[];
  readonly transformationDescription: string | null;
  readonly transformationType: string | null;
}

export interface DatasetJson extends DatasetNodeJson {
  readonly currentVersion: string;
  readonly columnLineage: readonly ColumnLineageJson[] | null;
  readonly facets: FacetJson;
  readonly deleted: boolean;
}

/** Facets that `datasetNode` reads. */
export const DATASET_NODE_FACETS: readonly string[] = ['dataSource', 'documentation', 'lifecycleStateChange', 'tags'];
/** Fields in one answer: of a page of the widest tables. */
const MAX_FIELDS = 100_000;

/** Whole datasets, in the order given; seven calls, however many there are. */
export async function datasetsJson(context: MarquezContext, assets: readonly Asset[]): Promise<readonly DatasetJson[]> {
  if (assets.length === 0) return [];
  const ids = assets.map((asset) => asset.id);
  const [schemas, facets, versions, columns] = await Promise.all([
    context.reader.schemas(ids),
    context.reader.facets(ids, null),
    DatasetVersions.of(context, ids),
    context.reader.columnLineage({ of: ids, direction: 'UPSTREAM', depth: 1, limit: MAX_FIELDS, asOf: null }),
  ]);
  const fields = new Map(columns.fields.map((field) => [field.id, field]));
  const names = await AssetNames.of(
    context.reader,
    columns.fields.map((field) => field.dataset),
  );
  return assets.map((asset) => {
    const told = facets.get(asset.id) ?? [];
    return {
      ...datasetNode(asset, schemas.get(asset.id), told),
      currentVersion: versions.current(asset.id).uuid,
      columnLineage: columnLineageOf(asset.id, fields, columns.edges, names),
      facets: facetMap(told, 'dataset'),
      deleted: asset.lifecycle === 'DROPPED',
    };
  });
}

/** Marquez calls every dataset of an OpenLineage event a DB_TABLE, whatever it is. */
export function datasetNode(asset: Asset, schema: DatasetSchema | undefined, told: readonly Facet[]): DatasetNodeJson {
  const own = told.filter((facet) => facet.scope === 'dataset');
  const facets = facetMap(own, 'dataset');
  return {
    id: { namespace: asset.namespace, name: asset.name },
    type: 'DB_TABLE',
    name: asset.name,
    physicalName: asset.name,
    createdAt: jsonTime(asset.firstSeen),
    updatedAt: jsonTime(asset.lastSeen),
    namespace: asset.namespace,
    sourceName: facetText(facets, 'dataSource', 'name') ?? 'default',
    fields: fieldsJson(schema?.fields ?? [], own),
    tags: tagKeys(own, null),
    lastModifiedAt: null,
    description: descriptionOf(own),
    lastLifecycleState: facetText(facets, 'lifecycleStateChange', 'lifecycleStateChange') ?? '',
  };
}

export function fieldsJson(fields: DatasetSchema['fields'], told: readonly Facet[]): readonly FieldJson[] {
  return fields.map((field) => ({
    name: field.name,
    type: field.type,
    tags: tagKeys(told, field.name),
    description: field.description,
  }));
}

/** Marquez's tags are bare names: a tag's value stays in the facet. */
export function tagKeys(told: readonly Facet[], field: string | null): readonly string[] {
  return [...new Set(tagsOn(told, field).map((tag) => tag.key))].sort();
}

/** null, not an empty list, where no column lineage is known. */
function columnLineageOf(
  dataset: string,
  fields: ReadonlyMap<string, FieldRef>,
  edges: readonly ColumnEdge[],
  names: AssetNames,
): readonly ColumnLineageJson[] | null {
  const own = edges.filter((edge) => fields.get(edge.to)?.dataset === dataset && fields.has(edge.from));
  const lineage = [...byTarget(own)].map(([field, arriving]) => {
    const { inputs, transformation } = inputFields(arriving, fields, names, null);
    return {
      name: fields.get(field)?.name ?? '',
      inputFields: inputs.map(({ datasetVersion: _, ...input }) => input),
      ...transformation,
    };
  });
  return lineage.length === 0 ? null : lineage.sort((a, b) => (a.name < b.name ? -1 : 1));
}
