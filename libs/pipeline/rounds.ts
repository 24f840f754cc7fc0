const RETRY_MS = 1_000;
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Rounds of one task, one after the other: when woken, when the last one asked for it, and a second after one that failed.
 * Wakes that come before a round has begun are that round.
 */
export class Rounds {
  readonly #round: () => Promise<number | null>;
  #queue: Promise<void> = Promise.resolve();
  #isGoing = false;
  #isWoken = false;
  #timer: NodeJS.Timeout | null = null;
  #failure: string | null = null;

  /** @param round resolves with when to look again, ms from now; null: not before it is woken */
  constructor(round: () => Promise<number | null>) {
    this.#round = round;
  }

  get isGoing(): boolean {
    return this.#isGoing;
  }

  /** Why the last round failed, which the next one makes up for; null: it didn't. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Wakes are heeded from now on. */
  start(): void {
    this.#isGoing = true;
  }

  wake(): void {
    if (!this.#isGoing || this.#isWoken) return;
    this.#isWoken = true;
    this.#queue = this.#queue.then(() => {
      this.#isWoken = false;
      return this.#isGoing ? this.#roundOrRetry() : undefined;
    });
  }

  /** Resolves after a round of its own. Rejects when that fails. */
  settled(): Promise<void> {
    const done = this.#queue.then(async () => void (await this.#round()));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Resolves when the round that is going on has ended. */
  async stop(): Promise<void> {
    this.#isGoing = false;
    this.#sleep(null);
    await this.#queue;
  }

  async #roundOrRetry(): Promise<void> {
    try {
      const again = await this.#round();
      this.#failure = null;
      this.#sleep(again);
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      this.#sleep(RETRY_MS);
    }
  }

  #sleep(ms: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (ms === null || !this.#isGoing) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(1, ms), LONGEST_TIMER));
    this.#timer.unref();
  }
}
