import { MarquezError } from './marquez-error.ts';

const INTEGER = /^[+-]?\d{1,10}$/;
const MAX_INT = 2 ** 31 - 1;

/** Path and query values with Marquez's defaults and errors: of a repeated parameter the first one counts. */
export class RequestParams {
  readonly #path: unknown;
  readonly #query: unknown;

  constructor(request: { readonly params: unknown; readonly query: unknown }) {
    this.#path = request.params;
    this.#query = request.query;
  }

  path(name: string): string {
    const [value] = valuesOf(this.#path, name);
    if (value === undefined) throw MarquezError.noSuchResource();
    return value;
  }

  all(name: string): readonly string[] {
    return valuesOf(this.#query, name);
  }

  text(name: string): string | null {
    return this.all(name)[0] ?? null;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw MarquezError.invalid(`query param ${name} must not be null`);
    return value;
  }

  /** A 32-bit integer. */
  integer(name: string, otherwise: number): number {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = INTEGER.test(text) ? Number(text) : Number.NaN;
    if (!(Math.abs(value) <= MAX_INT)) throw MarquezError.noSuchResource();
    return value;
  }

  /** `limit` or `offset`. */
  count(name: string, otherwise: number): number {
    const value = this.integer(name, otherwise);
    if (value < 0) throw MarquezError.invalid(`query param ${name} must be greater than or equal to 0`);
    return value;
  }

  page(): { readonly limit: number; readonly offset: number } {
    return { limit: this.count('limit', 100), offset: this.count('offset', 0) };
  }

  flag(name: string): boolean {
    return this.text(name)?.toLowerCase() === 'true';
  }

  /** One of the words, in any case. */
  choice<W extends string>(name: string, words: readonly W[]): W | null {
    const text = this.text(name);
    return text === null ? null : oneOf(text, words);
  }

  choices<W extends string>(name: string, words: readonly W[]): readonly W[] {
    return this.all(name).map((text) => oneOf(text, words));
  }
}

function oneOf<W extends string>(text: string, words: readonly W[]): W {
  const word = words.find((each) => each.toLowerCase() === text.toLowerCase());
  if (word === undefined) throw MarquezError.noSuchResource();
  return word;
}

function valuesOf(bag: unknown, name: string): readonly string[] {
  if (typeof bag !== 'object' || bag === null || !Object.hasOwn(bag, name)) return [];
  const value: unknown = Reflect.get(bag, name);
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
