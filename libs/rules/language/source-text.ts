/** The text of one rule file: YAML with the place of everything in it. */
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem, SourcePlace } from './problem.ts';

/** A rule file: its name, as problems show it, and its text. */
export interface RuleFileText {
  readonly file: string;
  readonly text: string;
  /** A contract of the Open Data Contract Standard; else rules, policies, webhooks and a glossary. */
  readonly isContract?: boolean;
}

export type YamlPath = readonly (string | number)[];

/** Larger than any file that a person writes. */
export const MOST_FILE_LENGTH = 1_000_000;
/** An alias costs nothing to write and multiplies what it stands for. */
const MOST_ALIASES = 100;

/** A rule file that was read as YAML. */
export class SourceText {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Plain JSON values; null where the YAML is broken or the file is empty. */
  readonly value: unknown;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #root: Node | null;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    if (text.length > MOST_FILE_LENGTH) {
      this.#root = null;
      this.value = null;
      this.problems = [
        {
          file,
          line: 1,
          column: 1,
          message: `holds ${text.length} characters; part it into files of 1,000,000 at most`,
        },
      ];
      return;
    }
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: false });
    this.#root = document.contents;
    const problems = document.errors.map(({ pos, message }) => ({ ...this.#at(pos[0]), message: sayYaml(message) }));
    let value: unknown = null;
    if (problems.length === 0) {
      try {
        value = document.toJS({ maxAliasCount: MOST_ALIASES });
      } catch (error) {
        problems.push({ ...this.#at(0), message: error instanceof Error ? error.message : String(error) });
      }
    }
    this.value = value;
    this.problems = problems;
  }

  /** The place of a value; what isn't there is at the nearest thing around it. */
  placeOf(path: YamlPath): SourcePlace {
    return this.#at(this.#find(path).node?.range?.[0] ?? 0);
  }

  /** The place of a key itself, not of its value. */
  placeOfKey(path: YamlPath): SourcePlace {
    const { key, node } = this.#find(path);
    return this.#at(key?.range?.[0] ?? node?.range?.[0] ?? 0);
  }

  /**
   * The place of a character within a text value, through quotes and block scalars. Where the text is written otherwise
   * than it reads (escapes), it is near.
   */
  placeWithin(path: YamlPath, offset: number): SourcePlace {
    const { node } = this.#find(path);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return this.placeOf(path);
    const [from, to] = node.range;
    const written = this.#text.slice(from, to);
    const exact = written.indexOf(node.value);
    return this.#at(from + (exact >= 0 ? exact + offset : walk(written, node.value, offset)));
  }

  problem(path: YamlPath, message: string): Problem {
    return { ...this.placeOf(path), message };
  }

  #at(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #find(path: YamlPath): { readonly node: Node | null; readonly key: Node | null } {
    let node: Node | null = this.#root;
    let key: Node | null = null;
    for (const step of path) {
      const found = child(node, step);
      if (found === null) break;
      ({ node, key } = found);
    }
    return { node, key };
  }
}

function child(node: Node | null, step: string | number): { node: Node; key: Node | null } | null {
  if (node === null) return null;
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key) || String(pair.key.value) !== String(step)) continue;
      const key = pair.key;
      return { node: isNode(pair.value) ? pair.value : key, key };
    }
    return null;
  }
  if ('items' in node && Array.isArray(node.items)) {
    const item: unknown = node.items[Number(step)];
    return isNode(item) ? { node: item, key: null } : null;
  }
  return null;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'range' in value;

/** Follows the value through its written form: line ends and indentation there are one blank, or nothing, here. */
function walk(written: string, value: string, offset: number): number {
  // A block scalar begins after its header: `|`, `>-`.
  let at = /^[|>]/.test(written) ? written.indexOf('\n') + 1 : 0;
  const blank = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);
  for (let i = 0; i <= offset && i < value.length; i++) {
    if (blank(value[i])) {
      if (i < offset) while (blank(written[at])) at++;
      continue;
    }
    while (at < written.length && written[at] !== value[i]) at++;
    if (i < offset) at++;
  }
  return Math.min(at, written.length);
}

/** What the parser says, with what to do where that is not plain. */
function sayYaml(message: string): string {
  if (message.startsWith('Map keys must be unique')) return 'the key is there twice; keep one of them';
  if (message.includes('multiple documents')) return 'a rule file is one document; part it at --- into files';
  return message;
}
