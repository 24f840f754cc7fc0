import { CAUSED_WITHIN, CLOCKS_APART, canBeGuessed, type Decision, type DecisionStore, mayStartRuns } from '#rules';

/** What may have caused a change: our own decisions. */
export interface Causes {
  readonly kept: Pick<DecisionStore, 'askedFor' | 'decisions'>;
  /** One that may have started a run was ever made. */
  readonly any: boolean;
  /** Those that may have started what began lately, newest first. */
  readonly recent: readonly Decision[];
}

/** Beyond that the older ones are known by their key alone. */
const MOST_RECENT = 5_000;

interface Known {
  readonly any: boolean;
  readonly recent: readonly Decision[];
}

/** The decisions that may have started runs, at hand: each change is asked about them. */
export class Starters {
  readonly #kept: Pick<DecisionStore, 'starters' | 'askedFor' | 'decisions'>;
  /** null: to be read. `any`: one was ever made. */
  #known: Known | null = null;

  constructor(kept: Pick<DecisionStore, 'starters' | 'askedFor' | 'decisions'>) {
    this.#kept = kept;
  }

  /** Somebody else may have decided. */
  forget(): void {
    this.#known = null;
  }

  /** These were kept. */
  add(decisions: readonly Decision[]): void {
    if (this.#known === null) return;
    const starting = decisions.filter(mayStartRuns);
    if (starting.length === 0) return;
    const recent = [...starting.filter(canBeGuessed).reverse(), ...this.#known.recent].slice(0, MOST_RECENT);
    this.#known = { any: true, recent };
  }

  /** @param now ms */
  async at(now: number): Promise<Causes> {
    // Runs are looked at that began at some time before now.
    const since = now - 2 * CAUSED_WITHIN - CLOCKS_APART;
    const known = this.#known ?? (await this.#read(since));
    this.#known = known;
    const { any, recent } = known;
    return { kept: this.#kept, any, recent: recent.filter(({ at }) => at >= since) };
  }

  async #read(since: number): Promise<Known> {
    const [recent, last] = await Promise.all([this.#kept.starters(since, MOST_RECENT), this.#kept.starters(0, 1)]);
    return { any: last.length > 0, recent: recent.filter(canBeGuessed) };
  }
}
