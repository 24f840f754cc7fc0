/**
 * The change feed by kind. Most changes are of a few kinds, found by looking; those of all others are found by an index
 * that holds them alone, so that it costs nothing where nothing of them happens.
 */
import type { ChangeKind } from '#lineage';

const COMMON: readonly ChangeKind[] = [
  'node.added',
  'lineage.changed',
  'columns.changed',
  'fields.changed',
  'facet.changed',
  'dataset.updated',
  'run.completed',
];

/** SQLite uses a partial index only for a query that holds its condition word for word. */
export const IS_RARE = `kind NOT IN (${COMMON.map((kind) => `'${kind}'`).join(', ')})`;

export const RARE_CHANGES_INDEX = `CREATE INDEX change_rare ON change(kind, sequence) WHERE ${IS_RARE}`;

/** Whether the index finds all that is asked for. null: every kind. */
export function areRare(kinds: readonly string[] | null): kinds is readonly string[] {
  return kinds?.every((kind) => COMMON.every((common) => common !== kind)) === true;
}
