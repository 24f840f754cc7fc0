import type { ApplyFault, Change, Clock, EventLog, GraphStore, LoggedEvent } from '#lineage';
import type { Limits } from './limits.ts';

export interface ApplierParts {
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly onChanges: (changes: readonly Change[]) => void;
  /** Called before the next batch; it is waited for, so that no fault is lost while the store runs ahead. */
  readonly onFaults: (faults: readonly ApplyFault[], batch: readonly LoggedEvent[]) => Promise<void>;
  readonly onState: (state: ApplierState) => void;
}

/** `reason`: why the last attempt failed; null: it did not. */
export interface ApplierState {
  readonly retrying: boolean;
  readonly reason: string | null;
}

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
}

/** The store is beyond the log: the log was lost or is an older copy, and new events would be taken for applied ones. */
export class StoreAheadOfLog extends Error {
  override readonly name = 'StoreAheadOfLog';

  constructor(applied: number, head: number) {
    super(
      `the graph has applied position ${applied}, the event log ends at ${head}: they don't belong together. ` +
        'Restore both from one backup, or remove the graph to rebuild it from the log',
    );
  }
}

const FIRST_BATCH = 16;
/** Behind by more than a batch, nobody has his answer soon anyway: larger batches cost less an event. */
const BEHIND = 4;
/** How much the latest batch counts in the measured time per event. */
const WEIGHT = 0.3;
const RETRY_AFTER_MAX_S = 60;
/** Without a measure yet, or while the store is away. */
const RETRY_AFTER_UNKNOWN_S = 5;

/**
 * Follows the log: every durable event goes to the store once, in order, in micro-batches, one at a time.
 *
 * Fresh events are handed over in memory; only what isn't there (after a start, or when the backlog outgrew its
 * memory) is read from the log. The memory holds the oldest ones, since they are the next ones to go:
 * ```
 * applied          memory                    head
 *    10     11 12 13 14 (budget reached)      20        11–14 go from memory, 15–20 are read from the log
 * ```
 */
export class Applier {
  readonly #parts: ApplierParts;
  #applied = 0;
  #head = 0;
  readonly #memory = new Map<number, LoggedEvent>();
  #memoryUnits = 0;
  #waiters = new Set<Waiter>();
  #running: Promise<void> | null = null;
  #following = false;
  #wake: (() => void) | null = null;
  #msPerEvent: number | null = null;
  #batchEvents = FIRST_BATCH;
  #state: ApplierState = { retrying: false, reason: null };
  retries = 0;
  faults = 0;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
  }

  get applied(): number {
    return this.#applied;
  }

  get head(): number {
    return this.#head;
  }

  get backlog(): number {
    return Math.max(0, this.#head - this.#applied);
  }

  get state(): ApplierState {
    return this.#state;
  }

  /** Events per second; null: not measured yet. */
  get rate(): number | null {
    return this.#msPerEvent === null ? null : 1000 / Math.max(this.#msPerEvent, 0.001);
  }

  /** Rejects when store or log can't be read, and with StoreAheadOfLog. */
  async start(): Promise<void> {
    const [applied, head] = await Promise.all([this.#parts.store.applied(), this.#parts.log.head()]);
    if (applied > head) throw new StoreAheadOfLog(applied, head);
    this.#applied = applied;
    this.#head = head;
    this.#following = true;
    this.#go();
  }

  /** Waits until the backlog is applied, `drainMs` at most, then as long for the batch that the store has. */
  async stop(drainMs: number): Promise<void> {
    if (!this.#following) return;
    await this.waitFor(this.#head, drainMs);
    this.#following = false;
    this.#wake?.();
    // Whether the batch went in, if the store never answers, is for the next start to find out.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    for (const waiter of this.#waiters) waiter.resolve();
  }

  /** Events that became durable. Out of order is fine: what isn't next yet waits. */
  offer(events: readonly LoggedEvent[]): void {
    const { memoryEvents, memoryBytes } = this.#parts.limits;
    for (const event of events) {
      this.#head = Math.max(this.#head, event.position);
      const room = this.#memory.size < memoryEvents && this.#memoryUnits + event.body.length <= memoryBytes;
      if (!room || event.position <= this.#applied) continue;
      this.#memory.set(event.position, event);
      this.#memoryUnits += event.body.length;
    }
    this.#go();
  }

  /** Whole seconds after which the backlog should be below its limit again; null: it is. */
  pressure(): number | null {
    const over = this.backlog - this.#parts.limits.backlogEvents;
    if (over < 0) return null;
    const { rate } = this;
    if (rate === null || this.#state.retrying) return RETRY_AFTER_UNKNOWN_S;
    // A tenth below the limit, else all who were sent away come back to a full house.
    const seconds = (over + this.#parts.limits.backlogEvents / 10) / rate;
    return Math.min(RETRY_AFTER_MAX_S, Math.max(1, Math.ceil(seconds)));
  }

  async waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }> {
    if (position > this.#applied && position <= this.#head && this.#following) {
      await new Promise<void>((resolve) => {
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
    return { reached: position <= this.#applied, applied: this.#applied };
  }

  #go(): void {
    if (!this.#following || this.#running !== null || this.backlog === 0) return;
    this.#running = this.#follow().finally(() => {
      this.#running = null;
      // Events may have come between the loop's last look and here.
      this.#go();
    });
  }

  async #follow(): Promise<void> {
    let failures = 0;
    while (this.#following && this.backlog > 0) {
      try {
        const batch = this.#fromMemory() ?? (await this.#fromLog());
        if (batch.length > 0) await this.#apply(batch);
        failures = 0;
        this.#setState({ retrying: false, reason: null });
      } catch (error) {
        this.retries++;
        this.#setState({ retrying: true, reason: error instanceof Error ? error.message : String(error) });
        // A transaction that was too large for the store gets through in smaller ones.
        this.#batchEvents = Math.max(1, Math.floor(this.#batchEvents / 2));
        await this.#pause(failures++);
      }
    }
  }

  async #apply(batch: readonly LoggedEvent[]): Promise<void> {
    const started = performance.now();
    const { changes, faults, applied } = await this.#parts.store.apply(batch);
    const last = batch.at(-1)?.position ?? applied;
    // A store that answers, but doesn't move, would be asked the same for ever at full speed.
    if (applied < last) throw new Error(`the graph says that ${applied} is applied after a batch up to ${last}`);
    this.#measure(batch.length, performance.now() - started);
    this.#advance(applied);
    if (faults.length > 0) {
      this.faults += faults.length;
      await this.#parts.onFaults(faults, batch);
    }
    if (changes.length > 0) this.#parts.onChanges(changes);
  }

  #advance(applied: number): void {
    for (let position = this.#applied + 1; position <= applied && this.#memory.size > 0; position++) {
      const event = this.#memory.get(position);
      if (event === undefined) continue;
      this.#memory.delete(position);
      this.#memoryUnits -= event.body.length;
    }
    this.#applied = applied;
    for (const waiter of this.#waiters) if (waiter.position <= applied) waiter.resolve();
  }

  /** null: the next event isn't in memory. */
  #fromMemory(): LoggedEvent[] | null {
    const batch: LoggedEvent[] = [];
    let units = 0;
    for (let position = this.#applied + 1; batch.length < this.#batchEvents; position++) {
      const event = this.#memory.get(position);
      if (event === undefined) break;
      units += event.body.length;
      if (batch.length > 0 && units > this.#parts.limits.applyBytes) break;
      batch.push(event);
    }
    return batch.length === 0 ? null : batch;
  }

  async #fromLog(): Promise<readonly LoggedEvent[]> {
    const events = await this.#parts.log.read(this.#applied, this.#batchEvents);
    // Nothing left to read below the head: retention took it. Waiting for it would be for ever.
    if (events.length === 0) this.#advance(this.#head);
    return events;
  }

  /** The next batch's size: as much as should take `applyMs`. */
  #measure(events: number, ms: number): void {
    const latest = ms / events;
    this.#msPerEvent = this.#msPerEvent === null ? latest : this.#msPerEvent + WEIGHT * (latest - this.#msPerEvent);
    const { applyEvents } = this.#parts.limits;
    const applyMs = this.#parts.limits.applyMs * (this.backlog > this.#batchEvents ? BEHIND : 1);
    // At most twice the last size: a single fast batch says little about a large one.
    const fitting = Math.min(Math.floor(applyMs / Math.max(this.#msPerEvent, 0.001)), this.#batchEvents * 2);
    this.#batchEvents = Math.max(1, Math.min(applyEvents, fitting));
  }

  async #pause(failures: number): Promise<void> {
    const { retryMs, retryMaxMs } = this.#parts.limits;
    const ms = Math.min(retryMaxMs, retryMs * 2 ** Math.min(failures, 20));
    await new Promise<void>((resolve) => {
      // stop() ends the pause.
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  #setState(state: ApplierState): void {
    if (state.retrying === this.#state.retrying && state.reason === this.#state.reason) return;
    this.#state = state;
    this.#parts.onState(state);
  }
}
