import type { EventLog, GraphStore, LoggedEvent, Signal } from '#lineage';
import type { Limits } from './limits.ts';
import { type Progress, type ProgressState, secondsUntilRoom } from './progress.ts';
import { Reach } from './reach.ts';

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
  readonly #reach: Reach;
  #rate: number | null = null;
  #looked = { at: 0, applied: 0 };
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  retries = 0;
  readonly faults = 0;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#reach = new Reach(parts.onState);
  }

  get applied(): number {
    return this.#reach.applied;
  }

  get head(): number {
    return this.#reach.head;
  }

  get backlog(): number {
    return this.#reach.backlog;
  }

  get rate(): number | null {
    return this.#rate;
  }

  async start(): Promise<void> {
    await this.#reach.look(this.#parts.log, this.#parts.store);
    this.#looked = { at: performance.now(), applied: this.applied };
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
    this.#reach.letGo();
  }

  offer(events: readonly LoggedEvent[]): void {
    for (const { position } of events) this.#reach.heard(position);
  }

  hear({ kind, position }: Signal): void {
    this.#reach.heard(position);
    if (kind !== 'applied') return;
    this.#reach.advance(position);
    this.#parts.onApplied();
  }

  pressure(): number | null {
    return secondsUntilRoom(this.backlog, this.#parts.limits.backlogEvents, this.#reach.retrying ? null : this.#rate);
  }

  async waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }> {
    // Another process may have given it out a moment ago; where the log is away, the position is as good as unknown.
    if (position > this.head) await this.#look();
    if (this.#timer !== null) await this.#reach.wait(position, timeoutMs);
    return { reached: position <= this.applied, applied: this.applied };
  }

  async #look(): Promise<void> {
    try {
      await this.#reach.look(this.#parts.log, this.#parts.store);
      this.#measure(this.applied);
      // Also without events: time and people change the graph too.
      this.#parts.onApplied();
      this.#reach.goesWell();
    } catch (error) {
      this.retries++;
      this.#reach.failed(error);
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
}
