/**
 * Rows that many events of one batch touch (a node's last seen, a facet that says the same again) are joined in memory
 * and written once, when the batch ends.
 */

import { BoundedMap } from '../bounded-map.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../database.ts';
import { REMEMBERED } from '../remembered.ts';
import { compareKeys, type Key } from '../stamps.ts';

interface HeldFacet extends Key {
  readonly owner: number;
  readonly scope: number;
  readonly facet: string;
  readonly source: number;
  readonly producer: string;
  readonly schemaURL: string | null;
  readonly value: string | null;
}

type Told = Pick<HeldFacet, 't' | 'k' | 'producer' | 'schemaURL' | 'value'> & { readonly rowid: number };

interface Seen {
  readonly first: number;
  readonly last: number;
}

interface Activity {
  readonly job: number;
  readonly hour: number;
  n: number;
  readonly beats: number[];
}

/** By owner and name: the few of other scopes and sources stand side by side. */
type FacetsByOwner = Map<number, Map<string, HeldFacet[]>>;

/** A facet of one name, as it was last said; `before` is the value that was held, null where nothing was served. */
export interface WrittenFacet {
  readonly facet: HeldFacet;
  readonly before: string | null;
}

export class WriteBehind {
  readonly #db: Database;
  #seen = new Map<number, { first: number; last: number }>();
  /** When names were seen first and last, as stored. */
  readonly #seenBefore = new BoundedMap<number, Seen>(REMEMBERED.names);
  #facets: FacetsByOwner = new Map();
  #runFacets: FacetsByOwner = new Map();
  /** What the store holds of facets told lately: most are told again as they were. */
  readonly #known = new BoundedMap<string, Told>(REMEMBERED.facets, ({ value }) => 200 + (value?.length ?? 0));
  #activity = new Map<string, Activity>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** After a rollback nothing that was held may be trusted. */
  forget(): void {
    this.#begin();
    this.#known.clear();
    this.#seenBefore.clear();
  }

  /**
   * What a batch gathers goes into maps of its own, here and in what else is written at a batch's end. A Map that is
   * emptied keeps a way from its old table, contents and all, to its new one: once one of them is old, the collector takes
   * those of all later batches for alive, and copies them.
   */
  #begin(): void {
    this.#seen = new Map();
    this.#facets = new Map();
    this.#runFacets = new Map();
    this.#activity = new Map();
  }

  seen(name: number, t: number): void {
    const held = this.#seen.get(name);
    if (held === undefined) this.#seen.set(name, { first: t, last: t });
    else {
      held.first = Math.min(held.first, t);
      held.last = Math.max(held.last, t);
    }
  }

  facet(facet: HeldFacet): void {
    join(this.#facets, facet);
  }

  runFacet(facet: HeldFacet): void {
    join(this.#runFacets, facet);
  }

  /** One event of a job in an hour. `beat`: the key of a heartbeat, which has no row of its own to be known again by. */
  active(job: number, hour: number, beat: number | null): void {
    const key = `${job}.${hour}`;
    let held = this.#activity.get(key);
    if (held === undefined) {
      held = { job, hour, n: 0, beats: [] };
      this.#activity.set(key, held);
    }
    held.n += 1;
    if (beat !== null) held.beats.push(beat);
  }

  /** Whether a heartbeat was counted before. */
  hasBeat(job: number, hour: number, beat: number): boolean {
    if (this.#activity.get(`${job}.${hour}`)?.beats.includes(beat) === true) return true;
    return beatsIn(this.#db.get('SELECT beats FROM activity WHERE job = ? AND hour = ?', job, hour)).includes(beat);
  }

  /**
   * @param onWritten told of each facet that is not older than what was held, be it the same
   * @returns names that are mentioned for the first time
   */
  flush(onWritten: (written: WrittenFacet) => void): number[] {
    const added: number[] = [];
    for (const [name, seen] of this.#seen) if (this.#writeSeen(name, seen)) added.push(name);
    for (const facet of all(this.#facets)) this.#writeFacet(facet, onWritten);
    for (const facet of all(this.#runFacets)) {
      this.#db.write(
        `INSERT INTO run_facet(run, facet, source, t, k, producer, schema_url, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET t = excluded.t, k = excluded.k, producer = excluded.producer, schema_url = excluded.schema_url, value = excluded.value
         WHERE (excluded.t, excluded.k) >= (t, k)`,
        facet.owner,
        facet.facet,
        facet.source,
        facet.t,
        facet.k,
        facet.producer,
        facet.schemaURL,
        facet.value,
      );
    }
    for (const activity of this.#activity.values()) this.#writeActivity(activity);
    this.#begin();
    return added;
  }

  /** @returns whether the name is mentioned for the first time */
  #writeSeen(name: number, seen: Seen): boolean {
    const held = this.#seenBefore.get(name) ?? this.#storedSeen(name);
    const first = Math.min(held?.first ?? seen.first, seen.first);
    const last = Math.max(held?.last ?? seen.last, seen.last);
    if (held === null || first !== held.first) {
      this.#db.write('UPDATE name SET first_t = ?, last_t = ? WHERE id = ?', first, last, name);
    } else if (last !== held.last) {
      // first_t is in two indexes, which need no look then.
      this.#db.write('UPDATE name SET last_t = ? WHERE id = ?', last, name);
    }
    this.#seenBefore.set(name, { first, last });
    return held === null;
  }

  #storedSeen(name: number): Seen | null {
    const row = this.#db.get('SELECT first_t, last_t FROM name WHERE id = ?', name);
    const first = row === undefined ? null : intOrNull(row, 'first_t');
    const last = row === undefined ? null : intOrNull(row, 'last_t');
    return first === null || last === null ? null : { first, last };
  }

  #writeActivity({ job, hour, n, beats }: Activity): void {
    if (beats.length === 0) {
      this.#db.write(
        `INSERT INTO activity(job, hour, observations) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET observations = observations + excluded.observations`,
        job,
        hour,
        n,
      );
      return;
    }
    const held = this.#db.get('SELECT beats FROM activity WHERE job = ? AND hour = ?', job, hour);
    this.#db.write(
      `INSERT INTO activity(job, hour, observations, beats) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET observations = observations + excluded.observations, beats = excluded.beats`,
      job,
      hour,
      n,
      beatBytes([...beatsIn(held), ...beats]),
    );
  }

  #writeFacet(facet: HeldFacet, onWritten: (written: WrittenFacet) => void): void {
    const key = `${facet.owner}.${facet.scope}.${facet.source}.${facet.facet}`;
    const held = this.#known.get(key) ?? this.#stored(facet);
    if (held !== null && compareKeys(facet, held) < 0) return;
    const { t, k, producer, schemaURL, value } = facet;
    const before = held?.value ?? null;
    const rowid = held === null ? this.#insertFacet(facet) : held.rowid;
    this.#known.set(key, { t, k, producer, schemaURL, value, rowid });
    onWritten({ facet, before });
    if (held === null) return;
    if (before === value && held.producer === producer && held.schemaURL === schemaURL)
      this.#db.write('UPDATE facet SET t = ?, k = ? WHERE rowid = ?', t, k, rowid);
    else
      this.#db.write(
        'UPDATE facet SET t = ?, k = ?, producer = ?, schema_url = ?, value = ? WHERE rowid = ?',
        t,
        k,
        producer,
        schemaURL,
        value,
        rowid,
      );
  }

  #insertFacet({ owner, scope, facet, source, t, k, producer, schemaURL, value }: HeldFacet): number {
    return this.#db.run(
      'INSERT INTO facet(owner, scope, facet, source, t, k, producer, schema_url, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      owner,
      scope,
      facet,
      source,
      t,
      k,
      producer,
      schemaURL,
      value,
    );
  }

  #stored({ owner, scope, facet, source }: HeldFacet): Told | null {
    const row = this.#db.get(
      'SELECT rowid, t, k, producer, schema_url, value FROM facet WHERE owner = ? AND scope = ? AND facet = ? AND source = ?',
      owner,
      scope,
      facet,
      source,
    );
    if (row === undefined) return null;
    return {
      rowid: int(row, 'rowid'),
      t: int(row, 't'),
      k: int(row, 'k'),
      producer: text(row, 'producer'),
      schemaURL: textOrNull(row, 'schema_url'),
      value: textOrNull(row, 'value'),
    };
  }
}

function join(held: FacetsByOwner, facet: HeldFacet): void {
  let byName = held.get(facet.owner);
  if (byName === undefined) {
    byName = new Map();
    held.set(facet.owner, byName);
  }
  const facets = byName.get(facet.facet);
  if (facets === undefined) {
    byName.set(facet.facet, [facet]);
    return;
  }
  const place = facets.findIndex(({ scope, source }) => scope === facet.scope && source === facet.source);
  const before = facets[place];
  if (before === undefined) facets.push(facet);
  else if (compareKeys(facet, before) >= 0) facets[place] = facet;
}

function* all(held: FacetsByOwner): Iterable<HeldFacet> {
  for (const byName of held.values()) for (const facets of byName.values()) yield* facets;
}

const BEAT_BYTES = 6;

/** Keys of heartbeats: 48 bits each, one after the other. */
function beatBytes(beats: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(beats.length * BEAT_BYTES);
  for (const [i, beat] of beats.entries()) bytes.writeUIntBE(beat, i * BEAT_BYTES, BEAT_BYTES);
  return bytes;
}

function beatsIn(row: Row | undefined): number[] {
  const bytes = row?.['beats'];
  if (!(bytes instanceof Uint8Array)) return [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / BEAT_BYTES }, (_, i) => buffer.readUIntBE(i * BEAT_BYTES, BEAT_BYTES));
}
