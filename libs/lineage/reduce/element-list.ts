import type { Element } from '../delta.ts';

/** Up to here comparing with each is cheaper than a key's text. */
const FEW = 8;

/** Elements in the order in which they came first; of equal ones the last counts. */
export class ElementList {
  #elements: Element[] = [];
  /** Somebody else's: not to be written to. */
  #isShared = false;
  #places: Map<string, number> | null = null;

  get elements(): readonly Element[] {
    return this.#elements;
  }

  /** Each of `elements` is there once. */
  addAll(elements: readonly Element[]): void {
    if (this.#elements.length > 0) {
      for (const element of elements) this.add(element);
      return;
    }
    this.#elements = elements as Element[];
    this.#isShared = true;
    this.#places = null;
  }

  add(element: Element): void {
    if (this.#isShared) {
      this.#elements = [...this.#elements];
      this.#isShared = false;
    }
    const place = this.#placeOf(element);
    if (place !== undefined) {
      this.#elements[place] = element;
      return;
    }
    this.#places?.set(elementKey(element), this.#elements.length);
    this.#elements.push(element);
  }

  #placeOf(element: Element): number | undefined {
    if (this.#elements.length < FEW) {
      const place = this.#elements.findIndex((held) => isSame(held, element));
      return place < 0 ? undefined : place;
    }
    this.#places ??= new Map(this.#elements.map((held, i) => [elementKey(held), i]));
    return this.#places.get(elementKey(element));
  }
}

/** What makes two statements speak of the same thing. */
export function elementKey(element: Element): string {
  if (element.kind === 'COLUMN') {
    const { from, fromField, to, toField, type, subtype } = element;
    return `C\n${from.namespace}\n${from.name}\n${fromField}\n${to.namespace}\n${to.name}\n${toField}\n${type}\n${subtype}`;
  }
  const { kind, from, to } = element;
  return `${kind}\n${from.kind}\n${from.namespace}\n${from.name}\n${to.kind}\n${to.namespace}\n${to.name}`;
}

function isSame(a: Element, b: Element): boolean {
  if (a.kind !== b.kind) return false;
  if (a.from.name !== b.from.name || a.to.name !== b.to.name) return false;
  if (a.from.namespace !== b.from.namespace || a.to.namespace !== b.to.namespace) return false;
  if (a.kind === 'COLUMN' || b.kind === 'COLUMN') {
    return (
      a.kind === 'COLUMN' &&
      b.kind === 'COLUMN' &&
      a.fromField === b.fromField &&
      a.toField === b.toField &&
      a.type === b.type &&
      a.subtype === b.subtype
    );
  }
  return a.from.kind === b.from.kind && a.to.kind === b.to.kind;
}
