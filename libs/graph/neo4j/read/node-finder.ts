/** From ids as people and clients write them to nodes. */
import { assetId, fieldId, parseNodeId } from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { RESOLVE_ASSETS, RESOLVE_FIELDS } from '../queries/asset-queries.ts';

/** The texts of node ids that an id may mean, likeliest first; of a field's id those of its dataset. */
export function nodeCandidates(id: string): readonly string[] {
  const refs = parseNodeId(id).flatMap((ref) => {
    if (ref.kind === 'run') return [];
    return assetId(ref.kind === 'datasetField' ? { kind: 'dataset', namespace: ref.namespace, name: ref.name } : ref);
  });
  return [...new Set(refs)];
}

/**
 * Asks for all ids in one statement, which is given every text that one of them may mean and answers with rows that say
 * which text they are about. Rows of the first text that is known answer for the id; ids without any are left out.
 */
export async function askEach(
  statements: Statements,
  query: string,
  ids: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<Map<string, readonly PropertyReader[]>> {
  if (ids.length === 0) return new Map();
  const rows = await statements.run(query, { ids: allCandidates(ids), ...more });
  return likeliest(
    ids,
    rows.map((row) => new PropertyReader(row)),
  );
}

/** What to ask for, to hear of these ids. */
export const allCandidates = (ids: readonly string[]): readonly string[] => [...new Set(ids.flatMap(nodeCandidates))];

/** @param rows each with the `id` that it is about, one of the candidates */
export function likeliest(
  ids: readonly string[],
  rows: readonly PropertyReader[],
): Map<string, readonly PropertyReader[]> {
  const found = groupedBy(rows, (row) => row.text('id'));
  return new Map(
    ids.flatMap((id) => {
      const known = nodeCandidates(id).find((text) => found.has(text));
      return known === undefined ? [] : [[id, found.get(known) ?? []]];
    }),
  );
}

/** Ids of nodes, by the ids that were asked for; of a field's id its dataset's. */
export async function findNodes(statements: Statements, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return nodesOf(await askEach(statements, RESOLVE_ASSETS, ids));
}

/** Of rows that tell the `node` of each id. */
export const nodesOf = (found: ReadonlyMap<string, readonly PropertyReader[]>): ReadonlyMap<string, string> =>
  new Map([...found].flatMap(([id, [row]]) => (row === undefined ? [] : [[id, row.text('node')]])));

export interface FoundField {
  readonly id: string;
  /** Node id. */
  readonly dataset: string;
  readonly field: string;
}

/** Fields that a schema shows or a column edge speaks of, by the ids that were asked for. */
export async function findFields(
  statements: Statements,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FoundField>> {
  const meant = ids.map((id) => {
    const refs = parseNodeId(id).flatMap((ref) => (ref.kind === 'datasetField' ? ref : []));
    return { id, refs: refs.map((ref) => ({ field: ref.field, dataset: assetId({ ...ref, kind: 'dataset' }) })) };
  });
  const rows = await statements.run(RESOLVE_ASSETS, {
    ids: [...new Set(meant.flatMap(({ refs }) => refs.map(({ dataset }) => dataset)))],
  });
  const nodes = new Map(rows.map((row) => [String(row['id']), String(row['node'])]));
  const candidates = meant.map(({ id, refs }) => ({
    id,
    fields: refs.flatMap(({ dataset, field }): FoundField[] => {
      const node = nodes.get(dataset);
      return node === undefined ? [] : [{ id: fieldIdIn(node, field), dataset: node, field }];
    }),
  }));
  const asked = candidates.flatMap(({ fields }) => fields.map((field) => field.id));
  const known = new Set((await statements.run(RESOLVE_FIELDS, { ids: asked })).map((row) => row['id']));
  return new Map(
    candidates.flatMap(({ id, fields }) => {
      const found = fields.find((field) => known.has(field.id));
      return found === undefined ? [] : [[id, found] as const];
    }),
  );
}

/** A field of a dataset by the dataset's node id; '' is the whole dataset. */
export const fieldIdIn = (dataset: string, field: string): string =>
  field === '' ? dataset : `datasetField:${dataset.slice('dataset:'.length)}:${field}`;

/** The same by the dataset's name. */
export const fieldNodeId = (dataset: { readonly namespace: string; readonly name: string }, field: string): string =>
  field === '' ? assetId({ kind: 'dataset', ...dataset }) : fieldId(dataset, field);
