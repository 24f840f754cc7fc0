/**
 * RFC 8785 (JSON Canonicalization Scheme): equal JSON values give equal text, whatever the order their keys came in.
 * The identity of an event is the hash of this text, and stored facets are compared by it.
 *
 * Where RFC 8785 refuses a value, this function doesn't, since a value that was parsed must have an identity:
 * - a lone surrogate, in a string or in a key, is written as U+FFFD (of keys that become equal so, the last wins);
 * - a number that JSON can't write (`1e999` parses to Infinity) is `null`, as in `JSON.stringify`;
 * - what JSON has no word for (undefined, functions, symbols) is left out of objects and is `null` elsewhere.
 *
 * Depth is the caller's to bound: one native stack frame is used per level.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      // ECMAScript's own number formatting is the one RFC 8785 prescribes; -0 gives "0".
      return Number.isFinite(value) ? `${value}` : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return `${value}`;
    case 'object':
      if (value === null) return 'null';
      if (value instanceof CanonicalText) return value.text;
      return Array.isArray(value) ? arrayText(value) : objectText(value as Readonly<Record<string, unknown>>);
    default:
      return 'null';
  }
}

/** A value that was written before: it stands in another one as its text. It has no properties that a walk would find. */
export class CanonicalText {
  readonly #text: string;

  /** @param text what `canonicalJson` wrote */
  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }
}

function arrayText(items: readonly unknown[]): string {
  const length = items.length;
  if (length === 0) return '[]';
  let text = `[${canonicalJson(items[0])}`;
  for (let i = 1; i < length; i++) text += `,${canonicalJson(items[i])}`;
  return `${text}]`;
}

function objectText(object: Readonly<Record<string, unknown>>): string {
  // Own keys only, so that a key named `__proto__` is one like any other.
  const keys = Object.keys(object);
  if (!isSorted(keys)) keys.sort(byCodeUnits);
  let text = '';
  for (const key of keys) {
    const value = object[key];
    if (!isWritten(value)) continue;
    const label = labels.get(key) ?? labelOf(key);
    if (label === null) return mendedObjectText(object);
    text += `${text === '' ? '{' : ','}${label}${canonicalJson(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

// The same few hundred keys come in every event: how they are written is kept. A memo: no result depends on what is in it.
const labels = new Map<string, string>();
const MAX_LABELS = 4096;

/** `"key":`; null for a key that must be mended. */
function labelOf(key: string): string | null {
  if (LONE_SURROGATE.test(key)) return null;
  const label = `${quoted(key)}:`;
  if (key.length <= 64) {
    if (labels.size >= MAX_LABELS) labels.clear();
    labels.set(key, label);
  }
  return label;
}

/** The rare object with a lone surrogate in a key: mending changes the order of keys, and may make two of them one. */
function mendedObjectText(object: Readonly<Record<string, unknown>>): string {
  const mended = new Map<string, unknown>();
  for (const key of Object.keys(object)) if (isWritten(object[key])) mended.set(wellFormed(key), object[key]);
  const parts = [...mended.keys()].sort(byCodeUnits).map((key) => `${quoted(key)}:${canonicalJson(mended.get(key))}`);
  return `{${parts.join(',')}}`;
}

const isWritten = (value: unknown): boolean =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';

function isSorted(keys: readonly string[]): boolean {
  let previous = '';
  for (const key of keys) {
    if (key < previous) return false;
    previous = key;
  }
  return true;
}

// `<` on strings compares UTF-16 code units, which is the order that RFC 8785 wants; localeCompare isn't.
const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what JSON must escape
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;
// With the `u` flag a pair is one code point, so that only lone surrogates match.
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const LONE_SURROGATES = /[\ud800-\udfff]/gu;

const quoted = (text: string): string => (NEEDS_ESCAPE.test(text) ? JSON.stringify(wellFormed(text)) : `"${text}"`);

const wellFormed = (text: string): string => text.replace(LONE_SURROGATES, '\ufffd');
