import type { Delta } from '../delta.ts';
import { parseByParts } from '../parse-by-parts.ts';
import { KnownFacets } from './known-facets.ts';
import { reduceEvent } from './reduce-event.ts';

/** UTF-16 units of facets that are remembered: those of some thousand jobs. */
const REMEMBERED = 4_000_000;

/** Reads one accepted event after the other: as `reduceEvent` does, but facets that come again aren't read again. */
export class EventReader {
  readonly #known = new KnownFacets(REMEMBERED);
  readonly #part = (text: string): unknown => this.#known.parsed(text);

  /**
   * @param body an accepted event
   * @param hash SHA-256 (lower-case hex) of it
   * @throws Error where `reduceEvent` does
   */
  read(body: string, hash: string): Delta {
    return reduceEvent(parseByParts(body, this.#part) ?? JSON.parse(body), hash, this.#known);
  }
}
