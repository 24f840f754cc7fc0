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
 * A rename looks like a field removed and another added: nothing in a schema says which it was. RENAMED is given only
 * where the caller knows it, from column lineage (`schema-renames.ts`).
 */
import type { SchemaField } from './read-model.ts';
import { compareTypes, type Nullability, splitNullability } from './type-width.ts';

export type FieldChangeKind =
  | 'ADDED'
  | 'REMOVED'
  | 'RENAMED'
  | 'TYPE_NARROWED'
  | 'TYPE_WIDENED'
  | 'TYPE_CHANGED'
  | 'NULLABILITY'
  | 'REORDERED';

export interface FieldChange {
  readonly kind: FieldChangeKind;
  /** Nested fields by dotted path; of RENAMED the name that it had. */
  readonly field: string;
  /** Type, or for REORDERED the place, counted from 1, for RENAMED the path, for NULLABILITY `NULL` or `NOT NULL`. */
  readonly before: string | null;
  readonly after: string | null;
  /** Someone who read the field as it was may fail or read something else. */
  readonly breaking: boolean;
  readonly reason: string;
}

/**
 * Changes in the order of the fields after, then what was removed; null `before`: the first schema, which changes nothing.
 * @param renames top-level fields by their new name, where it is known what they were called before
 */
export function schemaDiff(
  before: readonly SchemaField[] | null,
  after: readonly SchemaField[],
  renames: ReadonlyMap<string, string> = new Map(),
): readonly FieldChange[] {
  return before === null ? [] : levelDiff(before, after, '', renames);
}

function levelDiff(
  before: readonly SchemaField[],
  after: readonly SchemaField[],
  prefix: string,
  renames: ReadonlyMap<string, string>,
): FieldChange[] {
  const changes: FieldChange[] = [];
  const old = new Map(before.map((field, at) => [field.name, { field, at }]));
  const kept = new Map<string, { readonly from: number; readonly to: number }>();
  const gone = new Set(old.keys());
  after.forEach((field, to) => {
    const path = prefix + field.name;
    const former = renames.get(field.name);
    const was = old.get(field.name) ?? (former === undefined ? undefined : old.get(former));
    if (was === undefined) {
      changes.push(added(path, field));
      return;
    }
    gone.delete(was.field.name);
    kept.set(field.name, { from: was.at, to });
    if (was.field.name !== field.name) changes.push(renamed(prefix + was.field.name, path));
    changes.push(...fieldDiff(path, was.field, field));
  });
  for (const { field } of old.values()) if (gone.has(field.name)) changes.push(removed(prefix + field.name, field));
  for (const [name, { from, to }] of moved(kept)) changes.push(reordered(prefix + name, from + 1, to + 1));
  return changes;
}

function fieldDiff(path: string, before: SchemaField, after: SchemaField): FieldChange[] {
  // A struct's type text spells out its members (`struct<zip:int>`): where these are compared one by one, the text would
  // only say the same change twice.
  const members = before.fields.length > 0 && after.fields.length > 0;
  const own = members && head(before.type) === head(after.type) ? [] : typeChanges(path, before.type, after.type);
  return [...own, ...levelDiff(before.fields, after.fields, `${path}.`, NO_RENAMES)];
}

const head = (type: string | null): string =>
  /^[^<({[]*/
    .exec(type ?? '')?.[0]
    .trim()
    .toLowerCase() ?? '';

const NO_RENAMES: ReadonlyMap<string, string> = new Map();

function typeChanges(field: string, before: string | null, after: string | null): FieldChange[] {
  if (before === after) return [];
  if (before === null || after === null) {
    const reason = before === null ? 'its type became known' : 'its type is no longer told';
    return [{ kind: 'TYPE_CHANGED', field, before, after, breaking: false, reason }];
  }
  const [was, is] = [splitNullability(before), splitNullability(after)];
  const width = widthChange(field, was.base, is.base);
  const nulls = STRICTNESS[was.nulls] - STRICTNESS[is.nulls];
  return [...(width === null ? [] : [width]), ...(nulls === 0 ? [] : [nullability(field, nulls > 0)])];
}

const STRICTNESS: Readonly<Record<Nullability, number>> = { REQUIRED: 2, UNSAID: 1, OPTIONAL: 0 };

const nullability = (field: string, looser: boolean): FieldChange => ({
  kind: 'NULLABILITY',
  field,
  before: looser ? 'NOT NULL' : 'NULL',
  after: looser ? 'NULL' : 'NOT NULL',
  breaking: looser,
  reason: looser ? 'it may be null now' : 'it is never null now',
});

function widthChange(field: string, before: string, after: string): FieldChange | null {
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

const renamed = (field: string, to: string): FieldChange => ({
  kind: 'RENAMED',
  field,
  before: field,
  after: to,
  breaking: true,
  reason: `the field is called ${to} now, as its column lineage shows`,
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
