/** Ids of datasets that the settings say are one: the first of each group names the node. */
import { canonicalDataset, parseNodeId } from '#lineage';
import { type Database, int } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { NameResolver } from './name-resolver.ts';

export class BadAlias extends Error {
  override readonly name = 'BadAlias';
}

export class ConfiguredAliases {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameResolver;

  constructor(db: Database, interned: Interned, names: NameResolver) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
  }

  /**
   * Replaces what was configured before.
   * @throws BadAlias for an id that is no dataset's
   */
  configure(groups: readonly (readonly string[])[]): void {
    const wanted = new Map<string, [number, number]>();
    for (const [first, ...others] of groups) {
      if (first === undefined) continue;
      const name = this.#nameOf(first);
      for (const other of others) {
        const target = this.#nameOf(other);
        if (target !== name) wanted.set(`${name}.${target}`, [name, target]);
      }
    }
    for (const row of this.#db.all('SELECT name, target FROM configured_alias')) {
      const [name, target] = [int(row, 'name'), int(row, 'target')];
      if (wanted.delete(`${name}.${target}`)) continue;
      this.#db.write('DELETE FROM configured_alias WHERE name = ? AND target = ?', name, target);
      this.#names.touch(name);
      this.#names.touch(target);
    }
    for (const [name, target] of wanted.values()) {
      this.#db.write('INSERT INTO configured_alias(name, target) VALUES (?, ?)', name, target);
      this.#names.touch(name);
    }
  }

  #nameOf(id: string): number {
    const [ref] = parseNodeId(id);
    if (ref?.kind !== 'dataset') {
      throw new BadAlias(`alias ${id}: only ids of datasets can be one: write dataset:NAMESPACE:NAME`);
    }
    return this.#interned.dataset(canonicalDataset(ref));
  }
}
