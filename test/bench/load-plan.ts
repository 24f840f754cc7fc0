import type { Workload } from './workload.ts';

/** What a load generator is told. Requests go out over `connections` sockets, the next when the last is answered. */
export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  /** Requests in all; null: until it is told to stop. */
  readonly count: number | null;
  /** Place in the history of the first event, or in `ids` of the first query's dataset. */
  readonly from: number;
  readonly workload: Workload;
  readonly requests:
    | { readonly kind: 'events' }
    | { readonly kind: 'lineage'; readonly query: string; readonly ids: readonly string[] };
}

export interface LoadResult {
  readonly sent: number;
  /** Answered otherwise than hoped for, and not tried again. */
  readonly failed: number;
  readonly firstFailure: string | null;
  /** 429: tried again after what `Retry-After` says. */
  readonly busy: number;
  /** Milliseconds since the epoch: of the first request and of the last answer. */
  readonly began: number;
  readonly ended: number;
  /** Of the whole process of the generator, between the two. */
  readonly cpuMs: number;
  readonly latencies: readonly number[];
  readonly bytesSent: number;
  /** The last position given out; 0: none. */
  readonly position: number;
}

export type LoadOrder = { readonly plan: LoadPlan } | { readonly stop: true };
