/** Uses of datasets that were ever dropped or renamed away: each is a reason to resolve the name anew. */
import type { Element } from '#lineage';
import { type Database, int } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { Key } from '../stamps.ts';
import type { NameResolver } from './name-resolver.ts';
import type { RunRow } from './run-table.ts';

/** Directions whose elements are edges between a dataset and a job. */
const NAMES_DATASETS: ReadonlySet<string> = new Set(['READS', 'WRITES', 'MAY_READ', 'MAY_WRITE']);

export class TrackedUses {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameResolver;
  readonly #tracked: ReadonlySet<number>;

  /** @param tracked the names of which a use matters */
  constructor(db: Database, interned: Interned, names: NameResolver, tracked: ReadonlySet<number>) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#tracked = tracked;
  }

  /** A run's event names what it reads and writes, even where it speaks in a snapshot's timeline alone. */
  useInSnapshot(elements: readonly Element[], run: RunRow, stamp: Key): void {
    for (const { kind, from, to } of elements.filter((element) => element.kind !== 'COLUMN')) {
      if (kind !== 'READS' && kind !== 'WRITES' && kind !== 'MAY_READ' && kind !== 'MAY_WRITE') continue;
      const dataset = from.kind === 'dataset' ? from : to;
      if (dataset.kind !== 'dataset') continue;
      this.#db.write(
        'INSERT INTO snapshot_use(name, run, t, writes) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = min(t, excluded.t), writes = max(writes, excluded.writes)',
        this.#interned.dataset(dataset),
        run.id,
        stamp.t,
        kind === 'WRITES' ? 1 : 0,
      );
    }
  }

  touchEnds(element: Element): void {
    if (element.kind === 'COLUMN') return;
    for (const end of [element.from, element.to]) {
      if (end.kind !== 'dataset') continue;
      const name = this.#interned.asset(end);
      if (this.#tracked.has(name)) this.#names.touch(name);
    }
  }

  /** A run that wrote a tracked dataset is done, or is no more: that is a use of it. */
  touchWrites(run: RunRow): void {
    for (const row of this.#db.all(
      'SELECT DISTINCT eset, direction FROM said JOIN timeline ON timeline.id = said.timeline WHERE run = ?',
      run.id,
    )) {
      if (!NAMES_DATASETS.has(String(row['direction']))) continue;
      for (const element of this.#interned.elements(int(row, 'eset'))) {
        const edge = this.#db.get('SELECT src, dst FROM edge WHERE id = ?', element);
        if (edge === undefined) continue;
        for (const name of [int(edge, 'src'), int(edge, 'dst')]) if (this.#tracked.has(name)) this.#names.touch(name);
      }
    }
    for (const row of this.#db.all('SELECT name FROM snapshot_use WHERE run = ?', run.id)) {
      if (this.#tracked.has(int(row, 'name'))) this.#names.touch(int(row, 'name'));
    }
  }
}
