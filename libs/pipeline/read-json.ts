import { isAscii, isUtf8 } from 'node:buffer';
import { exceedsDepth } from './exceeds-depth.ts';
import { jsonFault } from './json-fault.ts';

export type ReadJson =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly status: 400 | 422; readonly message: string };

/**
 * Bytes → value. Text is UTF-8 (a byte order mark is skipped); `depth` bounds nesting, checked before anything that
 * recurses sees the value. Of duplicate keys the last wins; a key named `__proto__` is a key.
 */
export function readJson(bytes: Uint8Array, depth: number, what: string): ReadJson {
  return readJsonText(textOf(bytes), depth, what);
}

/** @param text null: the bytes are no UTF-8 */
export function readJsonText(text: string | null, depth: number, what: string): ReadJson {
  if (text === null) return bad(400, `the body is not UTF-8: send ${what} as UTF-8 JSON`);
  if (exceedsDepth(text, depth)) return bad(422, `the body nests objects and lists deeper than ${depth}: flatten it`);
  try {
    return { ok: true, value: JSON.parse(text) as unknown, text };
  } catch {
    const { line, column, problem } = jsonFault(text);
    return bad(400, `the body is not JSON: ${problem}, at line ${line}, column ${column}: send ${what} as UTF-8 JSON`);
  }
}

/** null: no UTF-8. A byte order mark is skipped. */
export function textOf(bytes: Uint8Array): string | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Most bodies are ASCII: then the text takes one byte a character, and so does everything made from it.
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (!isUtf8(buffer)) return null;
  const text = buffer.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function bad(status: 400 | 422, message: string): ReadJson {
  return { ok: false, status, message };
}
