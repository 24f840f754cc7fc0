/**
 * What facets mean to a reader: a description, owners, tags and so on, from the facets that a node holds.
 *
 * Several sources may have said each of them. One value is the latest by time, for an older teller must not win by
 * being listed first; lists are unions, for each source tells only the owners and tags that it knows. Facets that a
 * source deleted are not in the list that comes in.
 *
 * Facets are what clients sent: any part may be missing or of another kind than the spec says. Such a part says
 * nothing; it never fails a read.
 */
import type { Facet, SchemaField } from './read-model.ts';

export interface Owner {
  readonly name: string;
  readonly type: string | null;
}

export interface Tag {
  readonly key: string;
  readonly value: string | null;
  /** Who put it there: the tag's own `source`, else the source of its facet. */
  readonly source: string;
  /** The field of the dataset that it is on; null: the node itself. */
  readonly field: string | null;
}

/** The facets that the functions below read, so that a caller loads no others. */
export const MEANINGFUL_FACETS: readonly string[] = [
  'datasetType',
  'documentation',
  'jobType',
  'ownership',
  'sourceCodeLocation',
  'sql',
  'symlinks',
  'tags',
];

/** `documentation.description`. */
export const descriptionOf = (facets: readonly Facet[]): string | null =>
  latestText(facets, 'documentation', 'description');

/** `ownership.owners` of all sources, by name and type. */
export function ownersOf(facets: readonly Facet[]): readonly Owner[] {
  const found = new Map<string, Owner>();
  for (const { name, type } of entries(facets, 'ownership', 'owners')) {
    if (isText(name)) found.set(JSON.stringify([name, text(type)]), { name, type: text(type) });
  }
  return sortedByKey(found);
}

/**
 * `tags.tags` of all sources, by key, value, source and field. Tags of a field are in the list with their field: ask
 * `tagsOn` for those of one.
 */
export function tagsOf(facets: readonly Facet[]): readonly Tag[] {
  const found = new Map<string, Tag>();
  for (const { key, value, source, field, teller } of entries(facets, 'tags', 'tags')) {
    if (!isText(key)) continue;
    const tag = { key, value: text(value), source: text(source) ?? teller, field: text(field) };
    found.set(JSON.stringify([tag.key, tag.value, tag.source, tag.field]), tag);
  }
  return sortedByKey(found);
}

/** The tags of one field, or, with null, of the node itself. */
export const tagsOn = (facets: readonly Facet[], field: string | null): readonly Tag[] =>
  tagsOf(facets).filter((tag) => tag.field === field);

/**
 * TABLE, VIEW, TOPIC, FILE …: what `datasetType` says. Without it, what the store is: a Kafka dataset is a topic, and
 * one that is known to a catalog as a table is a table. null: nobody said.
 */
export function datasetTypeOf(namespace: string, facets: readonly Facet[]): string | null {
  const said = latestText(facets, 'datasetType', 'datasetType');
  if (said !== null) return said.toUpperCase();
  if (namespace.startsWith('kafka://')) return 'TOPIC';
  for (const { type } of entries(facets, 'symlinks', 'identifiers')) {
    // LOCATION and the like name another address of the data, not what it is.
    if (isText(type) && CATALOG_TYPES.has(type.toUpperCase())) return type.toUpperCase();
  }
  return null;
}

const CATALOG_TYPES: ReadonlySet<string> = new Set(['TABLE', 'VIEW', 'TOPIC', 'FILE']);

/** TASK, DAG, QUERY …: `jobType.jobType`. */
export const jobTypeOf = (facets: readonly Facet[]): string | null => latestText(facets, 'jobType', 'jobType');

/** AIRFLOW, DBT, SPARK …: `jobType.integration`. */
export const integrationOf = (facets: readonly Facet[]): string | null => latestText(facets, 'jobType', 'integration');

/** The job's SQL. With `source`, what that source told, where it told any. */
export function sqlOf(facets: readonly Facet[], source: string | null = null): string | null {
  const own = source === null ? [] : facets.filter((facet) => facet.source === source);
  return latestText(own, 'sql', 'query') ?? latestText(facets, 'sql', 'query');
}

/** Where the job's code is: the location's `url`, else what there is of repository, path and version. */
export function codeLocationOf(facets: readonly Facet[]): string | null {
  for (const { value } of newestFirst(facets, 'sourceCodeLocation')) {
    const { url, repoUrl, path, version } = value;
    if (isText(url)) return url;
    if (isText(repoUrl)) return [repoUrl, path, version].filter(isText).join(' ');
  }
  return null;
}

/**
 * Descriptions by field, nested ones by dotted path: of each field the latest one told. A reader that tells a bare
 * projection takes no description away.
 */
export function fieldDescriptionsOf(facets: readonly Facet[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { value } of newestFirst(facets, 'schema')) describe(value.fields, '', found, 0);
  return found;
}

/** Fields with their descriptions, nested ones too; one that none is told of has none. */
export function withDescriptions(
  fields: readonly SchemaField[],
  descriptions: ReadonlyMap<string, string>,
  path: string = '',
): SchemaField[] {
  return fields.map((field) => ({
    ...field,
    description: descriptions.get(path + field.name) ?? null,
    fields: withDescriptions(field.fields, descriptions, `${path}${field.name}.`),
  }));
}

/** Deeper than any real schema; a hostile one must not exhaust the stack. */
const MAX_NESTING = 100;

function describe(fields: unknown, prefix: string, found: Map<string, string>, depth: number): void {
  if (!Array.isArray(fields) || depth > MAX_NESTING) return;
  for (const field of fields) {
    if (!isObject(field) || !isText(field.name)) continue;
    const path = prefix + field.name;
    if (isText(field.description) && !found.has(path)) found.set(path, field.description);
    describe(field.fields, `${path}.`, found, depth + 1);
  }
}

interface Said {
  readonly source: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The facets of one name, latest first; of equal times the greater source first, so that any order of input gives one answer. */
function newestFirst(facets: readonly Facet[], name: string): Said[] {
  return facets
    .filter((facet) => facet.name === name)
    .sort((a, b) => b.at - a.at || (a.source < b.source ? 1 : a.source > b.source ? -1 : 0))
    .flatMap(({ source, value }) => (isObject(value) ? [{ source, value }] : []));
}

function latestText(facets: readonly Facet[], name: string, property: string): string | null {
  for (const { value } of newestFirst(facets, name)) {
    const said = text(value[property]);
    if (said !== null) return said;
  }
  return null;
}

/** The objects of a list in the facets of one name; `teller` is the facet's source. */
function entries(
  facets: readonly Facet[],
  name: string,
  list: string,
): (Record<string, unknown> & { teller: string })[] {
  return newestFirst(facets, name).flatMap(({ source, value }) => {
    const said = value[list];
    return Array.isArray(said) ? said.filter(isObject).map((entry) => ({ ...entry, teller: source })) : [];
  });
}

function sortedByKey<T>(found: ReadonlyMap<string, T>): readonly T[] {
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Text as it is; numbers and booleans as text, for clients send tag values as these; anything else says nothing. */
function text(value: unknown): string | null {
  if (isText(value)) return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
