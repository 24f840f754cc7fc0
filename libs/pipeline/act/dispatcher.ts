import { setTimeout as pause } from 'node:timers/promises';
import { nextAttempt } from '#delivery';
import type { Clock, JobQueue } from '#lineage';
import {
  type Attempt,
  type DecisionStore,
  type Delivery,
  laneOf,
  type Notifier,
  type NotifyOutcome,
  type PlannedAction,
  type PlannedDelivery,
} from '#rules';

export interface DispatcherParts {
  readonly decisions: DecisionStore;
  readonly clock: Clock;
  /** By what is to be done. Without one it fails, and says so. */
  readonly notifiers: Readonly<Partial<Record<PlannedAction['do'], Notifier>>>;
  /** Where several processes deliver: it says who carries out which lane. It is closed with the dispatcher. */
  readonly queue?: JobQueue;
  /** In [0, 1): spreads what failed together. */
  readonly chance?: () => number;
  /** A delivery came to an end, or a target is disabled. */
  readonly onEnded?: (delivery: Delivery, attempt: Attempt) => void;
}

export interface DispatcherStatus {
  /** Attempts since start, by what came of them. */
  readonly delivered: number;
  readonly retried: number;
  readonly failed: number;
  readonly disabled: number;
  readonly underWay: number;
  /** Why the store could not be asked or told; null: it could. */
  readonly failure: string | null;
}

/** A receiver that takes its time must not hold up the others. */
const AT_ONCE = 32;
const RETRY_MS = 1_000;
/** What is due for so long, and not carried out, has lost its place in the queue, or there was none to give: looked for so often. */
const OVERDUE_MS = 5_000;
const OVERDUE_AT_ONCE = 1_000;
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Carries out what was decided, at least once: an attempt is kept when it is over, so that one that was broken off is made
 * again, under the same id. Of one target and subject the store gives out the first alone: that is their order.
 *
 * ```
 * alone:          store ─▶ those that are due ─▶ attempts
 * with a queue:   planned ─▶ lanes ─▶ whoever takes the lane up ─▶ its first delivery, and the next ─▶ attempts
 * ```
 * The queue only wakes: what is due lies in the store, and lanes that nobody was woken for are looked for there.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #underWay = new Map<string, Promise<void>>();
  #following = false;
  #looking: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #counts = { delivered: 0, retried: 0, failed: 0, disabled: 0 };
  #failure: string | null = null;
  /** The first look is for all that waits; the next ones for what nobody was woken for. */
  #swept = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#following = true;
    this.#parts.queue?.work({
      handler: (lane) => this.#carryOut(lane),
      lanesAtOnce: AT_ONCE,
      onFailure: (_lane, error) => {
        this.#failure = textOf(error);
      },
    });
    this.wake();
  }

  /** Waits for what is under way; what waits goes out after the next start. */
  async stop(): Promise<void> {
    this.#following = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#looking;
    await this.#parts.queue?.close();
    await Promise.all(this.#underWay.values());
  }

  /** These are due now; a process that delivers nothing itself only says so to those that do. */
  planned(deliveries: readonly Pick<PlannedDelivery, 'to' | 'subject'>[]): void {
    const { queue, clock } = this.#parts;
    if (queue === undefined) {
      this.wake();
      return;
    }
    const at = clock.now();
    queue.schedule(deliveries.map((one) => ({ lane: laneOf(one), at }))).then(
      () => {
        this.#failure = null;
      },
      (error: unknown) => {
        // They are found in the store when they are overdue.
        this.#failure = textOf(error);
      },
    );
  }

  /** Something may be due. */
  wake(): void {
    if (!this.#following) return;
    if (this.#looking !== null) {
      this.#again = true;
      return;
    }
    this.#looking = this.#look().then(
      (wait) => this.#looked(wait),
      (error: unknown) => {
        this.#failure = textOf(error);
        this.#looked(RETRY_MS);
      },
    );
  }

  status(): DispatcherStatus {
    return { ...this.#counts, underWay: this.#underWay.size, failure: this.#failure };
  }

  #looked(wait: number | null): void {
    this.#looking = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#following) return;
    if (this.#again) {
      this.#again = false;
      this.wake();
    } else if (wait !== null) {
      this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(0, wait), LONGEST_TIMER));
      this.#timer.unref();
    }
  }

  /** Begins what is due, as far as there is room. @returns how long to wait, ms; null: until somebody wakes it */
  async #look(): Promise<number | null> {
    const { decisions, clock, queue } = this.#parts;
    if (queue !== undefined) return this.#sweep(queue);
    const now = clock.now();
    // Those under way are due as well, until their attempt is kept.
    const { deliveries, next } = await decisions.due(now, this.#underWay.size + AT_ONCE);
    this.#failure = null;
    for (const delivery of deliveries) {
      if (this.#underWay.size >= AT_ONCE) return null; // each that ends wakes it
      if (!this.#underWay.has(delivery.id)) this.#begin(delivery);
    }
    return next === null ? null : next - now;
  }

  async #sweep(queue: JobQueue): Promise<number> {
    const { decisions, clock } = this.#parts;
    const now = clock.now();
    const { deliveries } = await decisions.due(this.#swept ? now - OVERDUE_MS : now, OVERDUE_AT_ONCE);
    await queue.schedule(deliveries.map((one) => ({ lane: laneOf(one), at: now })));
    this.#swept = true;
    this.#failure = null;
    return OVERDUE_MS;
  }

  /** A lane, one delivery after the other. @returns when the next one is due, ms; null: none waits */
  async #carryOut(lane: string): Promise<number | null> {
    const { decisions, clock } = this.#parts;
    for (;;) {
      const next = await decisions.head(lane);
      if (next === null || next.nextAttempt === null) return null;
      if (next.nextAttempt > clock.now() || !this.#following) return next.nextAttempt;
      const attempt = this.#attempt(next).finally(() => this.#underWay.delete(next.id));
      this.#underWay.set(next.id, attempt);
      await attempt;
    }
  }

  #begin(delivery: Delivery): void {
    const attempt = this.#attempt(delivery)
      .catch(async (error: unknown) => {
        // What came of it could not be kept: it is still due, and is made again.
        this.#failure = textOf(error);
        await pause(RETRY_MS, undefined, { ref: false });
      })
      .then(() => {
        this.#underWay.delete(delivery.id);
        this.wake();
      });
    this.#underWay.set(delivery.id, attempt);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { decisions, clock, notifiers, onEnded } = this.#parts;
    const notifier = notifiers[delivery.action.do];
    const outcome: NotifyOutcome =
      notifier === undefined
        ? { did: 'failed', status: null, error: `nothing here can do ${delivery.action.do} yet` }
        : await notifier.notify(delivery, clock.now());
    const attempt = this.#attemptOf(delivery, outcome, clock.now());
    await decisions.attempted(delivery.id, attempt);
    this.#counts[attempt.state === 'WAITING' ? 'retried' : COUNTED[attempt.state]]++;
    if (attempt.state !== 'WAITING') onEnded?.(delivery, attempt);
  }

  #attemptOf(delivery: Delivery, outcome: NotifyOutcome, at: number): Attempt {
    const { status } = outcome;
    switch (outcome.did) {
      case 'delivered':
        return { at, state: 'DELIVERED', status, error: null, nextAttempt: null };
      case 'disabled':
        return { at, state: 'DISABLED', status, error: 'it wants no more', nextAttempt: null };
      case 'failed':
        return { at, state: 'FAILED', status, error: outcome.error, nextAttempt: null };
      case 'retry': {
        const made = { attempts: delivery.attempts + 1, firstAt: delivery.firstAttempt ?? at, now: at };
        const next = nextAttempt({ ...made, after: outcome.after }, (this.#parts.chance ?? Math.random)());
        const state = next === null ? 'FAILED' : 'WAITING';
        return { at, state, status, error: outcome.error, nextAttempt: next };
      }
    }
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const COUNTED = { DELIVERED: 'delivered', FAILED: 'failed', DISABLED: 'disabled' } as const;
