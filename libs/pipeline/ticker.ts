import type { Change, GraphStore } from '#lineage';

export interface TickerParts {
  readonly store: GraphStore;
  /** What time it is for the graph, ms. */
  readonly asOf: () => number;
  readonly everyMs: number;
  readonly onChanges: (changes: readonly Change[]) => void;
}

/**
 * Tells the store the time, so that what time alone changes (a job falls silent) is found when it is due and not when
 * somebody asks. The store keeps its deadlines in order: a tick without a due one costs one look.
 */
export class Ticker {
  readonly #parts: TickerParts;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  /** Why the last tick failed; null: it didn't. The next one makes up for it. */
  failure: string | null = null;

  constructor(parts: TickerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#tick().finally(() => {
        this.#running = null;
      });
    }, this.#parts.everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  async #tick(): Promise<void> {
    const { store, asOf, onChanges } = this.#parts;
    try {
      const changes = await store.tick(asOf());
      this.failure = null;
      if (changes.length > 0) onChanges(changes);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }
}
