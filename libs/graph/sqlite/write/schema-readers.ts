/** Whom a change of a schema hits: readers of the dataset, and of which of its columns. */
import { assetId, type ChangedSchema, type ColumnFlow, type FieldChange, fieldId } from '#lineage';
import { type Database, int, text } from '../database.ts';
import { EDGE_KINDS } from '../interned.ts';
import { NameBook } from '../read/name-book.ts';

/** A change of a node's schema with who reads it now, one step down the lineage. */
export function changedSchema(db: Database, root: number, changes: readonly FieldChange[]): ChangedSchema {
  const names = new NameBook(db);
  const dataset = names.byId(root);
  const readers = db
    .all('SELECT dst FROM current_edge WHERE src = ? AND kind = ?', root, EDGE_KINDS.indexOf('READS'))
    .map((row) => names.nodeId(int(row, 'dst')));
  const columns = names.members(root).flatMap((member) =>
    db
      .all('SELECT src_field, dst, dst_field, job FROM column_edge WHERE src = ? AND open > 0', member)
      .map((row): ColumnFlow => {
        const from = text(row, 'src_field');
        const job = int(row, 'job');
        return {
          from: from === '' ? assetId(dataset) : fieldId(dataset, from),
          to: fieldId(names.node(int(row, 'dst')), text(row, 'dst_field')),
          job: job > 0 ? names.nodeId(job) : null,
        };
      }),
  );
  return {
    dataset: assetId(dataset),
    fieldId: (path) => fieldId(dataset, path),
    changes,
    readers,
    columns,
    cut: false,
    owners: () => [],
  };
}
