import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
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
import type { Answer, Call, Calls, Failure, Opened, Reply, Request, WorkerTask } from './event-log-messages.ts';
import { type EventTimePlace, placeBefore } from './event-times.ts';
import { makeFolder } from './make-folder.ts';
import { StorageError } from './storage-error.ts';

export interface SqliteEventLogOptions {
  /** The folder of `events.db` and `events.lock`; made if missing. */
  readonly directory: string;
  /** Refusals kept, the oldest go first; default 10,000. */
  readonly refusalsKept?: number;
  /** Bytes (compressed) of refused bodies kept; default 256 MiB. */
  readonly refusalBytesKept?: number;
  /** The file grows to this at most, bytes, then appends fail with FULL; default: as far as the disk allows. */
  readonly maxBytes?: number;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const MIB = 1024 * 1024;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * The embedded event log: one SQLite file, written by a thread of its own, so that no sync of the disk holds up the
 * caller's thread. One process at a time.
 *
 * Calls of one tick travel together, and all that arrive while a transaction runs share the next one. All methods
 * reject with a StorageError when the disk fails them; nothing of such a call is kept, and it may be repeated.
 *
 * Limits: one disk's fsync rate bounds the latency of an append, not the throughput; the hash of each event stays for
 * ever (about 110 bytes), so that repeats are recognised after retention took the body.
 */
export class SqliteEventLog implements EventLog, EventTimeIndex {
  readonly #worker: Worker;
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #outbox: Call[] = [];
  #nextId = 1;
  /** Why no further call is taken. */
  #over: StorageError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(worker: Worker, path: string) {
    this.#worker = worker;
    this.#path = path;
    worker.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) this.#settle(answer);
    });
    worker.on('error', (error) => this.#end(`its thread failed: ${error.message}`));
    worker.on('exit', () => this.#end('its thread ended'));
  }

  /** Rejects with a StorageError: IN_USE, TOO_NEW, FULL or FAILED. */
  static async open(options: SqliteEventLogOptions): Promise<SqliteEventLog> {
    makeFolder(options.directory);
    const path = join(options.directory, 'events.db');
    const worker = startWorker({
      task: 'serve',
      options: {
        path,
        refusalsKept: options.refusalsKept ?? 10_000,
        refusalBytesKept: options.refusalBytesKept ?? 256 * MIB,
        maxBytes: options.maxBytes ?? null,
      },
    });
    await opened(worker);
    return new SqliteEventLog(worker, path);
  }

  async append(events: readonly AcceptedEvent[]): Promise<readonly AppendResult[]> {
    for (const { hash } of events) checkHash(hash);
    if (events.length === 0) return [];
    return (await this.#call({ kind: 'append', events })) as readonly AppendResult[];
  }

  read(after: number, limit: number): Promise<readonly LoggedEvent[]> {
    return this.#call({ kind: 'read', after, limit });
  }

  find(hashes: readonly string[]): Promise<ReadonlyMap<string, LoggedEvent>> {
    return this.#call({ kind: 'find', hashes });
  }

  async byTime(query: EventTimeQuery): Promise<{ readonly events: readonly LoggedEvent[]; readonly total: number }> {
    const events = await this.#call({ kind: 'byTime', query });
    let total = 0;
    // In steps: counting a whole log would hold up appends for seconds.
    for (let place: EventTimePlace | null = placeBefore(query.after); place !== null; ) {
      const step: { readonly events: number; readonly next: EventTimePlace | null } = await this.#call({
        kind: 'countTimes',
        after: place,
        before: query.before,
      });
      total += step.events;
      place = step.next;
    }
    return { events, total };
  }

  countByType(bounds: readonly number[]): Promise<readonly ReadonlyMap<RunEventType, number>[]> {
    return Promise.all(bounds.slice(1).map((to, i) => this.#call({ kind: 'countTypes', from: bounds[i] ?? to, to })));
  }

  head(): Promise<number> {
    return this.#call({ kind: 'head' });
  }

  async refuse(refusals: readonly Omit<Refusal, 'id'>[]): Promise<readonly string[]> {
    for (const { sha256 } of refusals) checkHash(sha256);
    if (refusals.length === 0) return [];
    return (await this.#call({ kind: 'refuse', refusals })) as readonly string[];
  }

  refusals(page: { readonly first: number; readonly after: string | null }): Promise<readonly Refusal[]> {
    return this.#call({ kind: 'refusals', ...page });
  }

  refusal(ids: readonly string[]): Promise<readonly Refusal[]> {
    return this.#call({ kind: 'refusal', ids });
  }

  async dropRefusals(ids: readonly string[]): Promise<void> {
    await this.#call({ kind: 'dropRefusals', ids });
  }

  async prune(before: number): Promise<{ readonly events: number }> {
    let events = 0;
    for (;;) {
      const step = await this.#call({ kind: 'prune', before });
      events += step.events;
      if (!step.more) return { events };
    }
  }

  /**
   * Writes a consistent, synced copy to `path`, which must not exist, while the log stays in use. Rejects with a
   * StorageError; then there is no file at `path`.
   */
  async backup(path: string): Promise<void> {
    if (this.#over !== null) throw this.#over;
    // A thread of its own: copying a large file would hold up appends for as long.
    const worker = startWorker({ task: 'copy', source: this.#path, target: path });
    try {
      await opened(worker);
    } finally {
      await worker.terminate();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#over !== null) return;
    const done = this.#call({ kind: 'close' });
    this.#over = new StorageError('CLOSED', `${this.#path} is closed`);
    await done;
    await this.#worker.terminate();
  }

  #call<R extends Request>(request: R): Promise<Calls[R['kind']]['reply']> {
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise<Calls[R['kind']]['reply']>((resolve, reject) => {
      const id = this.#nextId++;
      // The reply's kind follows from the request's: the worker answers each call by its id.
      this.#waiting.set(id, { resolve: resolve as (reply: Reply) => void, reject });
      // setImmediate, not a microtask: requests that arrive in one poll of the event loop are separate macrotasks.
      if (this.#outbox.length === 0) setImmediate(() => this.#send());
      this.#outbox.push({ id, request });
    });
  }

  #send(): void {
    const calls = this.#outbox;
    this.#outbox = [];
    if (calls.length > 0) this.#worker.postMessage(calls);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if ('failure' in answer) waiting.reject(errorOf(answer.failure));
    else waiting.resolve(answer.reply);
  }

  #end(why: string): void {
    this.#over ??= new StorageError('FAILED', `the event log ${this.#path} is down: ${why}: restart the hub`);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#over);
    this.#waiting.clear();
    this.#outbox = [];
  }
}

function startWorker(workerData: WorkerTask): Worker {
  // Without execArgv a worker inherits the condition that resolves our imports to TypeScript, which it can't load.
  return new Worker(new URL(import.meta.resolve('#queue/worker')), { execArgv: [], workerData });
}

/** Resolves with the worker's first message; rejects, the worker ended, when it says that it could not open. */
async function opened(worker: Worker): Promise<void> {
  const first = await new Promise<Opened>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new StorageError('FAILED', "the event log's thread ended before it could open")));
  });
  // By name: without a name, listeners that Node itself put there go too, and no message arrives any more.
  worker.removeAllListeners('error').removeAllListeners('exit');
  if (first.opened) return;
  await worker.terminate();
  throw errorOf(first.failure);
}

function errorOf(failure: Failure): Error {
  return failure.code === null ? new Error(failure.message) : new StorageError(failure.code, failure.message);
}

/** A malformed hash would share a row with another's: that is a caller's defect, not the disk's. */
function checkHash(hash: string): void {
  if (!SHA256.test(hash)) throw new TypeError(`not a SHA-256 in lower-case hex: ${JSON.stringify(hash.slice(0, 80))}`);
}
