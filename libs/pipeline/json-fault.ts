export interface JsonFault {
  /** From 1; the column in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** `expected ',' or '}'`: what should be there; never what is, which may be a secret. */
  readonly problem: string;
}

// Sticky patterns without nested repeats: nothing here backtracks, whatever the text.
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Where a text stops being JSON; for texts that `JSON.parse` refused. Its own message won't do: it often has no
 * position on Node 20, and quotes the text around the fault.
 */
export function jsonFault(text: string): JsonFault {
  const scan = new Scan(text);
  const problem = firstProblem(scan);
  const { line, column } = scan.place();
  return { line, column, problem: scan.atEnd() ? `${problem}, found the end` : problem };
}

function firstProblem(scan: Scan): string {
  const open: ('{' | '[')[] = [];
  for (;;) {
    // One value begins here; `open` says in what.
    if (scan.take('{')) {
      if (!scan.take('}')) {
        open.push('{');
        const bad = key(scan);
        if (bad !== null) return bad;
        continue;
      }
    } else if (scan.take('[')) {
      if (!scan.take(']')) {
        open.push('[');
        continue;
      }
    } else if (!scan.skip(SCALAR)) {
      const bad = string(scan, 'expected a value');
      if (bad !== null) return bad;
    }
    // The value is over: close what it ends, up to the next one.
    for (;;) {
      const inside = open.at(-1);
      if (inside === undefined) {
        scan.skip(SPACE);
        return 'expected nothing more';
      }
      if (scan.take(',')) {
        const bad = inside === '{' ? key(scan) : null;
        if (bad !== null) return bad;
        break;
      }
      if (!scan.take(inside === '{' ? '}' : ']')) return `expected ',' or '${inside === '{' ? '}' : ']'}'`;
      open.pop();
    }
  }
}

function key(scan: Scan): string | null {
  const bad = string(scan, 'expected a key in double quotes');
  if (bad !== null) return bad;
  return scan.take(':') ? null : "expected ':'";
}

function string(scan: Scan, otherwise: string): string | null {
  if (!scan.take('"')) return otherwise;
  for (;;) {
    const unit = scan.unit();
    if (Number.isNaN(unit)) return 'expected the end of a string';
    if (unit < 0x20) return 'expected no bare control character in a string';
    if (unit === BACKSLASH && !scan.skip(ESCAPE)) return 'expected a valid escape after a backslash';
    if (unit !== BACKSLASH) scan.next();
    if (unit === QUOTE) return null;
  }
}

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** NaN at the end. */
  unit(): number {
    return this.#text.charCodeAt(this.#at);
  }

  next(): void {
    this.#at++;
  }

  /** Past white space and `char`, if that is what comes. */
  take(char: string): boolean {
    this.skip(SPACE);
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  place(): { line: number; column: number } {
    let line = 1;
    let start = 0;
    for (let end = this.#text.indexOf('\n'); end >= 0 && end < this.#at; end = this.#text.indexOf('\n', start)) {
      line++;
      start = end + 1;
    }
    return { line, column: this.#at - start + 1 };
  }
}
