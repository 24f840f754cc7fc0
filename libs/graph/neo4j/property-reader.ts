/** What a server gave back, by name. It knows no null: what is null isn't there. */
import type { Properties } from './neo4j-database.ts';

export class PropertyReader {
  readonly #p: Properties;

  constructor(properties: unknown) {
    if (typeof properties !== 'object' || properties === null) throw new TypeError('the server gave no properties');
    this.#p = properties as Properties;
  }

  /** @throws TypeError where it holds none: what is stored isn't what this program stores */
  text(name: string): string {
    const value = this.#p[name];
    if (typeof value !== 'string') throw new TypeError(`property ${name} of ${String(this.#p['id'])} holds no text`);
    return value;
  }

  textOrNull(name: string): string | null {
    return this.#isAbsent(name) ? null : this.text(name);
  }

  number(name: string): number {
    const value = this.#p[name];
    if (typeof value !== 'number') throw new TypeError(`property ${name} of ${String(this.#p['id'])} holds no number`);
    return value;
  }

  numberOrNull(name: string): number | null {
    return this.#isAbsent(name) ? null : this.number(name);
  }

  flag(name: string): boolean {
    return this.#p[name] === true;
  }

  flagOrNull(name: string): boolean | null {
    return this.#isAbsent(name) ? null : this.flag(name);
  }

  list(name: string): readonly string[] {
    return this.listOrNull(name) ?? [];
  }

  listOrNull(name: string): readonly string[] | null {
    return (this.#p[name] ?? null) as readonly string[] | null;
  }

  /** Of a shape that a query gives by itself, and no property has. */
  value(name: string): unknown {
    return this.#p[name];
  }

  /** Rows of two texts each. @throws TypeError where they are anything else */
  pairs(name: string): readonly (readonly [string, string])[] {
    const rows: unknown = this.#p[name] ?? [];
    if (!Array.isArray(rows)) throw new TypeError(`${name} is no list`);
    return rows.map((row: unknown) => {
      const [first, second]: readonly unknown[] = Array.isArray(row) ? row : [];
      if (typeof first !== 'string' || typeof second !== 'string')
        throw new TypeError(`${name} holds no pairs of texts`);
      return [first, second] as const;
    });
  }

  /** ms, of a time that is kept as text. */
  time(name: string): number {
    return Date.parse(this.text(name));
  }

  timeOrNull(name: string): number | null {
    return this.#isAbsent(name) ? null : this.time(name);
  }

  /** Of JSON text; null where there is none. */
  json(name: string): unknown {
    const text = this.textOrNull(name);
    return text === null ? null : JSON.parse(text);
  }

  rows(name: string): readonly PropertyReader[] {
    return ((this.#p[name] ?? []) as readonly unknown[]).map((row) => new PropertyReader(row));
  }

  of(name: string): PropertyReader {
    return new PropertyReader(this.#p[name]);
  }

  #isAbsent(name: string): boolean {
    return this.#p[name] === undefined || this.#p[name] === null;
  }
}
