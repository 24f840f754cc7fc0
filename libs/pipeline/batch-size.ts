const FIRST = 16;
/** Behind by more than a batch, nobody has his answer soon anyway, and larger batches cost less an event. */
const BEHIND = 4;
/**
 * So many times as long as a batch should, half of what waits may take. Where each commit takes long, whatever is in it,
 * small ones never catch up: the more wait, the larger they become. Not longer: what people say waits for a commit, and
 * the turn of a worker is twice as long as it may take to begin one.
 */
const FAR_BEHIND = 30;
/** What was too large is tried again some day: so much more after each batch that went well. */
const REGAINED = 1.01;
/** How much the latest batch counts in the measured time per event. */
const WEIGHT = 0.3;

/** How many events go into the graph at once: as many as should take `applyMs`. */
export class BatchSize {
  readonly #limits: { readonly applyMs: number; readonly applyEvents: number };
  #events = FIRST;
  /** What the store takes at once, as far as is known. */
  #most: number;
  #msPerEvent: number | null = null;

  constructor(limits: { readonly applyMs: number; readonly applyEvents: number }) {
    this.#limits = limits;
    this.#most = limits.applyEvents;
  }

  get events(): number {
    return this.#events;
  }

  /** null: nothing was measured. */
  get msPerEvent(): number | null {
    return this.#msPerEvent;
  }

  /** @param backlog events that still wait */
  took(events: number, ms: number, backlog: number): void {
    const latest = ms / events;
    const msPerEvent = this.#msPerEvent === null ? latest : this.#msPerEvent + WEIGHT * (latest - this.#msPerEvent);
    this.#msPerEvent = msPerEvent;
    const isBehind = backlog > this.#events;
    this.#most = Math.min(this.#limits.applyEvents, this.#most * REGAINED);
    // At most twice the last size: a single fast batch says little about a large one.
    const most = Math.min(Math.floor(this.#most), this.#events * 2);
    const within = (times: number): number => Math.floor((times * this.#limits.applyMs) / Math.max(msPerEvent, 0.001));
    // Where a commit takes longer than a batch should, whatever is in it, each smaller batch would make an event dearer
    // and so the next one smaller still, down to one: not while others wait.
    const wanted = isBehind
      ? Math.max(FIRST, within(BEHIND), Math.min(Math.floor(backlog / 2), within(FAR_BEHIND)))
      : Math.max(1, within(1));
    this.#events = Math.min(most, wanted);
  }

  /** Whatever it was, a smaller one is likelier to get through. */
  failed(): void {
    this.#events = Math.max(1, Math.floor(this.#events / 2));
  }

  /** The store takes so many events at once, and no more. */
  tooLarge(events: number): void {
    this.#most = Math.max(1, Math.floor(events / 2));
    this.#events = Math.min(this.#events, this.#most);
  }
}
