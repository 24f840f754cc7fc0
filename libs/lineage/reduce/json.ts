/** Reading JSON that may hold anything: each reader answers null (or an empty list) for what isn't there. */

export type JsonObject = { readonly [key: string]: unknown };

export function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A non-empty string. NUL, which databases cut strings at, becomes U+FFFD. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return value.includes('\u0000') ? value.replaceAll('\u0000', '\ufffd') : value;
}

/** A finite number; producers also write them as strings. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const n = Number(value);
  return Number.isFinite(n) ? n : null;
}

/** Own properties only: a key named `__proto__` or `constructor` reads as the data that it is. */
export function get(object: JsonObject | null, key: string): unknown {
  return object !== null && Object.hasOwn(object, key) ? object[key] : undefined;
}
