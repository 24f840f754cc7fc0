/** What became of a request: values, so that each edge (HTTP, Kafka, connectors) has to say what it does with each. */

/** The event is durable. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly position: number;
  /** It was held before; `position` is the first one. */
  readonly repeat: boolean;
}

/** The event can't be taken, now or later. */
export interface Refused {
  readonly kind: 'refused';
  /** 400: not JSON; 413: too large; 422: not an OpenLineage event, or one that can't be true. */
  readonly status: 400 | 413 | 422;
  /** What was wrong, where, what to do: at most 1 KB, without secrets. */
  readonly message: string;
  /** One line per fault, `inputs[0].name must not be null`: at most 20. */
  readonly errors: readonly string[];
  /** The kept refusal; null: not kept, or not yet when the answer was due. */
  readonly refusal: string | null;
}

/** A body that broke off, was too large or encoded in a way that isn't known: never looked into. */
export interface UnreadBody {
  /** HTTP status it is refused with: 400, 413 or 415. */
  readonly status: number;
  readonly reason: string;
  /** Of what came, as it came. */
  readonly bytes: number;
  readonly sha256: string;
  readonly head: Uint8Array;
}

/** Not now: the hub has more than it can carry. */
export interface Busy {
  readonly kind: 'busy';
  /** Whole seconds, at least 1. */
  readonly retryAfterSeconds: number;
}

/** The log can't make it durable (disk full, disk broken, stopping): nothing of it is kept, and the same call may work later. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

/** The viewer may not ingest. */
export interface Forbidden {
  readonly kind: 'forbidden';
  readonly reason: string;
}

export type AcceptOutcome = Accepted | Refused | Busy | Unavailable | Forbidden;

/** Every event of the batch is durable. */
export interface BatchAll {
  readonly kind: 'all';
  /** The highest position among them (a repeat's is its first one); null: the batch was empty. */
  readonly position: number | null;
}

export interface BatchFailure {
  readonly index: number;
  readonly reason: string;
  readonly retriable: boolean;
}

/** Some events were refused; the others are durable. */
export interface BatchPartial {
  readonly kind: 'partial';
  /** Named as in OpenLineage's OpenAPI. */
  readonly summary: {
    readonly received: number;
    readonly successful: number;
    readonly failed: number;
    readonly retriable: number;
    readonly non_retriable: number;
  };
  readonly failed: readonly BatchFailure[];
  /** As in BatchAll; null: no event was taken. */
  readonly position: number | null;
}

/** `refused`: the batch as a whole (not JSON, no array, too large, too many events). */
export type BatchOutcome = BatchAll | BatchPartial | Refused | Busy | Unavailable | Forbidden;

/**
 * The event was accepted once and could not be applied; it is in the log at `position`, where applying has passed it.
 * Rebuilding the graph from the log, with a version that can apply it, takes it in; the refusal stays until then.
 */
export interface Held {
  readonly kind: 'held';
  readonly position: number;
}

/** What became of one refusal that was played again. Accepted ones are no refusals any more. */
export interface Replayed {
  readonly id: string;
  /** `gone`: no such refusal, or only its excerpt was kept. */
  readonly outcome: AcceptOutcome | Held | { readonly kind: 'gone' };
}
