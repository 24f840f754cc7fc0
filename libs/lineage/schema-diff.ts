/**
 * What changed from one schema to the next, field by field. Both come from one teller: schemas of two tellers are never
 * compared, for `long` here and `bigint` there are no change.
 *
 * ```
 * before                    after                     changes
 * id      int               id      bigint            id             TYPE_WIDENED
 * name    varchar(50)       email   text              name           REMOVED   (breaking)
 * address struct            address struct            email          ADDED
 *   zip   int                 zip   text              address.zip    TYPE_CHANGED (breaking)
 * ```
 *
 * A rename looks like a field removed and another added: nothing in a schema says which it was, and a guess would hide
 * a break. RENAMED is therefore never given here.
 */
import type { SchemaField } from './read-model.ts';
import { compareTypes } from './type-width.ts';

export type FieldChangeKind = 'ADDED' | 'REMOVED' | 'TYPE_NARROWED' | 'TYPE_WIDENED' | 'TYPE_CHANGED' | 'REORDERED';

export interface FieldChange {
  readonly kind: FieldChangeKind;
  /** Nested fields by dotted path. */
  readonly field: string;
  /** Type, or for REORDERED the place, counted from 1. */
  readonly before: string | null;
  readonly after: string | null;
  /** Someone who read the field as it was may fail or read something else. */
  readonly breaking: boolean;
  readonly reason: string;
}

/** Changes in the order of the fields after, then what was removed; null `before`: the first schema, which changes nothing. */
export function schemaDiff(
  before: readonly SchemaField[] | null,
  after: readonly SchemaField[],
): readonly FieldChange[] {
  return before === null ? [] : levelDiff(before, after, '');
}

function levelDiff(before: readonly SchemaField[], after: readonly SchemaField[], prefix: string): FieldChange[] {
  const changes: FieldChange[] = [];
  const old = new Map(before.map((field, at) => [field.name, { field, at }]));
  const kept = new Map<string, { readonly from: number; readonly to: number }>();
  after.forEach((field, to) => {
    const path = prefix + field.name;
    const was = old.get(field.name);
    if (was === undefined) changes.push(added(path, field));
    else {
      kept.set(field.name, { from: was.at, to });
      changes.push(...fieldDiff(path, was.field, field));
    }
  });
  for (const { field } of old.values()) if (!kept.has(field.name)) changes.push(removed(prefix + field.name, field));
  for (const [name, { from, to }] of moved(kept)) changes.push(reordered(prefix + name, from + 1, to + 1));
  return changes;
}

function fieldDiff(path: string, before: SchemaField, after: SchemaField): FieldChange[] {
  // A struct's type text spells out its members (`struct<zip:int>`): where these are compared one by one, the text would
  // only say the same change twice.
  const members = before.fields.length > 0 && after.fields.length > 0;
  const own = members && head(before.type) === head(after.type) ? null : typeChange(path, before.type, after.type);
  return [...(own === null ? [] : [own]), ...levelDiff(before.fields, after.fields, `${path}.`)];
}

const head = (type: string | null): string =>
  /^[^<({[]*/
    .exec(type ?? '')?.[0]
    .trim()
    .toLowerCase() ?? '';

function typeChange(field: string, before: string | null, after: string | null): FieldChange | null {
  if (before === after) return null;
  if (before === null || after === null) {
    const reason = before === null ? 'its type became known' : 'its type is no longer told';
    return { kind: 'TYPE_CHANGED', field, before, after, breaking: false, reason };
  }
  switch (compareTypes(before, after)) {
    case 'same':
      return null;
    case 'wider':
      return {
        kind: 'TYPE_WIDENED',
        field,
        before,
        after,
        breaking: false,
        reason: `every ${before} fits into ${after}`,
      };
    case 'narrower':
      return {
        kind: 'TYPE_NARROWED',
        field,
        before,
        after,
        breaking: true,
        reason: `not every ${before} fits into ${after}`,
      };
    case 'other':
      return { kind: 'TYPE_CHANGED', field, before, after, breaking: true, reason: `${before} became ${after}` };
  }
}

const added = (field: string, { type }: SchemaField): FieldChange => ({
  kind: 'ADDED',
  field,
  before: null,
  after: type,
  breaking: false,
  reason: 'the field is new',
});

const removed = (field: string, { type }: SchemaField): FieldChange => ({
  kind: 'REMOVED',
  field,
  before: type,
  after: null,
  breaking: true,
  reason: 'the field is gone',
});

const reordered = (field: string, from: number, to: number): FieldChange => ({
  kind: 'REORDERED',
  field,
  before: String(from),
  after: String(to),
  breaking: false,
  reason: `moved from place ${from} to ${to}: who reads by name sees no difference`,
});

/**
 * The fewest fields whose move explains the new order: all but a longest run of fields that kept their order.
 *
 * ```
 * before  a b c d        places before, in the order after:  d=3 a=0 b=1 c=2
 * after   d a b c        longest rising run: 0 1 2 (a b c)   moved: d
 * ```
 */
function moved(
  kept: ReadonlyMap<string, { readonly from: number; readonly to: number }>,
): [string, { readonly from: number; readonly to: number }][] {
  const order = [...kept];
  /** For each length, the entry that ends the rising run of that length lowest. */
  const ends: number[] = [];
  const previous: (number | null)[] = [];
  const placeOf = (entry: number | undefined): number => (entry === undefined ? -1 : (order[entry]?.[1].from ?? -1));
  order.forEach(([, { from }], entry) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (placeOf(ends[middle]) < from) low = middle + 1;
      else high = middle;
    }
    previous[entry] = low === 0 ? null : (ends[low - 1] ?? null);
    ends[low] = entry;
  });
  const stayed = new Set<number>();
  for (let entry = ends.at(-1) ?? null; entry !== null; entry = previous[entry] ?? null) stayed.add(entry);
  return order.filter((_, entry) => !stayed.has(entry));
}
