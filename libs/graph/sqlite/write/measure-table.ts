/** What events measured of datasets: row, byte and file counts, and checks of quality. The last of a run counts. */
import type { Delta } from '#lineage';
import type { Database } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { Key } from '../stamps.ts';
import type { RunRow } from './run-table.ts';

export class MeasureTable {
  readonly #db: Database;
  readonly #interned: Interned;

  constructor(db: Database, interned: Interned) {
    this.#db = db;
    this.#interned = interned;
  }

  say(delta: Delta, run: RunRow | null, stamp: Key): void {
    const owner = run?.id ?? -stamp.k;
    for (const { dataset, rows, bytes, files } of delta.statistics) {
      this.#db.write(
        `INSERT INTO statistics(name, run, t, k, rows, bytes, files) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET t = excluded.t, k = excluded.k, rows = excluded.rows, bytes = excluded.bytes, files = excluded.files WHERE (excluded.t, excluded.k) >= (t, k)`,
        this.#interned.dataset(dataset),
        owner,
        stamp.t,
        stamp.k,
        rows ?? null,
        bytes ?? null,
        files ?? null,
      );
    }
    for (const { dataset, assertion, field, passed } of delta.quality) {
      this.#db.write(
        `INSERT INTO quality(name, run, assertion, field, t, k, passed) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET t = excluded.t, k = excluded.k, passed = excluded.passed WHERE (excluded.t, excluded.k) >= (t, k)`,
        this.#interned.dataset(dataset),
        owner,
        assertion,
        field ?? '',
        stamp.t,
        stamp.k,
        passed ? 1 : 0,
      );
    }
  }
}
