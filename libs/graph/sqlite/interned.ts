/** Names, sources, edges, sets of edges, timelines and contents, each known to the other tables by an integer. */
import { createHash } from 'node:crypto';
import type { AssetElement, AssetName, ColumnElement, Direction, Element, Name, TimelineKey } from '#lineage';
import { elementKey, TextMemo } from '#lineage';
import { BoundedMap } from './bounded-map.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull } from './database.ts';
import { NameNumbers } from './name-numbers.ts';
import { REMEMBERED } from './remembered.ts';

export const KIND_OF = { dataset: 0, job: 1 } as const;
export const ASSET_KINDS = ['dataset', 'job'] as const;

/** Scopes of facets by number. */
export const SCOPES = ['dataset', 'job', 'run', 'input', 'output'] as const;

/** Kinds of edges by number. PAIRS are no edges of the graph, but live in the same table. */
export const EDGE_KINDS = ['READS', 'WRITES', 'MAY_READ', 'MAY_WRITE', 'TRIGGERS', 'PARENT', 'FEEDS', 'PAIRS'] as const;
/** Directions in which failed runs claim something, with what it is claimed as. */
const FAILED_DIRECTIONS: ReadonlyMap<Direction, Direction> = new Map([
  ['READS', 'MAY_READ'],
  ['WRITES', 'MAY_WRITE'],
  ['PARENT', 'PARENT'],
  ['TRIGGERS', 'TRIGGERS'],
]);
const EDGE_KIND_OF: ReadonlyMap<string, number> = new Map(EDGE_KINDS.map((kind, i) => [kind, i]));

export interface TimelineRow {
  readonly id: number;
  readonly mode: TimelineKey['mode'];
  readonly owner: number | null;
  readonly direction: Direction;
  readonly columns: boolean;
  /** Of a timeline of failed runs' claims: the one whose versions end them. */
  readonly failedOf: number | null;
}

export type OwnedTimeline = TimelineRow & { readonly owner: number };

export class Interned {
  readonly #db: Database;
  readonly #names = [new NameNumbers(REMEMBERED.names), new NameNumbers(REMEMBERED.names / 2)] as const;
  #lastName: number | null = null;
  readonly #sources = new Map<string, number>();
  /** Statement after statement is alike, and known as a whole: these few are for those that differ a little. */
  readonly #elements = new BoundedMap<string, number>(REMEMBERED.elements);
  readonly #setsByText = new BoundedMap<string, number>(REMEMBERED.timelines);
  readonly #sets = new BoundedMap<number, Uint32Array>(REMEMBERED.setNumbers, (set) => set.length + 16);
  readonly #timelines = new BoundedMap<string, TimelineRow>(REMEMBERED.timelines);
  readonly #timelinesById = new BoundedMap<number, TimelineRow>(REMEMBERED.timelines);
  #contents = new TextMemo<number>(REMEMBERED.contents);
  /** Timelines that have none of failed runs' claims. */
  readonly #unfailed = new BoundedMap<number, true>(REMEMBERED.timelines);
  /** By timeline, of the set that was asked about last. */
  readonly #strays = new BoundedMap<number, { readonly set: number; readonly elements: readonly number[] }>(
    REMEMBERED.timelines,
  );
  /** Timelines made since the last `forget` that nobody asked about yet. */
  readonly #unused = new Set<number>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** After a rollback nothing that was learnt may be trusted. */
  forget(): void {
    for (const names of this.#names) names.clear();
    this.#lastName = null;
    this.#sources.clear();
    this.#elements.clear();
    this.#setsByText.clear();
    this.#sets.clear();
    this.#timelines.clear();
    this.#timelinesById.clear();
    this.#contents = new TextMemo(REMEMBERED.contents);
    this.#unfailed.clear();
    this.#strays.clear();
    this.#unused.clear();
  }

  name(kind: 0 | 1, name: Name): number {
    const names = this.#names[kind];
    const cached = names.get(name);
    if (cached !== undefined) return cached;
    const found = this.#db.get(
      'SELECT id FROM name WHERE kind = ? AND name = ? AND namespace = ?',
      kind,
      name.name,
      name.namespace,
    );
    const id = found === undefined ? this.#newName(kind, name) : int(found, 'id');
    names.set(name, id);
    return id;
  }

  #newName(kind: 0 | 1, { namespace, name }: Name): number {
    const id = (this.#lastName ?? int(this.#db.get('SELECT ifnull(max(id), 0) AS id FROM name') ?? {}, 'id')) + 1;
    this.#db.write(
      'INSERT INTO name(id, kind, namespace, name, root, life) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      kind,
      namespace,
      name,
      id,
      id,
    );
    this.#lastName = id;
    return id;
  }

  asset(asset: AssetName): number {
    return this.name(KIND_OF[asset.kind], asset);
  }

  dataset(name: Name): number {
    return this.name(0, name);
  }

  job(name: Name): number {
    return this.name(1, name);
  }

  source(source: string): number {
    const cached = this.#sources.get(source);
    if (cached !== undefined) return cached;
    const found = this.#db.get('SELECT id FROM source WHERE text = ?', source);
    const id = found === undefined ? this.#db.run('INSERT INTO source(text) VALUES (?)', source) : int(found, 'id');
    this.#sources.set(source, id);
    return id;
  }

  /** The edge's number; `job` is the owner of a column edge (0: none). */
  element(element: Element, job: number): number {
    const key = element.kind === 'COLUMN' ? `${job}\n${elementKey(element)}` : elementKey(element);
    const cached = this.#elements.get(key);
    if (cached !== undefined) return cached;
    const id =
      element.kind === 'COLUMN'
        ? this.#columnEdge(element, job)
        : this.edge(edgeKind(element.kind), this.asset(element.from), this.asset(element.to));
    this.#elements.set(key, id);
    return id;
  }

  edge(kind: number, src: number, dst: number): number {
    const found = this.#db.get('SELECT id FROM edge WHERE src = ? AND kind = ? AND dst = ?', src, kind, dst);
    if (found !== undefined) return int(found, 'id');
    return this.#db.run('INSERT INTO edge(kind, src, dst) VALUES (?, ?, ?)', kind, src, dst);
  }

  /** What an edge is where failed runs alone say so: the MAY_ edge beside READS or WRITES; others are what they are. */
  failedEdge(id: number): number {
    const row = this.#db.get('SELECT kind, src, dst FROM edge WHERE id = ?', id);
    if (row === undefined) throw new Error(`edge ${id} is not in the store`);
    const kind = EDGE_KINDS[int(row, 'kind')];
    const may = kind === 'READS' ? 'MAY_READ' : kind === 'WRITES' ? 'MAY_WRITE' : null;
    return may === null ? id : this.edge(edgeKind(may), int(row, 'src'), int(row, 'dst'));
  }

  #columnEdge(e: ColumnElement, job: number): number {
    const src = this.dataset(e.from);
    const dst = this.dataset(e.to);
    const found = this.#db.get(
      'SELECT id FROM column_edge WHERE dst = ? AND dst_field = ? AND src = ? AND src_field = ? AND type = ? AND subtype = ? AND job = ?',
      dst,
      e.toField,
      src,
      e.fromField,
      e.type,
      e.subtype,
      job,
    );
    if (found !== undefined) return int(found, 'id');
    return this.#db.run(
      'INSERT INTO column_edge(job, src, src_field, dst, dst_field, type, subtype) VALUES (?, ?, ?, ?, ?, ?, ?)',
      job,
      src,
      e.fromField,
      dst,
      e.toField,
      e.type,
      e.subtype,
    );
  }

  /** Interns a set of element numbers, in any order, with repeats allowed. */
  set(elements: readonly number[]): number {
    const sorted = Uint32Array.from(new Set(elements)).sort();
    const key = sorted.join(' ');
    const cached = this.#setsByText.get(key);
    if (cached !== undefined) return cached;
    const bytes = new Uint8Array(sorted.buffer);
    const k = digest48(bytes);
    let id: number | undefined;
    for (const row of this.#db.all('SELECT id, elements FROM eset WHERE k = ?', k)) {
      if (equalBytes(blob(row, 'elements'), bytes)) id = int(row, 'id');
    }
    id ??= this.#db.run('INSERT INTO eset(k, elements) VALUES (?, ?)', k, bytes);
    this.#setsByText.set(key, id);
    this.#sets.set(id, sorted);
    return id;
  }

  /** Ascending. */
  elements(set: number): Uint32Array {
    const cached = this.#sets.get(set);
    if (cached !== undefined) return cached;
    const row = this.#db.get('SELECT elements FROM eset WHERE id = ?', set);
    if (row === undefined) throw new Error(`set ${set} is not in the store`);
    const bytes = blob(row, 'elements');
    const elements = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    this.#sets.set(set, elements);
    return elements;
  }

  has(set: number, element: number): boolean {
    const elements = this.elements(set);
    let low = 0;
    let high = elements.length - 1;
    while (low <= high) {
      const mid = (low + high) >> 1;
      const value = elements[mid] ?? 0;
      if (value === element) return true;
      if (value < element) low = mid + 1;
      else high = mid - 1;
    }
    return false;
  }

  /** Elements of a set that are no edges of the timeline's owner: an event may speak of another job. Few do. */
  strays({ id, owner, columns }: OwnedTimeline, set: number): readonly number[] {
    const held = this.#strays.get(id);
    if (held?.set === set) return held.elements;
    const rows = this.#db.all(
      columns
        ? 'SELECT e.id FROM json_each(?1) j CROSS JOIN column_edge e ON e.id = j.value WHERE e.job <> ?2'
        : 'SELECT e.id FROM json_each(?1) j CROSS JOIN edge e ON e.id = j.value WHERE e.src <> ?2 AND e.dst <> ?2',
      JSON.stringify([...this.elements(set)]),
      owner,
    );
    const elements = rows.map((row) => int(row, 'id'));
    this.#strays.set(id, { set, elements });
    return elements;
  }

  timeline(key: TimelineKey): TimelineRow {
    const { mode, owner, source, direction, output, scope } = key;
    const ownerId = owner === null ? null : this.asset(owner);
    const outputId = output === undefined ? null : this.dataset(output);
    const sourceId = this.source(source);
    const text = `${mode}${direction}.${ownerId}.${sourceId}.${outputId}.${scope ?? ''}`;
    const cached = this.#timelines.get(text);
    if (cached !== undefined) return cached;
    // A direction that is bound plain could be that of the partial index: SQLite would prepare the statement anew each time.
    const found = this.#db.get(
      "SELECT id FROM timeline WHERE owner IS ? AND mode = ? AND source = ? AND direction || '' = ? AND output IS ? AND scope IS ? AND failed_of IS NULL",
      ownerId,
      mode,
      sourceId,
      direction,
      outputId,
      scope ?? null,
    );
    const row =
      found === undefined
        ? this.#newTimeline({ mode, owner: ownerId, direction, failedOf: null }, sourceId, outputId, scope ?? null)
        : this.timelineById(int(found, 'id'));
    this.#timelines.set(text, row);
    return row;
  }

  #newTimeline(
    of: Pick<TimelineRow, 'mode' | 'owner' | 'direction' | 'failedOf'>,
    source: number,
    output: number | null,
    scope: string | null,
  ): TimelineRow {
    const id = this.#db.run(
      'INSERT INTO timeline(mode, owner, source, direction, output, scope, failed_of) VALUES (?, ?, ?, ?, ?, ?, ?)',
      of.mode,
      of.owner,
      source,
      of.direction,
      output,
      scope,
      of.failedOf,
    );
    const made: TimelineRow = { id, ...of, columns: isOfColumns(of.direction) };
    this.#timelinesById.set(id, made);
    this.#unused.add(id);
    this.#unfailed.set(id, true);
    return made;
  }

  /** Whether nothing can be stored of a timeline: it was made just now. Said once: whoever asks is about to store. */
  takeUnused(timeline: number): boolean {
    return this.#unused.delete(timeline);
  }

  timelineById(id: number): TimelineRow {
    const cached = this.#timelinesById.get(id);
    if (cached !== undefined) return cached;
    const row = this.#db.get('SELECT * FROM timeline WHERE id = ?', id);
    if (row === undefined) throw new Error(`timeline ${id} is not in the store`);
    const direction = text(row, 'direction') as Direction;
    const made: TimelineRow = {
      id,
      mode: text(row, 'mode') as TimelineKey['mode'],
      owner: intOrNull(row, 'owner'),
      direction,
      columns: isOfColumns(direction),
      failedOf: intOrNull(row, 'failed_of'),
    };
    this.#timelinesById.set(id, made);
    return made;
  }

  /**
   * Where the claims of failed runs of a timeline live; made when `make`. null: there is none, as in every timeline but
   * those of READS and WRITES (what a failed run said may be so), and of PARENT and TRIGGERS (who ran it is so).
   */
  failedTimeline(of: TimelineRow, make: boolean): TimelineRow | null {
    if (of.mode !== 'RUN' || !FAILED_DIRECTIONS.has(of.direction)) return null;
    const key = `failed\n${of.id}`;
    const cached = this.#timelines.get(key);
    if (cached !== undefined) return cached;
    if (!make && this.#unfailed.get(of.id) === true) return null;
    const found = this.#db.get('SELECT id FROM timeline WHERE owner IS ? AND failed_of = ?', of.owner, of.id);
    if (found === undefined && !make) {
      this.#unfailed.set(of.id, true);
      return null;
    }
    const row = found === undefined ? this.#newFailedTimeline(of) : this.timelineById(int(found, 'id'));
    this.#timelines.set(key, row);
    return row;
  }

  #newFailedTimeline({ id, owner, direction }: TimelineRow): TimelineRow {
    const source = int(this.#db.get('SELECT source FROM timeline WHERE id = ?', id) ?? {}, 'source');
    this.#unfailed.delete(id);
    const failed = FAILED_DIRECTIONS.get(direction) ?? direction;
    return this.#newTimeline({ mode: 'RUN', owner, direction: failed, failedOf: id }, source, null, null);
  }

  /** null is a content of its own: deleted. */
  content(content: string | null): number {
    const key = content ?? '\u0000';
    const cached = this.#contents.get(key);
    if (cached !== undefined) return cached;
    const k = digest48(Buffer.from(key));
    let id: number | undefined;
    for (const row of this.#db.all('SELECT id, text FROM content WHERE k = ?', k)) {
      if (textOrNull(row, 'text') === content) id = int(row, 'id');
    }
    id ??= this.#db.run('INSERT INTO content(k, text) VALUES (?, ?)', k, content);
    this.#contents.set(key, id);
    return id;
  }
}

function isOfColumns(direction: Direction): boolean {
  return direction === 'COLUMNS' || direction === 'PAIR_COLUMNS';
}

export function edgeKind(kind: AssetElement['kind']): number {
  const number = EDGE_KIND_OF.get(kind);
  if (number === undefined) throw new Error(`no edge is of kind ${kind}`);
  return number;
}

export function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} holds no bytes`);
  return value;
}

function digest48(bytes: Uint8Array): number {
  return createHash('sha256').update(bytes).digest().readUIntBE(0, 6);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
