import type { Name } from '#lineage';

/** Numbers of names, by namespace and then by name: no text is put together to look one up. */
export class NameNumbers {
  readonly #most: number;
  readonly #byNamespace = new Map<string, Map<string, number>>();
  #size = 0;

  /** @param most beyond it all are forgotten */
  constructor(most: number) {
    this.#most = most;
  }

  get({ namespace, name }: Name): number | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  set({ namespace, name }: Name, number: number): void {
    if (this.#size >= this.#most) this.clear();
    let names = this.#byNamespace.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#byNamespace.set(namespace, names);
    }
    names.set(name, number);
    this.#size += 1;
  }

  clear(): void {
    this.#byNamespace.clear();
    this.#size = 0;
  }
}
