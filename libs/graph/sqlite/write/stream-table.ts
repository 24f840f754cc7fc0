/**
 * Contents with versions: schemas, SQL, code locations. Each statement counts from an effective time (a batch run's from
 * its first COMPLETE, never if it failed); in that order, a version begins where the content differs from the one before.
 */

import type { StreamStatement } from '#lineage';
import { BoundedMap } from '../bounded-map.ts';
import { type Database, int, type Row, text, textOrNull } from '../database.ts';
import type { Interned } from '../interned.ts';
import { REMEMBERED } from '../remembered.ts';
import type { Key } from '../stamps.ts';
import type { RunFacts, RunRow } from './run-table.ts';
import { type Saying, SayingRows } from './saying-rows.ts';

interface Point extends Key {
  readonly at: number;
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

interface KnownStream {
  readonly id: number;
  readonly kind: string;
  readonly source: number;
  readonly role: string | null;
  readonly reader: number | null;
}

interface StreamInfo {
  readonly name: number;
  readonly kind: string;
  readonly role: string | null;
}

/** The streams that tell a name's schema. */
interface Tellers {
  /** Of jobs that write it, and of DatasetEvents. */
  readonly writers: readonly number[];
  readonly readers: number;
}

export class StreamTable {
  readonly #db: Database;
  readonly #interned: Interned;
  /** By name and reader: numbers of both are far from 2^26. */
  readonly #streams = new BoundedMap<number, KnownStream[]>(REMEMBERED.streams);
  /** The last point of each stream: what comes after it needs no look at the others. */
  readonly #heads = new BoundedMap<number, Point & { readonly content: number }>(REMEMBERED.streams);
  readonly #said: SayingRows;
  #changes: VersionChange[] = [];
  #saidNames = new Set<number>();
  #changedNames = new Set<number>();
  readonly #infos = new BoundedMap<number, StreamInfo>(REMEMBERED.streams);
  readonly #tellers = new BoundedMap<number, Tellers>(REMEMBERED.streams);

  constructor(db: Database, interned: Interned) {
    this.#db = db;
    this.#interned = interned;
    this.#said = new SayingRows(db, { name: 'stream_said', of: 'stream', what: 'content', hasHow: false });
  }

  /** Writes what is held back. */
  flush(): void {
    this.#said.flush();
  }

  runIsNew(run: RunRow): void {
    this.#said.isNew(run.id);
  }

  forget(): void {
    this.#said.forget();
    this.#heads.clear();
    this.#streams.clear();
    this.#changes = [];
    this.#saidNames = new Set();
    this.#changedNames = new Set();
    this.#infos.clear();
    this.#tellers.clear();
  }

  /** Versions that began since the last call. */
  takeChanges(): VersionChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  /** Names of which a schema was said since the last call, and those of them whose shown schema may be another now. */
  takeTouched(): { readonly said: ReadonlySet<number>; readonly changed: ReadonlySet<number> } {
    const taken = { said: this.#saidNames, changed: this.#changedNames };
    this.#saidNames = new Set();
    this.#changedNames = new Set();
    return taken;
  }

  /** @param run null: a JobEvent or DatasetEvent */
  say(statement: StreamStatement, run: RunRow | null, factsBefore: RunFacts | null, stamp: Key): void {
    const stream = this.#stream(statement);
    const content = this.#interned.content(statement.content);
    const { before, after } = this.#said.say(run?.id ?? 0, stream, content, stamp, 0);
    if (before === after) return;
    // Before this event the run was read by its facts of then.
    const then = run === null ? null : (factsBefore ?? run.facts);
    this.#move(stream, content, before === null ? [] : points(before, then), points(after, run?.facts ?? null));
  }

  /** The run is read otherwise than before: its statements move. */
  runChanged(run: RunRow, before: RunFacts): void {
    for (const said of this.#said.of(run.id))
      this.#move(said.of, said.what, points(said, before), points(said, run.facts));
  }

  #move(stream: number, content: number, from: readonly Point[], to: readonly Point[]): void {
    const headBefore = this.#head(stream);
    const gone = from.filter((p) => !to.some((q) => samePoint(p, q)));
    const come = to.filter((p) => !from.some((q) => samePoint(p, q)));
    if (gone.length > 0) this.#heads.delete(stream);
    for (const p of gone) {
      this.#db.write(
        'DELETE FROM stream_point WHERE stream = ? AND at = ? AND t = ? AND k = ? AND content = ?',
        stream,
        p.at,
        p.t,
        p.k,
        content,
      );
      this.#mark(stream, p.at);
    }
    for (const p of come) {
      if (this.#append(stream, p, content)) continue;
      this.#db.write(
        'INSERT OR IGNORE INTO stream_point(stream, at, t, k, content, begins) VALUES (?, ?, ?, ?, ?, 0)',
        stream,
        p.at,
        p.t,
        p.k,
        content,
      );
      this.#mark(stream, p.at);
    }
    this.#noteSaid(stream, headBefore);
  }

  /** The shown schema may change where a stream's last content does, or where several tellers take turns. */
  #noteSaid(stream: number, before: { readonly content: number } | null): void {
    const info = this.#info(stream);
    if (info.kind !== 'schema') return;
    this.#saidNames.add(info.name);
    const { writers, readers } = this.#tellersOf(info.name);
    const isReader = info.role === 'READER';
    // What a reader tells isn't shown beside what a writer told.
    if (isReader && writers.some((writer) => this.#tellsSchema(writer))) return;
    const inTurns = isReader ? readers > 1 : writers.length > 1;
    const after = this.#head(stream);
    if (before === null || after === null || before.content !== after.content || inTurns)
      this.#changedNames.add(info.name);
  }

  #tellsSchema(stream: number): boolean {
    const head = this.#head(stream);
    return head !== null && head.content !== this.#interned.content(null);
  }

  #info(stream: number): StreamInfo {
    const held = this.#infos.get(stream);
    if (held !== undefined) return held;
    const row = this.#db.get('SELECT name, kind, role FROM stream WHERE id = ?', stream) ?? {};
    const made: StreamInfo = { name: int(row, 'name'), kind: text(row, 'kind'), role: textOrNull(row, 'role') };
    this.#infos.set(stream, made);
    return made;
  }

  #tellersOf(name: number): Tellers {
    const held = this.#tellers.get(name);
    if (held !== undefined) return held;
    const streams = this.#db.all("SELECT id, role FROM stream WHERE name = ? AND kind = 'schema'", name);
    const writers = streams.filter((row) => row['role'] !== 'READER').map((row) => int(row, 'id'));
    const made = { writers, readers: streams.length - writers.length };
    this.#tellers.set(name, made);
    return made;
  }

  /** A point after all others: whether it begins a version is told by the last one alone. @returns false: it isn't */
  #append(stream: number, p: Point, content: number): boolean {
    const head = this.#head(stream);
    if (head !== null && head.at === p.at && head.t === p.t && head.k === p.k && head.content === content) return true;
    if (head !== null && p.at <= head.at) {
      this.#heads.delete(stream);
      return false;
    }
    const before = head?.content ?? this.#interned.content(null);
    const begins = content !== before;
    this.#db.write(
      'INSERT OR IGNORE INTO stream_point(stream, at, t, k, content, begins) VALUES (?, ?, ?, ?, ?, ?)',
      stream,
      p.at,
      p.t,
      p.k,
      content,
      begins ? 1 : 0,
    );
    this.#heads.set(stream, { ...p, content });
    if (begins) this.#changes.push({ stream, name: this.#nameOf(stream), at: p.at, content, before, current: true });
    return true;
  }

  #head(stream: number): (Point & { readonly content: number }) | null {
    const held = this.#heads.get(stream);
    if (held !== undefined) return held;
    const row = this.#db.get(
      'SELECT at, t, k, content FROM stream_point WHERE stream = ? ORDER BY at DESC, t DESC, k DESC LIMIT 1',
      stream,
    );
    if (row === undefined) return null;
    const head = { at: int(row, 'at'), t: int(row, 't'), k: int(row, 'k'), content: int(row, 'content') };
    this.#heads.set(stream, head);
    return head;
  }

  #nameOf(stream: number): number {
    return this.#info(stream).name;
  }

  /** Says anew whether a version begins at `at`, and at the next time that has a statement. */
  #mark(stream: number, at: number): void {
    const group = this.#db.all(
      'SELECT * FROM stream_point WHERE stream = ? AND at = ? ORDER BY t DESC, k DESC',
      stream,
      at,
    );
    const previous = this.#db.get(
      'SELECT content FROM stream_point WHERE stream = ? AND at < ? ORDER BY at DESC, t DESC, k DESC LIMIT 1',
      stream,
      at,
    );
    const next = this.#db.get('SELECT * FROM stream_point WHERE stream = ? AND at > ? ORDER BY at LIMIT 1', stream, at);
    // A stream that begins with a deletion says nothing new.
    const nothing = this.#interned.content(null);
    const before = previous === undefined ? nothing : int(previous, 'content');
    const last = group[0];
    for (const row of group)
      this.#setBegins(row, row === last && int(row, 'content') !== before, before, next === undefined);
    if (next === undefined) return;
    const here = last === undefined ? before : int(last, 'content');
    const nextGroup = this.#db.all(
      'SELECT * FROM stream_point WHERE stream = ? AND at = ? ORDER BY t DESC, k DESC',
      stream,
      int(next, 'at'),
    );
    for (const row of nextGroup)
      this.#setBegins(row, row === nextGroup[0] && int(row, 'content') !== here, here, false);
  }

  #setBegins(row: Row, begins: boolean, before: number, current: boolean): void {
    if ((int(row, 'begins') === 1) === begins) return;
    this.#db.write(
      'UPDATE stream_point SET begins = ? WHERE stream = ? AND at = ? AND t = ? AND k = ? AND content = ?',
      begins ? 1 : 0,
      int(row, 'stream'),
      int(row, 'at'),
      int(row, 't'),
      int(row, 'k'),
      int(row, 'content'),
    );
    if (begins)
      this.#changes.push({
        stream: int(row, 'stream'),
        name: this.#nameOf(int(row, 'stream')),
        at: int(row, 'at'),
        content: int(row, 'content'),
        before,
        current,
      });
  }

  #stream(s: StreamStatement): number {
    const name = this.#interned.asset(s.asset);
    const source = this.#interned.source(s.source);
    const reader = s.reader === undefined ? null : this.#interned.job(s.reader);
    const key = name * 2 ** 26 + (reader ?? 0);
    const known = this.#streams.get(key) ?? [];
    for (const each of known) {
      if (each.kind === s.kind && each.source === source && each.role === s.role && each.reader === reader)
        return each.id;
    }
    const found = this.#db.get(
      'SELECT id FROM stream WHERE name = ? AND kind = ? AND source = ? AND role IS ? AND reader IS ?',
      name,
      s.kind,
      source,
      s.role,
      reader,
    );
    const id =
      found === undefined
        ? this.#db.run(
            'INSERT INTO stream(name, kind, source, role, reader) VALUES (?, ?, ?, ?, ?)',
            name,
            s.kind,
            source,
            s.role,
            reader,
          )
        : int(found, 'id');
    if (found === undefined) this.#tellers.delete(name);
    this.#streams.set(key, [...known, { id, kind: s.kind, source, role: s.role, reader }]);
    return id;
  }
}

/** When the first and the last of equal statements count; of equal times only the last is of use. */
function points(said: Saying, facts: RunFacts | null): Point[] {
  const at = (t: number): number | null => {
    if (facts === null || facts.status === 'LIVE') return t;
    return facts.status === 'DONE' && facts.done !== null ? Math.max(t, facts.done) : null;
  };
  const first = at(said.first.t);
  const last = at(said.last.t);
  if (first === null || last === null) return [];
  if (first === last) return [{ ...said.last, at: last }];
  return [
    { ...said.first, at: first },
    { ...said.last, at: last },
  ];
}

function samePoint(a: Point, b: Point): boolean {
  return a.at === b.at && a.t === b.t && a.k === b.k;
}
