import {
  type ApplyFault,
  BatchTooLarge,
  type Change,
  type Clock,
  type EventLog,
  type GraphStore,
  type LoggedEvent,
  type Signal,
  takesTurns,
} from '#lineage';
import { BatchSize } from './batch-size.ts';
import { FreshEvents } from './fresh-events.ts';
import type { Limits } from './limits.ts';
import { type Progress, type ProgressState, secondsUntilRoom } from './progress.ts';
import { Reach } from './reach.ts';

export interface ApplierParts {
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Other processes append to the log too: what isn't heard of them is found by a look each `lookMs`. */
  readonly shared: boolean;
  readonly onChanges: (changes: readonly Change[]) => void;
  /** Told with each batch that went in. */
  readonly onApplied: (applied: number) => void;
  /** Called before the next batch; it is waited for, so that no fault is lost while the store runs ahead. */
  readonly onFaults: (faults: readonly ApplyFault[], batch: readonly LoggedEvent[]) => Promise<void>;
  readonly onState: (state: ProgressState) => void;
}

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
export class Applier implements Progress {
  readonly #parts: ApplierParts;
  readonly #reach: Reach;
  readonly #fresh: FreshEvents;
  #running: Promise<void> | null = null;
  /** What comes after the batch that the store has. */
  #ahead: { readonly after: number; readonly events: Promise<readonly LoggedEvent[]> } | null = null;
  #looking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #following = false;
  #wake: (() => void) | null = null;
  readonly #size: BatchSize;
  /** As of when deadlines were judged last, ms. */
  #judged = 0;
  retries = 0;
  faults = 0;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
    this.#size = new BatchSize(parts.limits);
    this.#reach = new Reach(parts.onState);
    this.#fresh = new FreshEvents(parts.limits);
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

  /**
   * As of when deadlines are judged, ms: now, where the graph has all that arrived, else when that arrived which it has. What meets a
   * deadline may be waiting; of what it is not yet known, after a start, nothing is judged.
   */
  asOf(): number {
    if (this.backlog === 0) this.#judged = this.#parts.clock.now();
    return this.#judged;
  }

  get rate(): number | null {
    const { msPerEvent } = this.#size;
    return msPerEvent === null ? null : 1000 / Math.max(msPerEvent, 0.001);
  }

  async start(): Promise<void> {
    await this.#reach.look(this.#parts.log, this.#parts.store);
    this.#following = true;
    if (this.#parts.shared) {
      this.#timer = setInterval(() => {
        this.#looking ??= this.#look().finally(() => {
          this.#looking = null;
        });
      }, this.#parts.limits.lookMs);
      this.#timer.unref();
    }
    this.#go();
  }

  /** Waits until the backlog is applied, `drainMs` at most, then as long for the batch that the store has. */
  async stop(drainMs: number): Promise<void> {
    if (!this.#following) return;
    await this.waitFor(this.head, drainMs);
    this.#following = false;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#wake?.();
    // Whether the batch went in, if the store never answers, is for the next start to find out.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    this.#reach.letGo();
  }

  /** Out of order is fine: what isn't next yet waits. */
  offer(events: readonly LoggedEvent[]): void {
    for (const event of events) {
      this.#reach.heard(event.position);
      if (event.position > this.applied) this.#fresh.offer(event);
    }
    this.#go();
  }

  /** What another process appended is read from the log. */
  hear({ position }: Signal): void {
    this.#reach.heard(position);
    this.#go();
  }

  pressure(): number | null {
    return secondsUntilRoom(this.backlog, this.#parts.limits.backlogEvents, this.#reach.retrying ? null : this.rate);
  }

  async waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }> {
    // Another process may have given it out a moment ago; where the log is away, the position is as good as unknown.
    if (this.#parts.shared && position > this.head) await this.#look();
    if (this.#following) await this.#reach.wait(position, timeoutMs);
    return { reached: position <= this.applied, applied: this.applied };
  }

  async #look(): Promise<void> {
    try {
      await this.#reach.lookAtLog(this.#parts.log);
      this.#go();
      // A store that is being closed isn't asked any more.
      if (this.#running !== null || !this.#following) return;
      // Whether what comes next could be applied is known before it comes.
      await this.#anotherApplies();
      if (this.#running === null) this.#reach.goesWell();
    } catch (error) {
      if (this.#running === null) this.#reach.failed(error);
    }
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
        if (await this.#anotherApplies()) {
          await this.#pause(0);
          continue;
        }
        const fresh = this.#fresh.from(this.applied + 1, this.#size.events, this.#parts.limits.applyBytes);
        const batch = fresh.length > 0 ? fresh : await this.#fromLog();
        if (batch.length > 0 && !(await this.#fits(batch))) continue;
        failures = 0;
        this.#reach.goesWell();
      } catch (error) {
        this.retries++;
        this.#reach.failed(error);
        this.#size.failed();
        await this.#pause(failures++);
      }
    }
  }

  /** Where several workers write one graph: it is another's turn, and what that one applied is applied here too. */
  async #anotherApplies(): Promise<boolean> {
    const { store } = this.#parts;
    if (!takesTurns(store) || (await store.takeTurn())) return false;
    this.#advance(await store.applied());
    return true;
  }

  /** Applies it, unless less has to be tried: at once, since nothing is wrong with the store. */
  async #fits(batch: readonly LoggedEvent[]): Promise<boolean> {
    try {
      await this.#apply(batch);
      return true;
    } catch (error) {
      if (!(error instanceof BatchTooLarge) || batch.length === 1) throw error;
      this.retries++;
      this.#size.tooLarge(batch.length);
      return false;
    }
  }

  async #apply(batch: readonly LoggedEvent[]): Promise<void> {
    const started = performance.now();
    const end = batch.at(-1);
    const asOf = end === undefined ? this.#judged : this.#whenHeld(end);
    const { changes, faults, applied } = await this.#parts.store.apply(batch, asOf);
    this.#judged = asOf;
    const last = end?.position ?? applied;
    // A store that answers, but doesn't move, would be asked the same for ever at full speed.
    if (applied < last) throw new Error(`the graph says that ${applied} is applied after a batch up to ${last}`);
    this.#size.took(batch.length, performance.now() - started, this.backlog);
    this.#advance(applied);
    if (faults.length > 0) {
      this.faults += faults.length;
      await this.#parts.onFaults(faults, batch);
    }
    if (changes.length > 0) this.#parts.onChanges(changes);
    this.#parts.onApplied(applied);
  }

  /** Now, where nothing waits behind it; never before what was judged already: clocks of several doors differ. */
  #whenHeld({ position, receivedAt }: LoggedEvent): number {
    const now = this.#parts.clock.now();
    return position >= this.head ? now : Math.min(now, Math.max(receivedAt, this.#judged));
  }

  #advance(applied: number): void {
    this.#fresh.forget(applied);
    this.#reach.advance(applied);
  }

  async #fromLog(): Promise<readonly LoggedEvent[]> {
    const events = (await this.#readAhead()) ?? (await this.#parts.log.read(this.applied, this.#size.events));
    const last = events.at(-1)?.position ?? this.head;
    if (last < this.head && this.#fresh.from(last + 1, 1, this.#parts.limits.applyBytes).length === 0) {
      // It is there by the time that the store has these.
      const next = { after: last, events: this.#parts.log.read(last, this.#size.events) };
      next.events.catch(() => undefined); // who comes to it is told
      this.#ahead = next;
    }
    // Nothing left to read below the head: retention took it. Waiting for it would be for ever.
    if (events.length === 0) this.#advance(this.head);
    return events;
  }

  /** null: nothing was, or the store went elsewhere. That there is nothing is to be seen by a look of now. */
  async #readAhead(): Promise<readonly LoggedEvent[] | null> {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead?.after !== this.applied) return null;
    const events = await ahead.events;
    return events.length > 0 ? events : null;
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
}
