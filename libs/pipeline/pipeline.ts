import type { Change, Clock, EventLog, GraphStore, Viewer } from '#lineage';
import type { Limits } from './limits.ts';
import type { AcceptOutcome, BatchOutcome, Replayed } from './outcome.ts';

export interface PipelineOptions {
  readonly log: EventLog;
  readonly store: GraphStore;
  readonly clock: Clock;
  /** Over DEFAULT_LIMITS. */
  readonly limits?: Partial<Limits>;
}

/**
 * - `idle`: not started. `running`: applying as events come. `stopping`, `stopped`: accept answers unavailable.
 * - `retrying`: the store (or the log, when read) failed; `reason` says how. Events are accepted meanwhile, until the
 *   backlog reaches its limit.
 */
export interface PipelineState {
  readonly state: 'idle' | 'running' | 'retrying' | 'stopping' | 'stopped';
  /** Why it is retrying; else null. */
  readonly reason: string | null;
  /** Milliseconds: since when. */
  readonly since: number;
}

/** Read at any time, without I/O. Counts are since start. */
export interface PipelineStatus extends PipelineState {
  /** The last durable position that this process knows of. */
  readonly head: number;
  /** Everything up to here is applied. */
  readonly applied: number;
  /** head − applied. */
  readonly backlog: number;
  /** Events applied per second of apply time, over the last seconds of it; null: nothing applied yet. */
  readonly applyRate: number | null;
  readonly accepted: number;
  readonly repeats: number;
  readonly refused: number;
  readonly busy: number;
  readonly unavailable: number;
  /** Refusals that could not be kept: too many at once, or the log failed. */
  readonly refusalsLost: number;
  /** Accepted events that could not be reduced; kept as refusals. */
  readonly faults: number;
  readonly applyRetries: number;
  /** Milliseconds: the last round of retention, its events; null before the first. */
  readonly pruned: { readonly at: number; readonly events: number; readonly runs: number } | null;
}

/** Accept → log → apply, on ports alone. One per process; it does not close its log and store. */
export interface Pipeline {
  /** Reads where the store is and begins to follow the log. Rejects when log or store can't be read at all. */
  start(): Promise<void>;
  /** Takes no more, applies the backlog (for `drainMs` at most), stores waiting refusals. Idempotent. */
  stop(): Promise<void>;
  /** One event, UTF-8 JSON, decompressed. Never rejects for anything a client or a full disk can do. */
  accept(bytes: Uint8Array, viewer: Viewer): Promise<AcceptOutcome>;
  /** A JSON array of events. One bad event costs only itself. */
  acceptBatch(bytes: Uint8Array, viewer: Viewer): Promise<BatchOutcome>;
  /**
   * Resolves when `position` and all before it are applied, or when `timeoutMs` are over, the pipeline stops, or the
   * position can't exist (it is beyond the head): `reached` says which, `applied` how far it is.
   */
  waitFor(position: number, timeoutMs: number): Promise<{ readonly reached: boolean; readonly applied: number }>;
  status(): PipelineStatus;
  /** Takes kept refusals through accept again (needs the scope `operate`); those that pass are dropped from the refusals. */
  replayRefusals(ids: readonly string[], viewer: Viewer): Promise<readonly Replayed[]>;
  /** Called with each micro-batch's changes, in commit order. A listener that throws is ignored. Returns its removal. */
  onChanges(listener: (changes: readonly Change[]) => void): () => void;
  onState(listener: (state: PipelineState) => void): () => void;
}

export function createPipeline(_options: PipelineOptions): Pipeline {
  throw new Error('not implemented yet');
}
