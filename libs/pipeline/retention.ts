import type { Clock, EventLog, GraphStore } from '#lineage';
import type { Limits } from './limits.ts';

export interface RetentionParts {
  readonly log: Pick<EventLog, 'read' | 'prune'>;
  readonly store: Pick<GraphStore, 'prune'>;
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

/**
 * The first round comes soon after a start: a hub that is restarted each half hour would else never have one. And so does
 * the next after one that failed: what was away is back by then, or it is told that it isn't.
 */
const SOON_MS = 60_000;

/** Takes what arrived before the retention's reach out of log and store, round by round. */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<Pruned> | null = null;
  last: Pruned | null = null;
  /** Why the last round failed; null: it didn't. The next round comes soon. */
  failure: string | null = null;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.limits.retentionMs !== null) this.#scheduleSoon();
  }

  /** Resolves when the running round is over, which is broken off: the next start goes on with it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
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

  #scheduleSoon(): void {
    this.#schedule(Math.min(SOON_MS, this.#parts.limits.retentionEveryMs));
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.run()
        .catch(() => undefined) // told by `failure`
        .then(() => {
          if (this.#timer === null) return;
          if (this.failure === null) this.#schedule(this.#parts.limits.retentionEveryMs);
          else this.#scheduleSoon();
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
      const { runs } = await store.prune(before, this.#stopping.signal);
      this.last = { at: clock.now(), events, runs };
      this.failure = null;
      return this.last;
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}
