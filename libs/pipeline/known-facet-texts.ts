import { CanonicalText, canonicalJson, inOnePiece, parseByParts, redact, TextMemo } from '#lineage';
import { exceedsDepth } from './exceeds-depth.ts';

/** UTF-16 units of facets that are remembered: those of some thousand jobs. */
const REMEMBERED = 8_000_000;
/** The facets of a dataset are the fourth object or list from outside. */
const ABOVE = 3;

/**
 * Facets that passed the door before, as they are stored: redacted, in canonical form. Clients say the same of a dataset
 * or job in event after event; such facets are neither parsed nor redacted nor written again.
 */
export class KnownFacetTexts {
  readonly #depth: number;
  readonly #known = new TextMemo<CanonicalText>(REMEMBERED);
  readonly #part = (text: string): CanonicalText | undefined => this.#known.get(text) ?? this.#learn(text);

  /** @param depth how deep an event may nest objects and lists */
  constructor(depth: number) {
    this.#depth = depth;
  }

  /**
   * An event whose facets of datasets and job are `CanonicalText`; undefined: its text has to be read as a whole, since
   * it's no JSON, nests too deep, or has facets that are none.
   */
  read(text: string): unknown {
    return parseByParts(text, this.#part, this.#depth - ABOVE);
  }

  #learn(text: string): CanonicalText | undefined {
    if (exceedsDepth(text, this.#depth - ABOVE)) return undefined;
    const facets = objectOf(text);
    if (facets === null) return undefined;
    for (const name of Object.keys(facets)) {
      const facet = facets[name];
      // Null says nothing; what is neither is for the shape check to tell.
      if (typeof facet !== 'object' || Array.isArray(facet)) return undefined;
    }
    const made = new CanonicalText(inOnePiece(canonicalJson(redact(facets, 'facets'))));
    this.#known.set(text, made);
    return made;
  }
}

/** null: the text only looked like JSON. */
function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
