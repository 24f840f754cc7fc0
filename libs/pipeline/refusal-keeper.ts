import type { EventLog, Refusal } from '#lineage';
import type { Limits } from './limits.ts';

/** Refusals in one call to the log, so that a flood of them takes turns with appends. */
const CALL_REFUSALS = 100;
/** UTF-16 units of bodies that wait. */
const WAITING_UNITS = 32 * 1024 * 1024;

type NewRefusal = Omit<Refusal, 'id'>;

interface Waiting {
  readonly refusal: NewRefusal;
  readonly stored: (id: string | null) => void;
}

/**
 * Stores refusals beside the way in: one call to the log at a time, whatever waits goes with the next. What doesn't fit
 * the bounds, or fails, is counted as lost; nobody is kept from sending events by what was refused to others.
 */
export class RefusalKeeper {
  readonly #log: EventLog;
  readonly #limits: Limits;
  #waiting: Waiting[] = [];
  #units = 0;
  #running: Promise<void> | null = null;
  lost = 0;

  constructor(log: EventLog, limits: Limits) {
    this.#log = log;
    this.#limits = limits;
  }

  /** The refusal's id once it is stored; null when it is lost. Never rejects. */
  keep(refusal: NewRefusal): Promise<string | null> {
    const units = unitsOf(refusal);
    if (this.#waiting.length >= this.#limits.refusalsWaiting || this.#units + units > WAITING_UNITS) {
      this.lost++;
      return Promise.resolve(null);
    }
    this.#units += units;
    return new Promise((stored) => {
      this.#waiting.push({ refusal, stored });
      this.#running ??= this.#run();
    });
  }

  /** As keep; but where storing takes longer than `refusalWaitMs`, null, while it goes on. */
  async keepBriefly(refusal: NewRefusal): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, this.#limits.refusalWaitMs, null);
    });
    try {
      return await Promise.race([this.keep(refusal), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, CALL_REFUSALS);
      this.#waiting = this.#waiting.slice(CALL_REFUSALS);
      for (const { refusal } of batch) this.#units -= unitsOf(refusal);
      const ids = await this.#store(batch.map(({ refusal }) => refusal));
      batch.forEach(({ stored }, i) => {
        stored(ids[i] ?? null);
      });
    }
    this.#running = null;
  }

  async #store(refusals: readonly NewRefusal[]): Promise<readonly string[]> {
    try {
      return await this.#log.refuse(refusals);
    } catch {
      // The log says so itself when it can't be written; a refusal has no one else to turn to.
      this.lost += refusals.length;
      return [];
    }
  }
}

const unitsOf = (refusal: NewRefusal): number => refusal.body?.length ?? 0;
