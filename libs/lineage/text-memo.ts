import { inOnePiece } from './one-piece.ts';

/** Of the budget, how much goes at once: a map finds its oldest by walking past all that was deleted. */
const FORGOTTEN_AT_ONCE = 1 / 8;

/**
 * What was made of texts, for when they come again. It forgets what it has held longest, once the texts exceed a budget.
 * For memos alone: no result may depend on what is in it.
 */
export class TextMemo<T> {
  readonly #budget: number;
  readonly #forgotten: (made: T) => void;
  readonly #made = new Map<string, T>();
  #length = 0;

  /** @param budget UTF-16 units */
  constructor(budget: number, forgotten: (made: T) => void = () => {}) {
    this.#budget = budget;
    this.#forgotten = forgotten;
  }

  get(text: string): T | undefined {
    return this.#made.get(text);
  }

  /** A text that isn't held. */
  set(text: string, made: T): void {
    // A slice of an event of megabytes would hold all of it.
    this.#made.set(inOnePiece(text), made);
    this.#length += text.length;
    if (this.#length <= this.#budget) return;
    const enough = this.#budget * (1 - FORGOTTEN_AT_ONCE);
    for (const [oldest, old] of this.#made) {
      if (this.#length <= enough) break;
      this.#made.delete(oldest);
      this.#length -= oldest.length;
      this.#forgotten(old);
    }
  }
}
