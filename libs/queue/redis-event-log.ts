import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress } from 'node:zlib';
import type { Redis } from 'ioredis';
import type {
  AcceptedEvent,
  AppendResult,
  EventLog,
  EventTimeIndex,
  EventTimeQuery,
  LoggedEvent,
  Refusal,
  RunEventType,
} from '#lineage';
import { type EventBlock, makeBlocks, readBlock } from './event-block.ts';
import { asRedisStorageError, connectRedis } from './redis-connection.ts';
import { packTimes, RedisEventTimes } from './redis-event-times.ts';
import { APPEND, DROP_REFUSALS, FIND, HASH_BYTES, PRUNE, PRUNE_REFUSALS, REFUSE } from './redis-log-scripts.ts';
import { StorageError } from './storage-error.ts';

export interface RedisEventLogOptions {
  readonly url: string;
  /** Of all keys; hubs that share a server have different ones. */
  readonly prefix?: string;
  /** Refusals kept, the oldest go first; default 10,000. */
  readonly refusalsKept?: number;
  /** Bytes (compressed) of refused bodies kept; default 64 MiB. */
  readonly refusalBytesKept?: number;
  /** Told of what the connection suffers; the log goes on by itself. */
  readonly onError: (error: Error) => void;
}

interface Call {
  readonly events: readonly AcceptedEvent[];
  readonly resolve: (results: readonly AppendResult[]) => void;
  readonly reject: (error: Error) => void;
}

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

const MIB = 1024 * 1024;
const SHA256 = /^[0-9a-f]{64}$/;
const VERSION = 1;
/** UTF-16 units: what one command takes at most, so that the first caller doesn't wait for all who came after. */
const COMMIT_UNITS = 8 * MIB;
/** `read` answers with fewer events than asked for once their bodies reach this. */
const READ_UNITS = 8 * MIB;
/** Blocks of one answer of Redis; a block has 256 KiB of bodies, or one larger event. */
const READ_BLOCKS = 32;
/** Blocks of one step of pruning: other commands get their turn between steps. */
const PRUNE_BLOCKS = 64;

/**
 * The event log of the scaled size: one stream of compressed blocks on Redis, written by any number of processes. An append
 * is one command; calls that come while one is under way share the next. What it promises is what Redis does:
 * with `appendfsync always` an answer means that the disk has it.
 *
 * Rejects with a StorageError: FULL where Redis is at its `maxmemory`, FAILED where it can't be reached or refuses. After
 * FAILED nobody knows whether the events are kept: sent again, they are repeats or new, and right either way.
 *
 * A Redis that comes back without the last events it answered for (its durability is weaker) gets no more from a process that
 * knows of them: positions would be given out twice.
 *
 * Limits: one Redis, no cluster. What lies in Redis lies in memory; hashes stay for ever.
 */
export class RedisEventLog implements EventLog, EventTimeIndex {
  readonly #redis: Redis;
  readonly #options: RedisEventLogOptions;
  readonly #keys;
  readonly #times: RedisEventTimes;
  /** Of the log that was opened: another server, or one that was emptied, has another. */
  #id = '';
  /** The last position that this process knows to be given out. */
  #known = 0;
  #waiting: Call[] = [];
  #committing: Promise<void> | null = null;
  #over: StorageError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(redis: Redis, options: RedisEventLogOptions) {
    this.#redis = redis;
    this.#options = options;
    const prefix = options.prefix ?? 'headwater';
    this.#keys = {
      log: `${prefix}:log`,
      head: `${prefix}:log:head`,
      hashes: `${prefix}:log:hash:`,
      hours: `${prefix}:log:hours`,
      hour: `${prefix}:log:hour:`,
      version: `${prefix}:log:version`,
      id: `${prefix}:log:id`,
      none: `${prefix}:log:none`,
      refusals: `${prefix}:log:refusals`,
      refusalId: `${prefix}:log:refusals:last`,
      refusalBytes: `${prefix}:log:refusals:bytes`,
    };
    this.#times = new RedisEventTimes(redis, this.#keys);
  }

  /** Rejects with a StorageError: TOO_NEW, FULL or FAILED. */
  static async open(options: RedisEventLogOptions): Promise<RedisEventLog> {
    const redis = await connectRedis(options.url, options.onError);
    const log = new RedisEventLog(redis, options);
    try {
      await log.#checkVersion();
      log.#id = await log.#madeOnce(log.#keys.id, randomUUID());
      return log;
    } catch (error) {
      redis.disconnect();
      throw asRedisStorageError(error, options.url);
    }
  }

  /** Which log it is: given when it is made, and the same for all who open it. */
  get id(): string {
    return this.#id;
  }

  async append(events: readonly AcceptedEvent[]): Promise<readonly AppendResult[]> {
    for (const { hash } of events) checkHash(hash);
    if (this.#over !== null) throw this.#over;
    if (events.length === 0) return [];
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  read(after: number, limit: number): Promise<readonly LoggedEvent[]> {
    return this.#ask(async () => {
      const found: LoggedEvent[] = [];
      let units = 0;
      for (let last = after; found.length < limit && units < READ_UNITS; ) {
        const entries = await this.#redis.xrangeBuffer(
          this.#keys.log,
          `${last + 1}-0`,
          '+',
          'COUNT',
          Math.min(READ_BLOCKS, limit - found.length),
        );
        if (entries.length === 0) break;
        for (const entry of entries) {
          const events = await blockOf(entry);
          last = events.at(-1)?.position ?? last;
          for (const event of events) {
            if (event.position <= after || found.length >= limit || units >= READ_UNITS) continue;
            found.push(event);
            units += event.body.length;
          }
        }
      }
      return found;
    });
  }

  find(hashes: readonly string[]): Promise<ReadonlyMap<string, LoggedEvent>> {
    return this.#ask(async () => {
      if (hashes.length === 0) return new Map();
      const positions = await this.#redis.eval(FIND, 1, this.#keys.hashes, concatenated(hashes));
      const found = await this.#at(numbers(positions).filter((position) => position !== null));
      return new Map([...found.values()].map((event) => [event.hash, event]));
    });
  }

  byTime(query: EventTimeQuery): Promise<{ readonly events: readonly LoggedEvent[]; readonly total: number }> {
    return this.#ask(async () => {
      const { positions, total } = await this.#times.page(query);
      const found = await this.#at(positions);
      // What retention takes meanwhile is not found.
      return { events: positions.flatMap((position) => found.get(position) ?? []), total };
    });
  }

  countByType(bounds: readonly number[]): Promise<readonly ReadonlyMap<RunEventType, number>[]> {
    return this.#ask(() => this.#times.countByType(bounds));
  }

  head(): Promise<number> {
    return this.#ask(async () => {
      const [at, id] = await this.#redis.mget(this.#keys.head, this.#keys.id);
      if (typeof id === 'string' && id !== this.#id)
        throw new Error(
          `it holds log ${id}, and ${this.#id} was opened: see that REDIS_URL names one server, and start again`,
        );
      const head = Number(at ?? 0);
      this.#known = Math.max(this.#known, head);
      return head;
    });
  }

  /** Rejects where nothing could be appended: Redis is away, full, or a replica. It asks for a write that would write nothing. */
  async writable(): Promise<void> {
    await this.#ask(() => this.#redis.xadd(this.#keys.none, 'NOMKSTREAM', '*', 'n', 0));
  }

  async refuse(refusals: readonly Omit<Refusal, 'id'>[]): Promise<readonly string[]> {
    for (const { sha256 } of refusals) checkHash(sha256);
    return this.#ask(async () => {
      if (refusals.length === 0) return [];
      const { refusals: stream, refusalId, refusalBytes } = this.#keys;
      const { refusalsKept = 10_000, refusalBytesKept = 64 * MIB } = this.#options;
      const texts = await Promise.all(refusals.map((one) => compress(Buffer.from(JSON.stringify(one)))));
      const entries = refusals.flatMap(({ at }, i) => [at, texts[i] ?? '']);
      const keys = [stream, refusalId, refusalBytes];
      const last = Number(await this.#redis.eval(REFUSE, 3, ...keys, refusalsKept, refusalBytesKept, ...entries));
      return refusals.map((_, i) => String(last - refusals.length + 1 + i));
    });
  }

  refusals(page: { readonly first: number; readonly after: string | null }): Promise<readonly Refusal[]> {
    return this.#ask(async () => {
      const before = page.after === null ? '+' : refusalKey(page.after);
      if (before === null || page.first <= 0) return [];
      const end = before === '+' ? before : `(${before}-0`;
      const entries = await this.#redis.xrevrangeBuffer(this.#keys.refusals, end, '-', 'COUNT', page.first);
      return Promise.all(entries.map(refusalOf));
    });
  }

  refusal(ids: readonly string[]): Promise<readonly Refusal[]> {
    return this.#ask(async () => {
      const found: Refusal[] = [];
      for (const id of ids) {
        if (refusalKey(id) === null) continue;
        const [entry] = await this.#redis.xrangeBuffer(this.#keys.refusals, `${id}-0`, `${id}-0`);
        if (entry !== undefined) found.push(await refusalOf(entry));
      }
      return found;
    });
  }

  async dropRefusals(ids: readonly string[]): Promise<void> {
    await this.#ask(async () => {
      const known = ids.filter((id) => refusalKey(id) !== null);
      const { refusals, refusalBytes } = this.#keys;
      if (known.length > 0) await this.#redis.eval(DROP_REFUSALS, 2, refusals, refusalBytes, ...known);
    });
  }

  prune(before: number): Promise<{ readonly events: number }> {
    return this.#ask(async () => {
      let events = 0;
      for (;;) {
        const step = numbers(await this.#redis.eval(PRUNE, 1, this.#keys.log, before, PRUNE_BLOCKS));
        events += step[0] ?? 0;
        if ((step[1] ?? 0) < PRUNE_BLOCKS) break;
      }
      if (events > 0) await this.#times.forget();
      await this.#redis.eval(PRUNE_REFUSALS, 2, this.#keys.refusals, this.#keys.refusalBytes, before);
      return { events };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#over = new StorageError('CLOSED', 'the event log is closed');
    await this.#committing;
    this.#redis.disconnect();
  }

  /** Another version's keys would be read wrongly: an older one is upgraded here once there is one. */
  async #checkVersion(): Promise<void> {
    const version = Number(await this.#madeOnce(this.#keys.version, String(VERSION)));
    if (version > VERSION) {
      throw new StorageError(
        'TOO_NEW',
        `the event log on Redis has version ${version}, this Headwater knows up to ${VERSION}: install the version that wrote it`,
      );
    }
  }

  /** What the first says. Whoever finds it writes nothing: a full Redis can be opened. */
  async #madeOnce(key: string, value: string): Promise<string> {
    const held = await this.#redis.get(key);
    if (held !== null) return held;
    await this.#redis.setnx(key, value);
    return (await this.#redis.get(key)) ?? value;
  }

  async #commitAll(): Promise<void> {
    // setImmediate, not a microtask: requests that arrive in one poll of the event loop are separate macrotasks.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commit(this.#nextCalls());
    this.#committing = null;
  }

  #nextCalls(): readonly Call[] {
    let units = 0;
    let calls = 0;
    for (const { events } of this.#waiting) {
      for (const { body } of events) units += body.length;
      if (calls > 0 && units > COMMIT_UNITS) break;
      calls++;
    }
    return this.#waiting.splice(0, calls);
  }

  async #commit(calls: readonly Call[]): Promise<void> {
    try {
      const events = calls.flatMap((call) => call.events);
      const positions = await this.#store(events);
      const seen = new Set<string>();
      for (const { events, resolve } of calls) {
        resolve(
          events.map(({ hash }) => {
            const { position = 0, repeat = false } = positions.get(hash) ?? {};
            const first = !seen.has(hash);
            seen.add(hash);
            return { position, repeat: repeat || !first };
          }),
        );
      }
    } catch (error) {
      const failure = asRedisStorageError(error, this.#options.url);
      for (const { reject } of calls) reject(failure);
    }
  }

  /** By hash: where each event is, and whether it was there before. */
  async #store(events: readonly AcceptedEvent[]): Promise<ReadonlyMap<string, AppendResult>> {
    const results = new Map<string, AppendResult>();
    const firsts = new Map<string, AcceptedEvent>();
    for (const event of events) if (!firsts.has(event.hash)) firsts.set(event.hash, event);
    let fresh = [...firsts.values()];
    // Most commits have no repeat and are done at once. What others append in between shows in the next round.
    while (fresh.length > 0) {
      const blocks = await makeBlocks(fresh);
      const reply = await this.#append(fresh, blocks);
      if (typeof reply === 'number') {
        this.#known = reply + fresh.length;
        fresh.forEach(({ hash }, i) => {
          results.set(hash, { position: reply + 1 + i, repeat: false });
        });
        return results;
      }
      const repeats = numbers(reply);
      for (let i = 0; i < repeats.length; i += 2) {
        const hash = fresh[repeats[i] ?? -1]?.hash;
        if (hash !== undefined) results.set(hash, { position: repeats[i + 1] ?? 0, repeat: true });
      }
      fresh = fresh.filter(({ hash }) => !results.has(hash));
    }
    return results;
  }

  #append(events: readonly AcceptedEvent[], blocks: readonly EventBlock[]): Promise<unknown> {
    const { log, head, hashes, hours, hour } = this.#keys;
    const values = blocks.flatMap((block) => [block.events, block.newest, block.bytes]);
    const known = concatenated(events.map(({ hash }) => hash));
    const keys = [log, head, hashes, hours, hour];
    return this.#redis.eval(APPEND, keys.length, ...keys, this.#known, known, packTimes(events), ...values);
  }

  /** Events by position; those that retention took are absent. */
  async #at(positions: readonly number[]): Promise<ReadonlyMap<number, LoggedEvent>> {
    const wanted = new Set(positions);
    const found = new Map<number, LoggedEvent>();
    for (const position of [...wanted].sort((a, b) => a - b)) {
      // One of a block before has brought it along.
      if (!wanted.has(position)) continue;
      const [entry] = await this.#redis.xrangeBuffer(this.#keys.log, `${position}-0`, '+', 'COUNT', 1);
      if (entry === undefined) break;
      for (const event of await blockOf(entry)) if (wanted.delete(event.position)) found.set(event.position, event);
      wanted.delete(position);
    }
    return found;
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#over !== null) throw this.#over;
    try {
      return await ask();
    } catch (error) {
      throw asRedisStorageError(error, this.#options.url);
    }
  }
}

type Entry = readonly [id: Buffer, fields: readonly Buffer[]];

/** The number in front of `-0`. */
const keyOf = ([id]: Entry): number => Number.parseInt(id.toString('latin1'), 10);

function blockOf(entry: Entry): Promise<readonly LoggedEvent[]> {
  return readBlock(entry[1][5] ?? Buffer.alloc(0), keyOf(entry));
}

async function refusalOf(entry: Entry): Promise<Refusal> {
  const text = await decompress(entry[1][3] ?? Buffer.alloc(0));
  return { ...(JSON.parse(text.toString('utf8')) as Omit<Refusal, 'id'>), id: String(keyOf(entry)) };
}

/** null: no id that this log could have given out. */
const refusalKey = (id: string): string | null => (/^[1-9]\d{0,15}$/.test(id) ? id : null);

function concatenated(hashes: readonly string[]): Buffer {
  return Buffer.concat(hashes.map((hash) => Buffer.from(hash.slice(0, 2 * HASH_BYTES), 'hex')));
}

function numbers(reply: unknown): readonly (number | null)[] {
  return Array.isArray(reply) ? reply.map((one: unknown) => (one === null ? null : Number(one))) : [];
}

/** A malformed hash would share a place with another's: that is a caller's defect, not the server's. */
function checkHash(hash: string): void {
  if (!SHA256.test(hash)) throw new TypeError(`not a SHA-256 in lower-case hex: ${JSON.stringify(hash.slice(0, 80))}`);
}
