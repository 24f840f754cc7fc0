/** The values behind the names of conditions, made from a read view. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** JSON, with maps for objects. */
export type PlainValue = null | boolean | number | string | readonly PlainValue[] | ReadonlyMap<string, PlainValue>;

/** A time, a record with times in its fields, or what holds none. */
export type ConditionValue = PlainValue | Date | ReadonlyMap<string, PlainValue | Date>;

export type ConditionValues = Readonly<Record<string, ConditionValue>>;

/** Longer lists are cut: what a condition costs is bounded. */
export const MOST_ELEMENTS = 1_000;
/** Of values as clients sent them. */
const MOST_NESTING = 20;

/** A time of the graph. */
export const timeValue = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** JSON: lists cut to `MOST_ELEMENTS`, what is nested too deep left out. */
export function plainValue(value: unknown, depth = 0): PlainValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value !== 'object' || depth > MOST_NESTING) return null;
  if (Array.isArray(value)) return value.slice(0, MOST_ELEMENTS).map((element) => plainValue(element, depth + 1));
  const entries = Object.entries(value).slice(0, MOST_ELEMENTS);
  return new Map(entries.map(([key, inner]) => [key, plainValue(inner, depth + 1)]));
}
