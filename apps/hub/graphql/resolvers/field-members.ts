import type { SchemaField } from '#lineage';

/** A field with its place among its neighbours, counted from 1. */
export interface Member {
  readonly field: SchemaField;
  readonly ordinal: number;
}

/**
 * The field at a dotted path. Names may hold dots themselves (`a.b` as one column), so the longest name that fits is
 * tried at each step.
 */
export function memberOf(fields: readonly SchemaField[], path: string): Member | null {
  for (const [at, field] of fields.entries()) {
    if (field.name === path) return { field, ordinal: at + 1 };
  }
  for (const field of fields) {
    if (!path.startsWith(`${field.name}.`)) continue;
    const found = memberOf(field.fields, path.slice(field.name.length + 1));
    if (found !== null) return found;
  }
  return null;
}
