interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
}

/** Who waits until a position is applied. */
export class PositionWaiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves when the position is reached, after `timeoutMs`, or when all are let go. */
  wait(position: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.resolve(), timeoutMs);
      const waiter: Waiter = {
        position,
        resolve: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  reached(applied: number): void {
    for (const waiter of this.#waiters) if (waiter.position <= applied) waiter.resolve();
  }

  letGo(): void {
    for (const waiter of this.#waiters) waiter.resolve();
  }
}
