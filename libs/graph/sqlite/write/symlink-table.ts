/** Symlinks: the last facet of each dataset and source, and the links that follow from it. */
import type { Delta } from '#lineage';
import { type Database, int } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { Key } from '../stamps.ts';
import type { NameResolver } from './name-resolver.ts';

export class SymlinkTable {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameResolver;

  constructor(db: Database, interned: Interned, names: NameResolver) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
  }

  say(delta: Delta, stamp: Key): void {
    for (const { dataset, source, identifiers, deleted } of delta.symlinks) {
      const name = this.#interned.dataset(dataset);
      const sourceId = this.#interned.source(source);
      const held = this.#db.get('SELECT t, k, targets FROM symlink WHERE name = ? AND source = ?', name, sourceId);
      if (held !== undefined && (int(held, 't') > stamp.t || (int(held, 't') === stamp.t && int(held, 'k') > stamp.k)))
        continue;
      const targets = deleted
        ? []
        : identifiers.map((identifier) => this.#interned.dataset(identifier)).sort((a, b) => a - b);
      const text = JSON.stringify([...new Set(targets)]);
      this.#db.write(
        'INSERT INTO symlink(name, source, t, k, targets) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = excluded.t, k = excluded.k, targets = excluded.targets',
        name,
        sourceId,
        stamp.t,
        stamp.k,
        text,
      );
      if (held?.['targets'] === text) continue;
      this.#names.touch(name);
      for (const row of this.#db.all('SELECT target FROM link WHERE name = ? AND source = ?', name, sourceId))
        this.#names.touch(int(row, 'target'));
      this.#db.write('DELETE FROM link WHERE name = ? AND source = ?', name, sourceId);
      for (const target of new Set(targets)) {
        if (target === name) continue;
        this.#db.write('INSERT OR IGNORE INTO link(name, target, source) VALUES (?, ?, ?)', name, target, sourceId);
        this.#names.touch(target);
      }
    }
  }
}
