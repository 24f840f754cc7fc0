import type { Incident, IncidentFeed } from '#rules';

const LOOK_MS = 1_000;

/** Tells what happened to incidents, whichever process did it: as they are then, while somebody listens. */
export class IncidentFollower {
  readonly #feed: IncidentFeed;
  readonly #listeners = new Set<(incidents: readonly Incident[]) => void>();
  /** null: from what comes next on. */
  #revision: number | null = null;
  #looking: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(feed: IncidentFeed) {
    this.#feed = feed;
  }

  /** Returns its removal. */
  listen(listener: (incidents: readonly Incident[]) => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === null) {
      this.#timer = setInterval(() => this.look(), LOOK_MS);
      this.#timer.unref();
      this.look();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** Something may have happened. What can't be read is read at the next call. */
  look(): void {
    if (this.#timer === null) return;
    this.#again = true;
    this.#looking ??= this.#read().finally(() => {
      this.#looking = null;
    });
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
    this.#rest();
    await this.#looking;
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#revision = null;
  }

  async #read(): Promise<void> {
    while (this.#again && this.#timer !== null) {
      this.#again = false;
      try {
        const { revision, incidents } = await this.#feed.incidentsSince(this.#revision);
        if (this.#timer === null) return;
        this.#revision = revision;
        if (incidents.length > 0) for (const listener of this.#listeners) listener(incidents);
      } catch {
        // The store's absence is told by who decides.
        return;
      }
    }
  }
}
