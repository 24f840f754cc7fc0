/**
 * Texts of facets that were met before, with what they were read as. A memo: the same texts give the same statements
 * whatever is in it.
 */
import { TextMemo } from '../text-memo.ts';
import type { JsonObject } from './json.ts';

interface Known {
  readonly facets: JsonObject;
  /** Readings of these facets as those of one dataset or job or another: a table's schema is told by all who read it. */
  readonly readings: object[];
}

/** Of one text: more are not worth looking through. */
const MOST_READINGS = 24;

export class KnownFacets {
  readonly #byText: TextMemo<Known>;
  readonly #byObject = new Map<JsonObject, Known>();

  /** @param budget UTF-16 units of text; what was read from them takes several times as much */
  constructor(budget: number) {
    this.#byText = new TextMemo(budget, ({ facets }) => this.#byObject.delete(facets));
  }

  /** The facets that a text holds: the same object for the same text. */
  parsed(text: string): JsonObject {
    const held = this.#byText.get(text);
    if (held !== undefined) return held.facets;
    const facets = JSON.parse(text) as JsonObject;
    const known: Known = { facets, readings: [] };
    this.#byObject.set(facets, known);
    this.#byText.set(text, known);
    return facets;
  }

  /** What `make` made of these facets when `fits` was true of it; facets that aren't known are read anew each time. */
  reading<T extends object>(facets: JsonObject | null, fits: (held: object) => held is T, make: () => T): T {
    const known = facets === null ? undefined : this.#byObject.get(facets);
    if (known === undefined) return make();
    const { readings } = known;
    for (const held of readings) if (fits(held)) return held;
    const made = make();
    if (readings.length >= MOST_READINGS) readings.shift();
    readings.push(made);
    return made;
  }
}
