const FIRST = 16;
/**
 * Behind by more than a batch, nobody has his answer soon anyway, and larger batches cost less an event: one may take this
 * many times as long, or as many times as there are batches waiting, up to the second. Where each commit takes long,
 * whatever is in it, nothing else gets out of small ones: the more wait, the larger they become, until it keeps up.
 */
const BEHIND = 4;
const FAR_BEHIND = 20;
/** How much the latest batch counts in the measured time per event. */
const WEIGHT = 0.3;

/** How many events go into the graph at once: as many as should take `applyMs`. */
export class BatchSize {
  readonly #limits: { readonly applyMs: number; readonly applyEvents: number };
  #events = FIRST;
  #msPerEvent: number | null = null;

  constructor(limits: { readonly applyMs: number; readonly applyEvents: number }) {
    this.#limits = limits;
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
    this.#msPerEvent = this.#msPerEvent === null ? latest : this.#msPerEvent + WEIGHT * (latest - this.#msPerEvent);
    const isBehind = backlog > this.#events;
    const longer = isBehind ? Math.min(FAR_BEHIND, Math.max(BEHIND, backlog / this.#events)) : 1;
    const applyMs = this.#limits.applyMs * longer;
    // At most twice the last size: a single fast batch says little about a large one.
    const most = Math.min(this.#limits.applyEvents, this.#events * 2);
    // Where a commit takes longer than a batch should, whatever is in it, each smaller batch would make an event dearer
    // and so the next one smaller still, down to one: not while others wait.
    const least = isBehind ? FIRST : 1;
    this.#events = Math.min(most, Math.max(least, Math.floor(applyMs / Math.max(this.#msPerEvent, 0.001))));
  }

  /** A transaction that was too large for the store gets through in smaller ones. */
  failed(): void {
    this.#events = Math.max(1, Math.floor(this.#events / 2));
  }
}
