/**
 * Most of an event is what earlier events said word for word: the facets of its datasets and of its job. This reads an
 * event with those taken out as text, so that who has met a text before need not read it again:
 *
 * ```
 * {"inputs":[{"facets":{…1 KB…},"name":"a", …}],"job":{"facets":{…}, …}, …}
 *                      └─ part 0 ┘                          └ part 1 ┘
 * {"inputs":[{"facets":0,       "name":"a", …}],"job":{"facets":1, …}, …}      parsed as JSON, then 0 and 1 replaced
 * ```
 */
import { endOfString } from './end-of-string.ts';

interface Part {
  readonly from: number;
  readonly to: number;
}

type Json = Record<string, unknown>;

/**
 * @param depth of what stands in the event, a dataset or the job
 * @param part makes what is to stand for a text of facets, which is an object in JSON; undefined: it can't
 * @returns the event as `JSON.parse` would give it, but for the parts; undefined where the text is no JSON, is no
 * object, nests too deep, or is written in a way that nobody writes: then it has to be parsed as a whole
 */
export function parseByParts(text: string, part: (facets: string) => unknown, depth = DEEPEST): unknown {
  const parts = partsOf(text, depth);
  if (parts === null) return undefined;
  const values: unknown[] = [];
  let rest = '';
  let done = 0;
  for (const { from, to } of parts) {
    const value = part(text.slice(from, to));
    if (value === undefined) return undefined;
    rest += `${text.slice(done, from)}${values.length}`;
    values.push(value);
    done = to;
  }
  rest += text.slice(done);
  try {
    const event = JSON.parse(rest) as unknown;
    return isObject(event) && putParts(event, values) ? event : undefined;
  } catch {
    return undefined;
  }
}

function putParts(event: Json, values: readonly unknown[]): boolean {
  const holders: unknown[] = [event.job, event.dataset];
  for (const list of [event.inputs, event.outputs]) if (Array.isArray(list)) holders.push(...(list as unknown[]));
  for (const holder of holders) {
    if (!isObject(holder) || typeof holder.facets !== 'number') continue;
    const value = values[holder.facets];
    if (value === undefined) return false;
    holder.facets = value;
  }
  return true;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a parser may be given without a look at it: a body of `[` alone could fill the memory. */
const DEEPEST = 1_000;

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;

/** null: the text isn't as expected. What is between the parts is looked at no closer than it takes to find them. */
function partsOf(text: string, depth: number): Part[] | null {
  const parts: Part[] = [];
  const end = eachMember(text, afterSpace(text, 0), (key, at) => {
    if (key === 'job' || key === 'dataset') return holder(text, at, depth, parts);
    if (key === 'inputs' || key === 'outputs') return list(text, at, depth, parts);
    return endOfValue(text, at, depth);
  });
  return end < 0 ? null : parts;
}

/** @returns behind the list; -1: it isn't as expected */
function list(text: string, from: number, depth: number, parts: Part[]): number {
  if (text.charCodeAt(from) !== OPEN_BRACKET) return endOfValue(text, from, depth);
  let at = afterSpace(text, from + 1);
  if (text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
  for (;;) {
    const end = holder(text, at, depth, parts);
    if (end < 0) return -1;
    at = afterSpace(text, end);
    const unit = text.charCodeAt(at);
    if (unit === CLOSE_BRACKET) return at + 1;
    if (unit !== COMMA) return -1;
    at = afterSpace(text, at + 1);
  }
}

/** A job or dataset, of which the facets are a part. */
function holder(text: string, from: number, depth: number, parts: Part[]): number {
  if (text.charCodeAt(from) !== OPEN_BRACE) return endOfValue(text, from, depth);
  return eachMember(text, from, (key, at) => {
    const end = endOfValue(text, at, depth);
    if (key !== 'facets') return end;
    if (text.charCodeAt(at) === OPEN_BRACE) parts.push({ from: at, to: end });
    // A number would be taken for that of a part.
    else if (text.charCodeAt(at) !== 0x6e) return -1;
    return end;
  });
}

/** @param each gets a key and where its value begins, answers with where it ends (-1: not as expected) */
function eachMember(text: string, from: number, each: (key: string, at: number) => number): number {
  if (text.charCodeAt(from) !== OPEN_BRACE) return -1;
  let at = afterSpace(text, from + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return -1;
    const endOfKey = text.indexOf('"', at + 1);
    const key = text.slice(at + 1, endOfKey);
    // An escape could hide a key that matters here.
    if (endOfKey < 0 || key.includes('\\')) return -1;
    at = afterSpace(text, endOfKey + 1);
    if (text.charCodeAt(at) !== COLON) return -1;
    const end = each(key, afterSpace(text, at + 1));
    if (end < 0) return -1;
    at = afterSpace(text, end);
    const unit = text.charCodeAt(at);
    if (unit === CLOSE_BRACE) return at + 1;
    if (unit !== COMMA) return -1;
    at = afterSpace(text, at + 1);
  }
}

function afterSpace(text: string, from: number): number {
  let at = from;
  for (let unit = text.charCodeAt(at); isSpace(unit); unit = text.charCodeAt(at)) at += 1;
  return at;
}

function isSpace(unit: number): boolean {
  return unit === SPACE || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** Behind the value that begins at `from`; -1: it has no end, or nests too deep. Brackets of either kind are counted as one. */
function endOfValue(text: string, from: number, deepest: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  const { length } = text;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    for (let at = from; at < length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET || isSpace(unit)) return at;
    }
    return -1;
  }
  let depth = 0;
  for (let at = from; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at) - 1;
      if (at < 0) return -1;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      depth += 1;
      if (depth > deepest) return -1;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}
