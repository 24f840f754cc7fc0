import { type Asset, fieldId } from '#lineage';
import type { Member } from './field-members.ts';

export interface FieldNode {
  readonly kind: 'field';
  readonly id: string;
  /** The dataset's id. */
  readonly dataset: string;
  /** Nested: the dotted path. */
  readonly name: string;
  /** null: not looked up in the schema yet, or not in it. */
  readonly member: Member | null;
  /** Of a field that came with column edges: when these were seen. */
  readonly seen: { readonly first: number; readonly last: number } | null;
}

/** The fields inside a dataset (`prefix` '') or inside another field, in their order. */
export function fieldsOf(
  dataset: Pick<Asset, 'id' | 'namespace' | 'name'>,
  fields: Member['field']['fields'],
  prefix = '',
): readonly FieldNode[] {
  return fields.map((field, at) => ({
    kind: 'field',
    id: fieldId(dataset, prefix + field.name),
    dataset: dataset.id,
    name: prefix + field.name,
    member: { field, ordinal: at + 1 },
    seen: null,
  }));
}
