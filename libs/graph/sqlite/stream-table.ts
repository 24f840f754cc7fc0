/**
 * Contents with versions: schemas, SQL, code locations. Each statement counts from an effective time (a batch run's from
 * its first COMPLETE, never if it failed); in that order, a version begins where the content differs from the one before.
 */
import type { StreamStatement } from '#lineage';
import { type Database, int, type Row } from './database.ts';
import type { Interned } from './interned.ts';
import { Lru } from './lru.ts';
import type { RunFacts, RunRow } from './run-table.ts';
import { compareKeys, hourOf, type Key } from './stamps.ts';

interface Point extends Key {
  readonly at: number;
}

interface SaidRow {
  readonly first: Key;
  readonly last: Key;
}

export interface VersionChange {
  readonly stream: number;
  /** The name whose stream it is. */
  readonly name: number;
  readonly at: number;
  readonly content: number;
  /** The content before; that of a deletion where there was none. */
  readonly before: number;
  /** The version is the stream's last: what is shown. */
  readonly current: boolean;
}

export class StreamTable {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #streams = new Lru<string, number>(50_000);
  #changes: VersionChange[] = [];

  constructor(db: Database, interned: Interned) {
    this.#db = db;
    this.#interned = interned;
  }

  forget(): void {
    this.#streams.clear();
    this.#changes = [];
  }

  /** Versions that began since the last call. */
  takeChanges(): VersionChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  /** @param run null: a JobEvent or DatasetEvent */
  say(statement: StreamStatement, run: RunRow | null, factsBefore: RunFacts | null, stamp: Key): void {
    const stream = this.#stream(statement);
    const content = this.#interned.content(statement.content);
    const runId = run?.id ?? 0;
    const hour = hourOf(stamp.t);
    const held = this.#said(runId, stream, hour, content);
    const next: SaidRow =
      held === null
        ? { first: stamp, last: stamp }
        : { first: compareKeys(stamp, held.first) < 0 ? stamp : held.first, last: compareKeys(stamp, held.last) > 0 ? stamp : held.last };
    if (held !== null && held.first === next.first && held.last === next.last) return;
    this.#db.run(
      'INSERT INTO stream_said(run, stream, hour, content, first_t, first_k, last_t, last_k) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET first_t = excluded.first_t, first_k = excluded.first_k, last_t = excluded.last_t, last_k = excluded.last_k',
      runId, stream, hour, content, next.first.t, next.first.k, next.last.t, next.last.k,
    );
    // Before this event the run was read by its facts of then.
    const before = run === null ? null : (factsBefore ?? run.facts);
    this.#move(stream, content, held === null ? [] : points(held, before), points(next, run?.facts ?? null));
  }

  /** The run is read otherwise than before: its statements move. */
  runChanged(run: RunRow, before: RunFacts): void {
    for (const row of this.#db.all('SELECT * FROM stream_said WHERE run = ?', run.id)) {
      const said = saidOf(row);
      this.#move(int(row, 'stream'), int(row, 'content'), points(said, before), points(said, run.facts));
    }
  }

  #said(run: number, stream: number, hour: number, content: number): SaidRow | null {
    const row = this.#db.get('SELECT * FROM stream_said WHERE run = ? AND stream = ? AND hour = ? AND content = ?', run, stream, hour, content);
    return row === undefined ? null : saidOf(row);
  }

  #move(stream: number, content: number, from: readonly Point[], to: readonly Point[]): void {
    const gone = from.filter((p) => !to.some((q) => samePoint(p, q)));
    const come = to.filter((p) => !from.some((q) => samePoint(p, q)));
    for (const p of gone) {
      this.#db.run('DELETE FROM stream_point WHERE stream = ? AND at = ? AND t = ? AND k = ? AND content = ?', stream, p.at, p.t, p.k, content);
      this.#mark(stream, p.at);
    }
    for (const p of come) {
      this.#db.run('INSERT OR IGNORE INTO stream_point(stream, at, t, k, content, begins) VALUES (?, ?, ?, ?, ?, 0)', stream, p.at, p.t, p.k, content);
      this.#mark(stream, p.at);
    }
  }

  /** Says anew whether a version begins at `at`, and at the next time that has a statement. */
  #mark(stream: number, at: number): void {
    const group = this.#db.all('SELECT * FROM stream_point WHERE stream = ? AND at = ? ORDER BY t DESC, k DESC', stream, at);
    const previous = this.#db.get('SELECT content FROM stream_point WHERE stream = ? AND at < ? ORDER BY at DESC, t DESC, k DESC LIMIT 1', stream, at);
    const next = this.#db.get('SELECT * FROM stream_point WHERE stream = ? AND at > ? ORDER BY at LIMIT 1', stream, at);
    // A stream that begins with a deletion says nothing new.
    const nothing = this.#interned.content(null);
    const before = previous === undefined ? nothing : int(previous, 'content');
    const last = group[0];
    for (const row of group) this.#setBegins(row, row === last && int(row, 'content') !== before, before, next === undefined);
    if (next === undefined) return;
    const here = last === undefined ? before : int(last, 'content');
    const nextGroup = this.#db.all('SELECT * FROM stream_point WHERE stream = ? AND at = ? ORDER BY t DESC, k DESC', stream, int(next, 'at'));
    for (const row of nextGroup) this.#setBegins(row, row === nextGroup[0] && int(row, 'content') !== here, here, false);
  }

  #setBegins(row: Row, begins: boolean, before: number, current: boolean): void {
    if ((int(row, 'begins') === 1) === begins) return;
    this.#db.run(
      'UPDATE stream_point SET begins = ? WHERE stream = ? AND at = ? AND t = ? AND k = ? AND content = ?',
      begins ? 1 : 0, int(row, 'stream'), int(row, 'at'), int(row, 't'), int(row, 'k'), int(row, 'content'),
    );
    if (begins) this.#changes.push({ stream: int(row, 'stream'), name: int(this.#db.get('SELECT name FROM stream WHERE id = ?', int(row, 'stream')) ?? {}, 'name'), at: int(row, 'at'), content: int(row, 'content'), before, current });
  }

  #stream(s: StreamStatement): number {
    const name = this.#interned.asset(s.asset);
    const source = this.#interned.source(s.source);
    const reader = s.reader === undefined ? null : this.#interned.job(s.reader);
    const key = `${name} ${s.kind} ${source} ${s.role ?? ''} ${reader ?? ''}`;
    const cached = this.#streams.get(key);
    if (cached !== undefined) return cached;
    const found = this.#db.get(
      'SELECT id FROM stream WHERE name = ? AND kind = ? AND source = ? AND role IS ? AND reader IS ?',
      name, s.kind, source, s.role, reader,
    );
    const id =
      found === undefined
        ? this.#db.run('INSERT INTO stream(name, kind, source, role, reader) VALUES (?, ?, ?, ?, ?)', name, s.kind, source, s.role, reader)
        : int(found, 'id');
    this.#streams.set(key, id);
    return id;
  }
}

/** When the first and the last of equal statements count; of equal times only the last is of use. */
function points(said: SaidRow, facts: RunFacts | null): Point[] {
  const at = (t: number): number | null => {
    if (facts === null || facts.status === 'LIVE') return t;
    return facts.status === 'DONE' && facts.done !== null ? Math.max(t, facts.done) : null;
  };
  const first = at(said.first.t);
  const last = at(said.last.t);
  if (first === null || last === null) return [];
  if (first === last) return [{ ...said.last, at: last }];
  return [{ ...said.first, at: first }, { ...said.last, at: last }];
}

function samePoint(a: Point, b: Point): boolean {
  return a.at === b.at && a.t === b.t && a.k === b.k;
}

function saidOf(row: Row): SaidRow {
  return { first: { t: int(row, 'first_t'), k: int(row, 'first_k') }, last: { t: int(row, 'last_t'), k: int(row, 'last_k') } };
}
