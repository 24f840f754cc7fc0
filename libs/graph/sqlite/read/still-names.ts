import type { AssetKind, Span } from '#lineage';
import { NameBook, type NameRow } from './name-book.ts';

/**
 * Names of a state that doesn't change while they are read: each is looked up once. For the lines of one step, in which
 * most hang on the same few names.
 */
export class StillNames extends NameBook {
  readonly #rows = new Map<number, NameRow | null>();
  readonly #members = new Map<number, number[]>();
  readonly #dead = new Map<number, Span[]>();
  readonly #found = new Map<string, NameRow | null>();

  override get(id: number): NameRow | null {
    return held(this.#rows, id, () => super.get(id));
  }

  override node(id: number): NameRow {
    const name = this.byId(id);
    return name.root === id ? name : this.byId(name.root);
  }

  override members(root: number): number[] {
    return held(this.#members, root, () => super.members(root));
  }

  override deadOf(name: number): Span[] {
    return held(this.#dead, name, () => super.deadOf(name));
  }

  override find(kind: AssetKind, namespace: string, name: string): NameRow | null {
    return held(this.#found, `${kind}\n${namespace}\n${name}`, () => super.find(kind, namespace, name));
  }
}

function held<Key, Value>(known: Map<Key, Value>, key: Key, look: () => Value): Value {
  const value = known.get(key);
  if (value !== undefined) return value;
  const found = look();
  known.set(key, found);
  return found;
}
