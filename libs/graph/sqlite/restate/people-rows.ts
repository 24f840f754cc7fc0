/** Rows of what people said, where an export has it. */
import { assetId, fieldId, type MergeLine, numberOfLine, parseNodeId, type RemarkLine } from '#lineage';
import type { Database } from '../database.ts';
import { BadRows } from '../graph-rows.ts';
import { instantOf, instantOrNull, type LineNames } from './line-names.ts';

export function putMerge(db: Database, names: LineNames, { id, alias, into, by, at, reason, undone }: MergeLine): void {
  db.write(
    'INSERT INTO merge(id, name, target, said_by, said_at, reason, undone_by, undone_at, undone_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[numberOf(id), names.number(into), names.number(alias), by, instantOf(at), reason],
    ...[undone?.by ?? null, undone === null ? null : instantOf(undone.at), undone?.reason ?? null],
  );
}

export function putRemark(db: Database, names: LineNames, line: RemarkLine): void {
  const { name, field } = subjectOf(names, line.subject);
  const { removed } = line;
  db.write(
    'INSERT INTO remark(id, kind, name, field, text, carried, said_by, said_at, expires_at, removed_by, removed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[numberOf(line.id), line.kind === 'tag' ? 'TAG' : 'ANNOTATION', name, field, line.text, line.carried ? 1 : 0],
    ...[line.by, instantOf(line.at), instantOrNull(line.expiresAt)],
    ...[removed?.by ?? null, removed === null ? null : instantOf(removed.at)],
  );
}

function subjectOf(names: LineNames, id: string): { readonly name: number; readonly field: string } {
  if (!id.startsWith('datasetField:')) return { name: names.number(id), field: '' };
  for (const ref of parseNodeId(id)) {
    if (ref.kind !== 'datasetField' || fieldId(ref, ref.field) !== id) continue;
    const name = names.find(assetId({ kind: 'dataset', namespace: ref.namespace, name: ref.name }));
    if (name !== null) return { name, field: ref.field };
  }
  throw new BadRows(`${id} is a field of no dataset of this export`);
}

/** What people said is numbered: `tag:0000000012`. */
function numberOf(id: string): number {
  const number = numberOfLine(id);
  if (!Number.isInteger(number)) throw new BadRows(`${id} has no number`);
  return number;
}
