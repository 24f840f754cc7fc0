/** Events begin to be turned away, or are no more. `count`: how many were meanwhile; batches count once. */
export interface TurningAway {
  readonly outcome: 'busy' | 'unavailable';
  readonly over: boolean;
  readonly reason: string;
  readonly count: number;
}

/** Nobody was turned away for so long: it is over. Shorter, and a hub at its limit would tell of it each second. */
const QUIET_MS = 10_000;

/**
 * Tells operators once that events are turned away, and once that it is over: under pressure each request is, and a line
 * for each would be more than what it is about.
 */
export class TurnedAway {
  readonly #tell: (state: TurningAway) => void;
  readonly #under = new Map<TurningAway['outcome'], { readonly reason: string; count: number; last: number }>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(tell: (state: TurningAway) => void) {
    this.#tell = tell;
  }

  /** @param reason of the first is told; those of the next are taken to be the same */
  note(outcome: TurningAway['outcome'], reason: string): void {
    const held = this.#under.get(outcome);
    if (held !== undefined) {
      held.count++;
      held.last = performance.now();
      return;
    }
    this.#under.set(outcome, { reason, count: 1, last: performance.now() });
    this.#tell({ outcome, over: false, reason, count: 1 });
    this.#lookAgain(outcome, QUIET_MS);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #lookAgain(outcome: TurningAway['outcome'], inMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const held = this.#under.get(outcome);
      if (held === undefined) return;
      const left = held.last + QUIET_MS - performance.now();
      if (left > 0) {
        this.#lookAgain(outcome, left);
        return;
      }
      this.#under.delete(outcome);
      this.#tell({ outcome, over: true, reason: held.reason, count: held.count });
    }, inMs);
    timer.unref();
    this.#timers.add(timer);
  }
}
