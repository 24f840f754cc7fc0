import type { Change, Clock, GraphStore } from '#lineage';
import type { Pipeline } from '#pipeline';

/** How soon after its deadline a change that time alone brings (SILENT, STALLED) is found. */
const TICK_EVERY_MS = 5_000;

export interface ChangeFeedParts {
  readonly pipeline: Pick<Pipeline, 'onChanges'>;
  readonly store: Pick<GraphStore, 'tick'>;
  readonly clock: Clock;
  /** The store could not tell what time brought; it is asked again. */
  readonly onFailure: (error: unknown) => void;
}

/** Everything that changes the graph, for those who follow it: what events change, and what time alone does. */
export class ChangeFeed {
  readonly #parts: ChangeFeedParts;
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();
  #timer: NodeJS.Timeout | null = null;
  #ticking: Promise<void> | null = null;

  constructor(parts: ChangeFeedParts) {
    this.#parts = parts;
  }

  onChanges(listener: (changes: readonly Change[]) => void): () => void {
    const ofEvents = this.#parts.pipeline.onChanges(listener);
    this.#listeners.add(listener);
    return () => {
      ofEvents();
      this.#listeners.delete(listener);
    };
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      // One at a time: a store that is slow now would only get slower.
      this.#ticking ??= this.#tick().finally(() => {
        this.#ticking = null;
      });
    }, TICK_EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    try {
      const changes = await this.#parts.store.tick(this.#parts.clock.now());
      if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
    } catch (error) {
      this.#parts.onFailure(error);
    }
  }
}
