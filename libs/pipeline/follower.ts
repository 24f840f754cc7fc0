import type { EventLog, GraphStore, LoggedEvent, Signal } from '#lineage';
import type { Limits } from './limits.ts';
import { PositionWaiters } from './position-waiters.ts';
import { type Progress, type ProgressState, StoreAheadOfLog, secondsUntilRoom } from './progress.ts';

export interface FollowerParts {
  readonly log: Pick<EventLog, 'head'>;
  readonly store: Pick<GraphStore, 'applied'>;
  readonly limits: Limits;
  readonly onApplied: () => void;
  readonly onState: (state: ProgressState) => void;
}

/** How much the latest look counts in the measured rate. */
const WEIGHT = 0.3;

/** Sees how far others applied the log: they say it, and a look each `lookMs` finds what wasn't heard. */
export class Follower implements Progress {
  readonly #parts: FollowerParts;
  readonly #waiters = new PositionWaiters();
  #applied = 0;
  #head = 0;
  #rate: number | null = null;
  #looked = { at: 0, applied: 0 };
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #state: ProgressState = { retrying: false, reason: null };
  retries = 0;
  readonly faults = 0;

  constructor(parts: FollowerParts) {
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

  get rate(): number | null {
    return this.#rate;
  }

  async start(): Promise<void> {
    // In this order: what is appended and applied between the two must not look as if the log had lost it.
    const applied = await this.#parts.store.applied();
    const head = await this.#parts.log.head();
    if (applied > head) throw new StoreAheadOfLog(applied, head);
    this.#applied = applied;
    this.#head = head;
    this.#looked = { at: performance.now(), applied };
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, this.#parts.limits.lookMs);
    this.#timer.unref();
  }

  /** Nothing of the backlog is this process's to apply. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
    this.#waiters.letGo();
  }

  offer(events: readonly LoggedEvent[]): void {
    for (const { position } of events) this.#head = Math.max(this.#head, position);
  }

  hear({ kind, position }: Signal): void {
    this.#head = Math.max(this.#head, position);
    if (kind === 'applied') this.#advance(position);
  }

  pressure(): number | null {
    return secondsUntilRoom(this.backlog, this.#parts.limits.backlogEvents, this.#state.retrying ? null : this.#rate);
  }

  async waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }> {
    // Another process may have given it out a moment ago; where the log is away, the position is as good as unknown.
    if (position > this.#head) await this.#look();
    if (position > this.#applied && position <= this.#head && this.#timer !== null)
      await this.#waiters.wait(position, timeoutMs);
    return { reached: position <= this.#applied, applied: this.#applied };
  }

  async #look(): Promise<void> {
    try {
      const applied = await this.#parts.store.applied();
      const head = await this.#parts.log.head();
      if (head < this.#head || applied > head) throw new StoreAheadOfLog(Math.max(applied, this.#head), head);
      this.#head = Math.max(this.#head, head);
      this.#measure(applied);
      this.#advance(applied);
      this.#setState({ retrying: false, reason: null });
    } catch (error) {
      this.retries++;
      this.#setState({ retrying: true, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #measure(applied: number): void {
    const now = performance.now();
    const seconds = (now - this.#looked.at) / 1000;
    const events = applied - this.#looked.applied;
    this.#looked = { at: now, applied };
    // Where nothing was to be done, nothing is learned.
    if (events <= 0 || seconds <= 0) return;
    const latest = events / seconds;
    this.#rate = this.#rate === null ? latest : this.#rate + WEIGHT * (latest - this.#rate);
  }

  #advance(applied: number): void {
    if (applied > this.#applied) {
      this.#applied = applied;
      this.#waiters.reached(applied);
    }
    // Also without events: time and people change the graph too.
    this.#parts.onApplied();
  }

  #setState(state: ProgressState): void {
    if (state.retrying === this.#state.retrying && state.reason === this.#state.reason) return;
    this.#state = state;
    this.#parts.onState(state);
  }
}
