export interface ServerState {
  readonly name: string;
  readonly state: 'up' | 'down';
  /** Why it is down; else null. */
  readonly reason: string | null;
}

export interface ServerWatchParts {
  /** By the server's name: something small that only its answer can resolve. */
  readonly asks: Readonly<Record<string, () => Promise<unknown>>>;
  /** Told once for each time that a server goes or comes back. */
  readonly onChange: (state: ServerState) => void;
  readonly everyMs?: number;
  /** Whoever answers later than this is as good as away. */
  readonly withinMs?: number;
}

/** Asks servers now and then whether they are there. */
export class ServerWatch {
  readonly #parts: ServerWatchParts;
  readonly #states = new Map<string, ServerState>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(parts: ServerWatchParts) {
    this.#parts = parts;
    for (const name of Object.keys(parts.asks)) this.#states.set(name, { name, state: 'up', reason: null });
  }

  states(): readonly ServerState[] {
    return [...this.#states.values()];
  }

  start(): void {
    for (const [name, ask] of Object.entries(this.#parts.asks)) {
      let asking = false;
      const look = async (): Promise<void> => {
        // A question that was never answered is not asked again: its answer tells that the server is back.
        if (asking) return;
        asking = true;
        const late = setTimeout(
          () => this.#enter(name, `it has not answered for ${this.#withinMs / 1_000} s`),
          this.#withinMs,
        );
        try {
          await ask();
          this.#enter(name, null);
        } catch (error) {
          this.#enter(name, error instanceof Error ? error.message : String(error));
        } finally {
          clearTimeout(late);
          asking = false;
        }
      };
      const timer = setInterval(() => void look(), this.#parts.everyMs ?? 1_000);
      timer.unref();
      this.#timers.push(timer);
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.length = 0;
  }

  get #withinMs(): number {
    return this.#parts.withinMs ?? 3_000;
  }

  #enter(name: string, reason: string | null): void {
    const state = reason === null ? 'up' : 'down';
    const before = this.#states.get(name)?.state;
    const next = { name, state, reason } as const;
    this.#states.set(name, next);
    // Reasons vary from one attempt to the next; whether it is there is what is told.
    if (before !== state && this.#timers.length > 0) this.#parts.onChange(next);
  }
}
