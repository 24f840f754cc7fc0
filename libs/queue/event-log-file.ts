import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { AcceptedEvent, AppendResult, EventTimeQuery, LoggedEvent, Refusal, RunEventTime } from '#lineage';
import { type EventRow, upgradeSchema } from './event-log-schema.ts';
import { EventTimes, timeColumns } from './event-times.ts';
import { asStorageError, type Database, openDatabase } from './open-database.ts';
import { StorageError } from './storage-error.ts';

export interface EventLogFileOptions {
  readonly path: string;
  /** Refusals kept; the oldest go first. */
  readonly refusalsKept: number;
  /** Bytes (compressed) of refused bodies kept; the oldest refusals go first. */
  readonly refusalBytesKept: number;
  /** The file grows to this at most, bytes; null: as far as the disk allows. */
  readonly maxBytes: number | null;
}

/** A write of a group: all of a group are in one transaction. */
export type Write =
  | { readonly kind: 'append'; readonly events: readonly AcceptedEvent[] }
  | { readonly kind: 'refuse'; readonly refusals: readonly Omit<Refusal, 'id'>[] };

export type WriteResult = readonly AppendResult[] | readonly string[];

/**
 * Brotli at its fastest level: on commits of 16 events of 4 KB 459 bytes and 12 µs an event, deflate at its fastest 525
 * bytes and 21 µs, deflate with a preset dictionary 487 bytes and 27 µs. Alone an event takes 1.0 KB (deflate 0.96).
 */
const BROTLI = 1;
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Finding one body decompresses its block, and the window of the compression sees no further anyway. */
const BLOCK_BYTES = 256 * 1024;
/** `read` answers with fewer events than asked for once their bodies reach this. */
const READ_BYTES = 8 * 1024 * 1024;
/** Blocks of one step of pruning: other calls get their turn between steps. */
const PRUNE_BLOCKS = 64;
const PAGE_BYTES = 4096;
const WAL_PAGES = 4000;
/** Bodies are written at the end and read there; of the hashes, the kernel holds what this does not. */
const CACHE_KIB = 8192;

interface BlockRow {
  readonly id: number;
  readonly first: number;
  readonly codec: number;
  readonly bytes: Uint8Array;
}

interface RefusalRow {
  readonly id: number;
  readonly at: number;
  readonly status: number;
  readonly bytes: number;
  readonly sha256: Uint8Array;
  readonly detail: string;
  readonly codec: number;
  readonly body: Uint8Array | null;
}

/** An event of the running transaction whose block isn't written yet. */
interface Pending {
  readonly position: number;
  readonly hash: Uint8Array;
  readonly receivedAt: number;
  readonly bytes: Uint8Array;
  readonly run: RunEventTime | null;
}

/**
 * The file of the event log, synchronously: belongs into a thread of its own. Every method throws a StorageError when
 * SQLite can't, and leaves the file as it was.
 */
export class EventLogFile {
  readonly times: EventTimes;
  readonly #db: Database;
  readonly #lock: Database;
  readonly #options: EventLogFileOptions;
  readonly #statements;
  #head: number;
  #refusals: { count: number; bytes: number };
  /** The block read last: `find` and `read` mostly want its neighbours next. */
  #cached: { id: number; bytes: Buffer } | null = null;

  private constructor(db: Database, lock: Database, options: EventLogFileOptions) {
    this.#db = db;
    this.#lock = lock;
    this.#options = options;
    this.times = new EventTimes(db, options.path);
    this.#statements = {
      byHash: db.prepare('SELECT position FROM event WHERE hash = ?'),
      insertEvent: db.prepare(
        'INSERT INTO event (position, hash, received_at, block, offset, length, event_time, event_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ),
      insertBlock: db.prepare('INSERT INTO block (id, first, newest, codec, bytes) VALUES (?, ?, ?, ?, ?)'),
      block: db.prepare('SELECT id, first, codec, bytes FROM block WHERE id = ?'),
      nextBlock: db.prepare('SELECT id, first, codec, bytes FROM block WHERE id > ? ORDER BY id LIMIT 1'),
      eventsOf: db.prepare('SELECT * FROM event WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?'),
      eventByHash: db.prepare('SELECT * FROM event WHERE hash = ?'),
      oldBlocks: db.prepare(`SELECT id, first FROM block WHERE newest < ? ORDER BY newest LIMIT ${PRUNE_BLOCKS}`),
      deleteBlock: db.prepare('DELETE FROM block WHERE id = ?'),
      head: db.prepare('SELECT coalesce(max(position), 0) AS head FROM event'),
      insertRefusal: db.prepare(
        'INSERT INTO refusal (at, status, bytes, sha256, detail, codec, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ),
      refusalTotals: db.prepare('SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes FROM refusal'),
      oldestRefusal: db.prepare('SELECT id, coalesce(length(body), 0) AS size FROM refusal ORDER BY id LIMIT 1'),
      deleteRefusal: db.prepare('DELETE FROM refusal WHERE id = ?'),
      deleteOldRefusals: db.prepare('DELETE FROM refusal WHERE at < ?'),
      refusal: db.prepare('SELECT * FROM refusal WHERE id = ?'),
      refusalsBefore: db.prepare('SELECT * FROM refusal WHERE id < ? ORDER BY id DESC LIMIT ?'),
    };
    this.#head = this.#readHead();
    this.#refusals = this.#readRefusalTotals();
  }

  /** Takes the lock, upgrades the schema. Rejects with IN_USE, TOO_NEW or FAILED. */
  static async open(options: EventLogFileOptions): Promise<EventLogFile> {
    const { path } = options;
    // A lock beside the file, held for the life of the process: the file's own locks come and go with transactions, so
    // two processes would share it unnoticed and each give out its own positions. The system frees it after a crash.
    const lockPath = path.replace(/\.db$/, '.lock');
    const lock = await openDatabase(lockPath);
    let db: Database | null = null;
    try {
      takeLock(lock, lockPath, path);
      db = await openDatabase(path);
      // FULL: each commit is synced, which is what accepting promises.
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
               PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`);
      if (options.maxBytes !== null) db.exec(`PRAGMA max_page_count = ${Math.floor(options.maxBytes / PAGE_BYTES)}`);
      upgradeSchema(db, path);
      return new EventLogFile(db, lock, options);
    } catch (error) {
      db?.close();
      lock.close();
      throw asStorageError(error, path);
    }
  }

  /** All or nothing: when it throws, no write of the group is kept. Results are in the order of the writes. */
  commit(writes: readonly Write[]): WriteResult[] {
    const head = this.#head;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const results = this.#writeAll(writes);
      this.#db.exec('COMMIT');
      return results;
    } catch (error) {
      // SQLite rolls back by itself after some errors, a full disk among them.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#head = head;
      this.#refusals = this.#readRefusalTotals();
      throw asStorageError(error, this.#options.path);
    }
  }

  read(after: number, limit: number): LoggedEvent[] {
    return this.#guard(() => {
      const found: LoggedEvent[] = [];
      let bytes = 0;
      let last = after;
      while (found.length < limit && bytes < READ_BYTES) {
        const block = this.#statements.nextBlock.get(last) as BlockRow | undefined;
        if (block === undefined) break;
        const bodies = this.#bodies(block);
        const from = Math.max(block.first, last + 1);
        const rows = this.#statements.eventsOf.all(from, block.id, limit - found.length) as EventRow[];
        for (const row of rows) {
          found.push(loggedEvent(row, bodies));
          bytes += row.length;
          last = row.position;
          if (bytes >= READ_BYTES) break;
        }
      }
      return found;
    });
  }

  find(hashes: readonly string[]): Map<string, LoggedEvent> {
    return this.#guard(() => {
      const rows = hashes
        .map((hash) => this.#statements.eventByHash.get(Buffer.from(hash, 'hex')) as EventRow | undefined)
        .filter((row) => row !== undefined);
      return new Map(this.#events(rows).map((event) => [event.hash, event]));
    });
  }

  byTime(query: EventTimeQuery): LoggedEvent[] {
    return this.#guard(() => {
      const rows = this.times.page(query);
      const events = new Map(this.#events(rows).map((event) => [event.position, event]));
      return rows.map((row) => events.get(row.position)).filter((event) => event !== undefined);
    });
  }

  head(): number {
    return this.#head;
  }

  /** Newest first. `after`: the id of the page before's last one. */
  refusals(first: number, after: string | null): Refusal[] {
    return this.#guard(() => {
      const before = after === null ? Number.MAX_SAFE_INTEGER : refusalKey(after);
      if (before === null) return [];
      return (this.#statements.refusalsBefore.all(before, first) as RefusalRow[]).map(refusal);
    });
  }

  refusal(ids: readonly string[]): Refusal[] {
    return this.#guard(() =>
      ids
        .map(refusalKey)
        .filter((key) => key !== null)
        .map((key) => this.#statements.refusal.get(key) as RefusalRow | undefined)
        .filter((row) => row !== undefined)
        .map(refusal),
    );
  }

  dropRefusals(ids: readonly string[]): void {
    this.#inTransaction(() => {
      for (const id of ids) {
        const key = refusalKey(id);
        if (key !== null) this.#statements.deleteRefusal.run(key);
      }
    });
    this.#refusals = this.#readRefusalTotals();
  }

  /** One step: `more` says that another one is due. */
  prune(before: number): { events: number; more: boolean } {
    const step = this.#inTransaction(() => {
      const blocks = this.#statements.oldBlocks.all(before) as { id: number; first: number }[];
      let events = 0;
      for (const { id, first } of blocks) {
        this.#statements.deleteBlock.run(id);
        this.times.forget(first, id);
        if (this.#cached?.id === id) this.#cached = null;
        events += id - first + 1;
      }
      const more = blocks.length === PRUNE_BLOCKS;
      if (!more) this.#statements.deleteOldRefusals.run(before);
      return { events, more };
    });
    if (!step.more) this.#refusals = this.#readRefusalTotals();
    return step;
  }

  close(): void {
    this.#db.close();
    this.#lock.close();
  }

  #writeAll(writes: readonly Write[]): WriteResult[] {
    const held = new Map<string, number>();
    let pending: Pending[] = [];
    let pendingBytes = 0;
    const flush = (): void => {
      if (pending.length > 0) this.#writeBlock(pending);
      pending = [];
      pendingBytes = 0;
    };
    const append = (event: AcceptedEvent): AppendResult => {
      const first = held.get(event.hash);
      if (first !== undefined) return { position: first, repeat: true };
      const hash = Buffer.from(event.hash, 'hex');
      const row = this.#statements.byHash.get(hash) as { position: number } | undefined;
      if (row !== undefined) return { position: row.position, repeat: true };
      const position = ++this.#head;
      const bytes = Buffer.from(event.body, 'utf8');
      if (pendingBytes > 0 && pendingBytes + bytes.length > BLOCK_BYTES) flush();
      held.set(event.hash, position);
      pending.push({ position, hash, receivedAt: event.receivedAt, bytes, run: event.run ?? null });
      pendingBytes += bytes.length;
      return { position, repeat: false };
    };
    const results = writes.map((write) =>
      write.kind === 'append' ? write.events.map(append) : write.refusals.map((one) => this.#refuse(one)),
    );
    flush();
    this.#dropRefusalsOverLimit();
    return results;
  }

  #writeBlock(events: readonly Pending[]): void {
    const last = events.at(-1);
    const first = events[0];
    if (last === undefined || first === undefined) return;
    const newest = events.reduce((max, event) => Math.max(max, event.receivedAt), first.receivedAt);
    const bytes = brotliCompressSync(Buffer.concat(events.map((event) => event.bytes)), BROTLI_OPTIONS);
    this.#statements.insertBlock.run(last.position, first.position, newest, BROTLI, bytes);
    let offset = 0;
    for (const event of events) {
      const { position, hash, receivedAt, run } = event;
      this.#statements.insertEvent.run(
        position,
        hash,
        receivedAt,
        last.position,
        offset,
        event.bytes.length,
        ...timeColumns(run),
      );
      offset += event.bytes.length;
    }
  }

  #refuse(one: Omit<Refusal, 'id'>): string {
    // As JSON: a NUL in bound text would cut it; JSON escapes it.
    const detail = JSON.stringify({ reason: one.reason, where: one.where, excerpt: one.excerpt });
    const body = one.body === null ? null : brotliCompressSync(Buffer.from(one.body, 'utf8'), BROTLI_OPTIONS);
    const sha256 = Buffer.from(one.sha256, 'hex');
    const { lastInsertRowid } = this.#statements.insertRefusal.run(
      one.at,
      one.status,
      one.bytes,
      sha256,
      detail,
      BROTLI,
      body,
    );
    this.#refusals.count++;
    this.#refusals.bytes += body?.length ?? 0;
    return String(lastInsertRowid);
  }

  #dropRefusalsOverLimit(): void {
    const { refusalsKept, refusalBytesKept } = this.#options;
    while (
      this.#refusals.count > refusalsKept ||
      (this.#refusals.bytes > refusalBytesKept && this.#refusals.count > 1)
    ) {
      const oldest = this.#statements.oldestRefusal.get() as { id: number; size: number } | undefined;
      if (oldest === undefined) return;
      this.#statements.deleteRefusal.run(oldest.id);
      this.#refusals.count--;
      this.#refusals.bytes -= oldest.size;
    }
  }

  /** By position; events whose body retention took are left out. */
  #events(rows: readonly EventRow[]): LoggedEvent[] {
    // By block: each is decompressed once.
    const ordered = [...rows].sort((a, b) => a.position - b.position);
    return ordered.flatMap((row) => {
      const bodies = this.#bodiesOf(row.block);
      return bodies === null ? [] : [loggedEvent(row, bodies)];
    });
  }

  #bodiesOf(id: number): Buffer | null {
    if (this.#cached?.id === id) return this.#cached.bytes;
    const block = this.#statements.block.get(id) as BlockRow | undefined;
    return block === undefined ? null : this.#bodies(block);
  }

  #bodies(block: BlockRow): Buffer {
    if (this.#cached?.id === block.id) return this.#cached.bytes;
    const bytes = decompress(block.bytes, block.codec, this.#options.path);
    this.#cached = { id: block.id, bytes };
    return bytes;
  }

  #readHead(): number {
    return (this.#statements.head.get() as { head: number }).head;
  }

  #readRefusalTotals(): { count: number; bytes: number } {
    return { ...(this.#statements.refusalTotals.get() as { count: number; bytes: number }) };
  }

  #inTransaction<T>(work: () => T): T {
    return this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#db.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStorageError(error, this.#options.path);
    }
  }
}

/**
 * A copy of a log, consistent and synced, while the log stays in use: readers don't hold its writer up. It appears at
 * `target` only when it is whole. Rejects with a StorageError; `target` must not exist.
 */
export async function copyEventLog(source: string, target: string): Promise<void> {
  if (existsSync(target)) throw new StorageError('FAILED', `${target} exists: name a file that doesn't`);
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  const db = await openDatabase(source, { readOnly: true });
  try {
    db.prepare('VACUUM INTO ?').run(partial);
    const file = openSync(partial, 'r+');
    fsyncSync(file);
    closeSync(file);
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw asStorageError(error, target);
  } finally {
    db.close();
  }
}

function takeLock(lock: Database, lockPath: string, path: string): void {
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    const known = asStorageError(error, lockPath);
    if (!(known instanceof StorageError) || known.code !== 'IN_USE') throw error;
    throw new StorageError(
      'IN_USE',
      `${path} is in use by another Headwater: stop that one, or give this one a folder of its own (HEADWATER_DATA)`,
      { cause: error },
    );
  }
}

function loggedEvent(row: EventRow, bodies: Buffer): LoggedEvent {
  return {
    position: row.position,
    receivedAt: row.received_at,
    hash: hex(row.hash),
    body: bodies.toString('utf8', row.offset, row.offset + row.length),
  };
}

function refusal(row: RefusalRow): Refusal {
  const detail = JSON.parse(row.detail) as Pick<Refusal, 'reason' | 'where' | 'excerpt'>;
  return {
    id: String(row.id),
    at: row.at,
    reason: detail.reason,
    where: detail.where,
    status: row.status,
    bytes: row.bytes,
    sha256: hex(row.sha256),
    body: row.body === null ? null : decompress(row.body, row.codec, 'refusal').toString('utf8'),
    excerpt: detail.excerpt,
  };
}

function decompress(bytes: Uint8Array, codec: number, path: string): Buffer {
  if (codec !== BROTLI)
    throw new StorageError('TOO_NEW', `${path} has a compression (${codec}) that this Headwater doesn't know`);
  try {
    return brotliDecompressSync(bytes);
  } catch (error) {
    throw new StorageError('FAILED', `${path} is damaged: restore it from a backup`, { cause: error });
  }
}

/** null: no id that this log could have given out. */
function refusalKey(id: string): number | null {
  const key = Number(id);
  return /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(key) ? key : null;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
