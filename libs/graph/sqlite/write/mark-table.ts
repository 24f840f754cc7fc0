/**
 * Marks: what lifecycle events said of datasets, each with when it counts. A mark of a run follows the run: it is
 * written at the end of the batch, when the run's START and COMPLETE have both been read.
 */
import type { Delta } from '#lineage';
import { type Database, int } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { Key } from '../stamps.ts';
import type { NameResolver } from './name-resolver.ts';
import type { RunRow } from './run-table.ts';

interface HeldMark {
  readonly name: number;
  readonly run: RunRow | null;
  readonly stamp: Key;
  readonly kind: string;
  readonly target: number;
}

/** Runs of which it is remembered that no mark is stored. */
const MOST_NEW = 50_000;

export class MarkTable {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameResolver;
  /** Datasets that a mark ever dropped or renamed away: a use of theirs matters. */
  readonly #tracked: Set<number>;
  #held = new Map<string, HeldMark>();
  #heldOf = new Map<number, HeldMark[]>();
  #new = new Set<number>();

  constructor(db: Database, interned: Interned, names: NameResolver, tracked: Set<number>) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#tracked = tracked;
  }

  forget(): void {
    this.#held = new Map();
    this.#heldOf = new Map();
    this.#new = new Set();
  }

  /** A run of which no mark can be stored yet. */
  runIsNew(run: RunRow): void {
    this.#new.add(run.id);
  }

  say(delta: Delta, run: RunRow | null, stamp: Key): void {
    for (const { dataset, kind, previous } of delta.marks) {
      const name = this.#interned.dataset(dataset);
      const target = previous === undefined ? 0 : this.#interned.dataset(previous);
      this.#hold({ name, run, stamp, kind, target });
      if (kind === 'DROP') this.#track(name);
      if (target > 0) {
        this.#track(target);
        this.#names.touch(target);
      }
      if (target > 0 || this.#tracked.has(name)) this.#names.touch(name);
    }
    if (delta.kind === 'DATASET') this.#datasetEvent(delta, stamp);
  }

  /** The run is read otherwise than before: so are its marks. */
  runChanged(run: RunRow): void {
    for (const { name, target } of this.#heldOf.get(run.id) ?? []) this.#touch(name, target);
    if (this.#new.has(run.id)) return;
    for (const row of this.#db.all('SELECT name, t, k, kind, target FROM mark WHERE run = ? AND run > 0', run.id)) {
      this.#db.write(
        'UPDATE mark SET at = ? WHERE name = ? AND t = ? AND k = ? AND kind = ? AND target = ?',
        effective(int(row, 't'), run),
        int(row, 'name'),
        int(row, 't'),
        int(row, 'k'),
        String(row['kind']),
        int(row, 'target'),
      );
      this.#touch(int(row, 'name'), int(row, 'target'));
    }
  }

  /** Writes what is held back. */
  flush(): void {
    for (const { name, run, stamp, kind, target } of this.#held.values()) {
      this.#db.write(
        'INSERT OR REPLACE INTO mark(name, run, t, k, kind, target, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        name,
        run?.id ?? 0,
        stamp.t,
        stamp.k,
        kind,
        target,
        run === null ? stamp.t : effective(stamp.t, run),
      );
    }
    for (const run of this.#heldOf.keys()) this.#new.delete(run);
    this.#held = new Map();
    this.#heldOf = new Map();
    if (this.#new.size > MOST_NEW) this.#new = new Set();
  }

  #hold(mark: HeldMark): void {
    const { name, run, stamp, kind, target } = mark;
    this.#held.set(`${name}.${stamp.t}.${stamp.k}.${target}.${kind}`, mark);
    if (run === null) return;
    const held = this.#heldOf.get(run.id);
    if (held === undefined) this.#heldOf.set(run.id, [mark]);
    else held.push(mark);
  }

  /** Only of names that were ever dropped or renamed is a mark a use that matters. */
  #touch(name: number, target: number): void {
    if (target > 0 || this.#tracked.has(name)) this.#names.touch(name);
    if (target > 0) this.#names.touch(target);
  }

  #datasetEvent(delta: Delta, stamp: Key): void {
    const [mention] = delta.mentions;
    if (mention === undefined) return;
    const name = this.#interned.asset(mention.asset);
    const drops = delta.marks.some(({ kind, dataset }) => kind === 'DROP' && this.#interned.dataset(dataset) === name);
    this.#db.write(
      'INSERT OR IGNORE INTO dataset_event(name, t, k, drops) VALUES (?, ?, ?, ?)',
      name,
      stamp.t,
      stamp.k,
      drops ? 1 : 0,
    );
    if (this.#tracked.has(name)) this.#names.touch(name);
  }

  #track(name: number): void {
    if (this.#tracked.has(name)) return;
    this.#tracked.add(name);
    this.#db.write('UPDATE name SET tracked = 1 WHERE id = ?', name);
    this.#names.touch(name);
  }
}

/** When a mark of a run counts: a batch run's from its first COMPLETE, and never if it failed. */
function effective(t: number, run: RunRow): number | null {
  const { status, done } = run.facts;
  if (status === 'LIVE') return t;
  return status === 'DONE' && done !== null ? Math.max(t, done) : null;
}
