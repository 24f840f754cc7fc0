import type { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobQueue, LaneWork, WakeUp } from '#lineage';
import { asRedisStorageError, connectRedis, WAITING } from './redis-connection.ts';
import { DEFAULT_RETRY_DELAY, type RetryDelay, retryDelay } from './retry-delay.ts';
import { StorageError } from './storage-error.ts';

export interface BullmqJobQueueOptions {
  readonly url: string;
  /** Of all keys; hubs that share a server have different ones. */
  readonly prefix?: string;
  readonly retry?: RetryDelay;
  /** A lane whose process died is taken up again after this, ms, twice at most. */
  readonly stalledMs?: number;
  /** Told of what a connection suffers; the queue goes on by itself. */
  readonly onError: (error: Error) => void;
}

interface LaneJob {
  readonly lane: string;
}

const NAME = 'lanes';
const STALLED_MS = 30_000;
/** Between attempts to say what a handler left, ms. */
const SETTLE_MS = 500;
/** How long a close waits for the server once its handlers have ended, ms. */
const CLOSE_MS = 5_000;
/** Lanes that one sweep looks after. */
const SWEPT = 1_000;

/** The earliest times wanted: KEYS[1] the sorted set; ARGV lane, time, lane, time, … → the times that hold now. */
const WANT = `
  local times = {}
  for i = 1, #ARGV, 2 do
    redis.call('ZADD', KEYS[1], 'LT', ARGV[i + 1], ARGV[i])
    times[#times + 1] = redis.call('ZSCORE', KEYS[1], ARGV[i])
  end
  return times`;

/** Takes the wish out of the set, if its time has come: KEYS[1] the sorted set; ARGV the lane, the time now. */
const CLAIM = `
  local wanted = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if wanted and tonumber(wanted) <= tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end`;

/**
 * Lanes on Redis with BullMQ: each lane has one job at most that waits or is delayed, and one that runs.
 *
 * A sorted set of ours (`due`) says when a lane is wanted, the earliest of all that asked; the job of BullMQ is made to
 * agree with it. Deduplication by lane does the rest, each in one command: a job that is delayed is moved, one that runs
 * gets a successor when it ends. Who was overtaken between his look at the set and his job sees that in a second look:
 * ```
 * A: due = 50 … job at 50 … due is 50: done
 * B:   due stays 50, was 100 before A …  job at 100 … due is 50: job at 50
 * ```
 * A process that dies in between leaves the set ahead of the job: a sweep finds lanes that are overdue.
 *
 * Limits: a process that neither ends nor answers for `stalledMs` (its thread is blocked, the network is cut) loses its
 * lanes to others while its handlers may still run.
 */
export class BullmqJobQueue implements JobQueue {
  readonly #bullmq: typeof import('bullmq');
  readonly #options: BullmqJobQueueOptions;
  readonly #redis: Redis;
  readonly #queue: Queue<LaneJob>;
  readonly #due: string;
  readonly #prefix: string;
  readonly #retry: RetryDelay;
  /** In a row, of lanes whose last handling failed here. */
  readonly #failures = new Map<string, number>();
  readonly #handling = new Set<Promise<void>>();
  #worker: Worker<LaneJob> | null = null;
  #sweeper: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  private constructor(bullmq: typeof import('bullmq'), redis: Redis, options: BullmqJobQueueOptions) {
    this.#bullmq = bullmq;
    this.#options = options;
    this.#redis = redis;
    this.#prefix = options.prefix ?? 'headwater';
    this.#due = `${this.#prefix}:${NAME}-due`;
    this.#retry = options.retry ?? DEFAULT_RETRY_DELAY;
    this.#queue = new bullmq.Queue<LaneJob>(NAME, {
      connection: redis,
      prefix: this.#prefix,
      // Nobody reads its stream of events.
      streams: { events: { maxLen: 1 } },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    this.#queue.on('error', options.onError);
  }

  /** Rejects with a StorageError. */
  static async open(options: BullmqJobQueueOptions): Promise<BullmqJobQueue> {
    const redis = await connectRedis(options.url, options.onError);
    // Loaded when used: an embedded hub does without.
    return new BullmqJobQueue(await import('bullmq'), redis, options);
  }

  async schedule(wakeUps: readonly WakeUp[]): Promise<void> {
    if (this.#closing !== null) throw new StorageError('CLOSED', 'the queue is closed');
    await this.#schedule(wakeUps);
  }

  work(work: LaneWork): void {
    if (this.#worker !== null) throw new Error('the queue works already');
    const stalledMs = this.#options.stalledMs ?? STALLED_MS;
    this.#worker = new this.#bullmq.Worker<LaneJob>(NAME, ({ data: { lane } }) => this.#handle(lane, work), {
      connection: { ...WAITING, url: this.#options.url },
      prefix: this.#prefix,
      concurrency: work.lanesAtOnce,
      lockDuration: stalledMs,
      stalledInterval: stalledMs,
      // A lane is never given up, however often its process died.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: 1_000,
    });
    this.#worker.on('error', this.#options.onError);
    this.#sweeper = setInterval(() => this.#sweep(stalledMs), stalledMs);
    this.#sweeper.unref();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    const ended = this.#worker?.close() ?? Promise.resolve();
    // A handler that runs is waited for as long as it takes; what it leaves to say to a server that is away is not, nor
    // are connections that are being made anew: those never say that they ended, and try no more once they are asked to.
    const enough = this.#handlersEnded().then(() => rest(CLOSE_MS));
    await Promise.race([ended, enough]);
    await Promise.race([this.#worker?.disconnect(), enough]);
    await Promise.race([this.#queue.close(), enough]);
    this.#redis.disconnect();
  }

  /** Handlers that run when it is called, and those of jobs that were under way then. */
  async #handlersEnded(): Promise<void> {
    while (this.#handling.size > 0) await Promise.all(this.#handling);
  }

  async #schedule(wakeUps: readonly WakeUp[]): Promise<void> {
    const earliest = new Map<string, number>();
    for (const { lane, at } of wakeUps) earliest.set(lane, Math.min(Math.ceil(at), earliest.get(lane) ?? Infinity));
    try {
      for (let open = [...earliest]; open.length > 0; ) {
        const lanes = open.map(([lane]) => lane);
        const wanted = numbers(await this.#redis.eval(WANT, 1, this.#due, ...open.flat()));
        const now = Date.now();
        await this.#queue.addBulk(lanes.map((lane, i) => jobOf(lane, Math.max(0, (wanted[i] ?? now) - now))));
        // Earlier than what the job was just set to: somebody was faster, and his job is overwritten. Absent: it runs.
        const current = await this.#redis.zmscore(this.#due, lanes);
        open = open.filter((_, i) => Number(current[i] ?? Infinity) < (wanted[i] ?? now));
      }
    } catch (error) {
      throw asRedisStorageError(error, this.#options.url);
    }
  }

  async #handle(lane: string, work: LaneWork): Promise<void> {
    // Who asked before gets this look; who asks from here on wants another. The job itself survives a crash.
    await this.#redis.eval(CLAIM, 1, this.#due, lane, Date.now());
    const calling = this.#called(lane, work);
    const handling = calling.then(() => undefined);
    this.#handling.add(handling);
    const next = await calling;
    this.#handling.delete(handling);
    await this.#settle(lane, next);
  }

  /** When the lane is wanted next; never rejects. */
  async #called(lane: string, { handler, onFailure }: LaneWork): Promise<number | null> {
    try {
      const next = await handler(lane);
      this.#failures.delete(lane);
      return next;
    } catch (error) {
      onFailure(lane, error);
      const failures = (this.#failures.get(lane) ?? 0) + 1;
      this.#failures.set(lane, failures);
      return Date.now() + retryDelay(this.#retry, failures);
    }
  }

  /** While the server is away the lane stays taken; when this process goes too, the lane stalls and is taken up again. */
  async #settle(lane: string, next: number | null): Promise<void> {
    for (;;) {
      try {
        const wanted = next ?? number(await this.#redis.zscore(this.#due, lane));
        if (wanted !== null) await this.#schedule([{ lane, at: wanted }]);
        return;
      } catch (error) {
        this.#options.onError(asRedisStorageError(error, this.#options.url));
        await rest(SETTLE_MS);
      }
    }
  }

  /** Lanes that are overdue by a while have lost their job, or wait for others: for those it does nothing. */
  async #sweep(overdueMs: number): Promise<void> {
    try {
      const before = Date.now() - overdueMs;
      const late = await this.#redis.zrangebyscore(this.#due, '-inf', before, 'LIMIT', 0, SWEPT);
      await this.#schedule(late.map((lane) => ({ lane, at: before })));
    } catch (error) {
      this.#options.onError(asRedisStorageError(error, this.#options.url));
    }
  }
}

function jobOf(lane: string, delay: number) {
  const deduplication = { id: lane, keepLastIfActive: true, reschedule: true };
  return { name: NAME, data: { lane }, opts: { delay, deduplication } };
}

const number = (score: string | number | null | undefined): number | null => (score == null ? null : Number(score));

/** What a script answers with, as numbers; null where it has none. */
function numbers(reply: unknown): readonly (number | null)[] {
  return Array.isArray(reply) ? reply.map((one: unknown) => (one === null ? null : Number(one))) : [];
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
