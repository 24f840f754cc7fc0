import type { Clock, EventLog, GraphStore } from '#lineage';
import type { Limits } from './limits.ts';

export interface RetentionParts {
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly clock: Clock;
  readonly limits: Limits;
  /** The last applied position. */
  readonly applied: () => number;
}

export interface Pruned {
  /** Milliseconds: when the round ended. */
  readonly at: number;
  readonly events: number;
  readonly runs: number;
}

/** The first round comes soon after a start: a hub that is restarted each half hour would else never have one. */
const FIRST_ROUND_MS = 60_000;

/** Takes what arrived before the retention's reach out of log and store, round by round. */
export class Retention {
  readonly #parts: RetentionParts;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<Pruned> | null = null;
  last: Pruned | null = null;
  /** Why the last round failed; null: it didn't. The next round tries again. */
  failure: string | null = null;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.limits.retentionMs !== null)
      this.#schedule(Math.min(FIRST_ROUND_MS, this.#parts.limits.retentionEveryMs));
  }

  /** Resolves when the running round is over. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#round !== null) await this.#round.catch(() => undefined);
  }

  /** One round now; calls during a round share it. Rejects as log and store do. */
  run(): Promise<Pruned> {
    this.#round ??= this.#prune().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.run()
        .catch(() => undefined) // told by `failure`
        .then(() => {
          if (this.#timer !== null) this.#schedule(this.#parts.limits.retentionEveryMs);
        });
    }, ms);
    // Retention alone is no reason to keep a process alive.
    this.#timer.unref();
  }

  async #prune(): Promise<Pruned> {
    const { log, store, clock, limits, applied } = this.#parts;
    if (limits.retentionMs === null) return { at: clock.now(), events: 0, runs: 0 };
    const before = clock.now() - limits.retentionMs;
    try {
      // What the graph has not seen stays, however old: a store that was away for months would else lose it.
      const [waiting] = await log.read(applied(), 1);
      const { events } = await log.prune(waiting === undefined ? before : Math.min(before, waiting.receivedAt));
      const { runs } = await store.prune(before);
      this.last = { at: clock.now(), events, runs };
      this.failure = null;
      return this.last;
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}
