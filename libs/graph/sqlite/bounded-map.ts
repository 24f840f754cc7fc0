import { inOnePiece } from '#lineage';

/**
 * A map that forgets what it has held longest, once the weights of what it holds exceed a budget. First in, first out:
 * moving an entry on each hit costs more than the rare miss of an old one that is still in use.
 */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #budget: number;
  readonly #weigh: (value: V) => number;
  #weight = 0;

  constructor(budget: number, weigh: (value: V) => number = () => 1) {
    this.#budget = budget;
    this.#weigh = weigh;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(typeof key === 'string' ? (inOnePiece(key) as K & string) : key, value);
    this.#weight += this.#weigh(value);
    if (this.#weight <= this.#budget) return;
    for (const [oldest, held] of this.#entries) {
      if (this.#weight <= this.#budget || oldest === key) break;
      this.#entries.delete(oldest);
      this.#weight -= this.#weigh(held);
    }
  }

  delete(key: K): void {
    const held = this.#entries.get(key);
    if (held === undefined) return;
    this.#entries.delete(key);
    this.#weight -= this.#weigh(held);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}
