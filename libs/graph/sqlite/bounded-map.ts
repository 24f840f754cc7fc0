import { inOnePiece } from '#lineage';

/** Of the budget, how much goes at once: a map finds its oldest by walking past all that was deleted. */
const FORGOTTEN_AT_ONCE = 1 / 8;

/**
 * A map that forgets what it has held longest, once the weights of what it holds exceed a budget. First in, first out:
 * moving an entry on each hit costs more than the rare miss of an old one that is still in use.
 */
export class BoundedMap<K, V> {
  #entries = new Map<K, V>();
  readonly #budget: number;
  readonly #weigh: ((value: V) => number) | null;
  /** As each was weighed last. Empty where each weighs 1. */
  #weights = new Map<K, number>();
  #weight = 0;

  /** @param weigh by default each weighs 1 */
  constructor(budget: number, weigh: ((value: V) => number) | null = null) {
    this.#budget = budget;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** What is held already keeps its place: to delete it and set it anew would have the table laid out anew time and again. */
  set(key: K, value: V): void {
    if (this.#entries.has(key)) {
      this.#subtract(key);
      this.#entries.set(key, value);
      this.#add(key, value);
      return;
    }
    const kept = typeof key === 'string' ? (inOnePiece(key) as K & string) : key;
    this.#entries.set(kept, value);
    this.#add(kept, value);
  }

  /** What is held under the key has grown or shrunk since it was set. */
  weighAgain(key: K): void {
    const held = this.#entries.get(key);
    if (held === undefined) return;
    this.#subtract(key);
    this.#add(key, held);
  }

  delete(key: K): void {
    if (this.#entries.delete(key)) this.#subtract(key);
  }

  clear(): void {
    this.#entries = new Map();
    this.#weights = new Map();
    this.#weight = 0;
  }

  #add(key: K, value: V): void {
    const weight = this.#weigh?.(value) ?? 1;
    if (this.#weigh !== null) this.#weights.set(key, weight);
    this.#weight += weight;
    if (this.#weight <= this.#budget) return;
    const enough = this.#budget * (1 - FORGOTTEN_AT_ONCE);
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= enough) break;
      // What came last stays, however heavy.
      if (oldest !== key) this.delete(oldest);
    }
  }

  #subtract(key: K): void {
    this.#weight -= this.#weights.get(key) ?? 1;
    this.#weights.delete(key);
  }
}
