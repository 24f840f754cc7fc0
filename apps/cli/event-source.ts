import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** One event as text, and where it was found. */
export interface SourceEvent {
  readonly text: string;
  /** `line 12` or `event 3`. */
  readonly where: string;
  /** False: it is no JSON, so it can't share an array with others. */
  readonly parses: boolean;
}

export function openSource(file: string): Readable {
  return file === '-' ? process.stdin : createReadStream(file);
}

/**
 * The events of a file: one JSON object a line, or one JSON document, an object or an array of them. Its first line
 * tells: an array, or an object that goes on in the next line, is a document and is read as a whole.
 */
export async function* readEvents(source: Readable): AsyncGenerator<SourceEvent> {
  let document: string[] | null = null;
  let begun = false;
  let number = 0;
  for await (const raw of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (document !== null) {
      document.push(raw);
      continue;
    }
    // A byte order mark counts as white space.
    const text = raw.trim();
    if (text === '') continue;
    const parses = isJson(text);
    if (!begun && (text.startsWith('[') || (text.startsWith('{') && !parses))) document = [text];
    else yield { text, where: `line ${number}`, parses };
    begun = true;
  }
  if (document !== null) yield* eventsOf(document);
}

function* eventsOf(lines: readonly string[]): Generator<SourceEvent> {
  const whole = lines.join('\n');
  if (isJson(whole)) {
    const value: unknown = JSON.parse(whole);
    const events: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const [index, event] of events.entries())
      yield { text: JSON.stringify(event), where: `event ${index + 1}`, parses: true };
    return;
  }
  // No document after all: lines, the first of which is broken.
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== '') yield { text: line, where: `line ${index + 1}`, parses: isJson(line) };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
