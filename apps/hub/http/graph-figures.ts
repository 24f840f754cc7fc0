import { type Clock, type Counts, type GraphStore, LOCAL_VIEWER, offersFigures } from '#lineage';

const EVERY_MS = 60_000;

/** What metrics tell of the graph. A store that is away tells what it told last: a scrape says more without it than nothing. */
export class GraphFigures {
  readonly #store: GraphStore;
  readonly #clock: Clock;
  #counts: Counts | null = null;
  #countedAt = Number.NEGATIVE_INFINITY;
  #rederived = 0;

  constructor(store: GraphStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  get tellsRederived(): boolean {
    return offersFigures(this.#store);
  }

  /** To count is to read whole indexes: not at each scrape. null: it could not be counted yet. */
  async counts(): Promise<Counts | null> {
    const now = this.#clock.now();
    if (now - this.#countedAt < EVERY_MS) return this.#counts;
    this.#countedAt = now;
    try {
      this.#counts = await this.#store.reader(LOCAL_VIEWER).counts();
    } catch {
      // What was counted last stays.
    }
    return this.#counts;
  }

  /** Never falls while the process runs. */
  async rederived(): Promise<number> {
    try {
      if (offersFigures(this.#store)) this.#rederived = (await this.#store.figures()).rederived;
    } catch {
      // A counter that fell would look like a restart.
    }
    return this.#rederived;
  }
}
