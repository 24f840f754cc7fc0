import type { EventLog, GraphStore } from '#lineage';
import { PositionWaiters } from './position-waiters.ts';
import { type ProgressState, StoreAheadOfLog } from './progress.ts';

/** How far the log and the graph are as this process knows it, who waits for which position, and whether all goes well. */
export class Reach {
  readonly #onState: (state: ProgressState) => void;
  readonly #waiters = new PositionWaiters();
  #head = 0;
  #applied = 0;
  #state: ProgressState = { retrying: false, reason: null };

  constructor(onState: (state: ProgressState) => void) {
    this.#onState = onState;
  }

  get head(): number {
    return this.#head;
  }

  get applied(): number {
    return this.#applied;
  }

  get backlog(): number {
    return Math.max(0, this.#head - this.#applied);
  }

  get retrying(): boolean {
    return this.#state.retrying;
  }

  /** Rejects as log and store do, and with StoreAheadOfLog. */
  async look(log: Pick<EventLog, 'head'>, store: Pick<GraphStore, 'applied'>): Promise<void> {
    // In this order: what is appended and applied between the two must not look as if the log had lost it.
    const applied = await store.applied();
    await this.lookAtLog(log);
    if (applied > this.#head) throw new StoreAheadOfLog(applied, this.#head);
    this.advance(applied);
  }

  /** Rejects as the log does, and with StoreAheadOfLog where it lost what was known to be durable. */
  async lookAtLog(log: Pick<EventLog, 'head'>): Promise<void> {
    // As known before the log was asked: what is heard meanwhile need not be in its answer.
    const known = this.#head;
    const head = await log.head();
    // What was answered 201 is gone: to apply what now has its positions would hide that.
    if (head < known) throw new StoreAheadOfLog(known, head);
    this.heard(head);
  }

  /** Positions up to this one are durable. */
  heard(head: number): void {
    this.#head = Math.max(this.#head, head);
  }

  /** Positions up to this one are applied; an earlier one is no news. */
  advance(applied: number): void {
    if (applied <= this.#applied) return;
    this.#applied = applied;
    this.#waiters.reached(applied);
  }

  /** Resolves when the position is applied, after `timeoutMs`, or when all are let go; at once beyond the head. */
  async wait(position: number, timeoutMs: number): Promise<void> {
    if (position > this.#applied && position <= this.#head) await this.#waiters.wait(position, timeoutMs);
  }

  letGo(): void {
    this.#waiters.letGo();
  }

  goesWell(): void {
    this.#setState({ retrying: false, reason: null });
  }

  failed(error: unknown): void {
    this.#setState({ retrying: true, reason: error instanceof Error ? error.message : String(error) });
  }

  /** Told once: what fails for the same reason again is no news. */
  #setState(state: ProgressState): void {
    if (state.retrying === this.#state.retrying && state.reason === this.#state.reason) return;
    this.#state = state;
    this.#onState(state);
  }
}
