import type { LoggedEvent, Signal } from '#lineage';

/** `reason`: why the last attempt failed; null: it did not. */
export interface ProgressState {
  readonly retrying: boolean;
  readonly reason: string | null;
}

/** How far the log is, and the graph behind it. The applier brings the graph on; the follower sees how others do. */
export interface Progress {
  /** The last applied position. */
  readonly applied: number;
  /** The last durable position that this process knows of. */
  readonly head: number;
  readonly backlog: number;
  /** Events per second; null: not measured yet. */
  readonly rate: number | null;
  readonly retries: number;
  readonly faults: number;
  /** Rejects when store or log can't be read, and with StoreAheadOfLog. */
  start(): Promise<void>;
  /** Waits until the backlog is applied, `drainMs` at most. */
  stop(drainMs: number): Promise<void>;
  /** Events that this process made durable. */
  offer(events: readonly LoggedEvent[]): void;
  /** What another process did. */
  hear(signal: Signal): void;
  /** Whole seconds after which the backlog should be below its limit again; null: it is. */
  pressure(): number | null;
  waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }>;
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

const RETRY_AFTER_MAX_S = 60;
/** Without a measure yet, or while the store is away. */
const RETRY_AFTER_UNKNOWN_S = 5;

/** @param rate events per second; null: unknown */
export function secondsUntilRoom(backlog: number, limit: number, rate: number | null): number | null {
  const over = backlog - limit;
  if (over < 0) return null;
  if (rate === null) return RETRY_AFTER_UNKNOWN_S;
  // A tenth below the limit, else all who were sent away come back to a full house.
  const seconds = (over + limit / 10) / rate;
  return Math.min(RETRY_AFTER_MAX_S, Math.max(1, Math.ceil(seconds)));
}
