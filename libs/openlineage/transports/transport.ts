import type { OpenLineageEvent } from '../events.ts';

/** Where events go. An expected failure is a result, not an exception: no promise of a transport rejects. */
export interface Transport {
  /** For messages: `http https://hub:4600/api/v1/lineage`. */
  readonly name: string;
  /**
   * Settles once the event is delivered or given up. The event is read before the call returns, so that it may be
   * altered afterwards.
   */
  emit(event: OpenLineageEvent): Promise<EmitResult>;
  /** Waits for what was emitted before the call. False: the time ran out first; the events go on being sent. */
  flush(options?: WaitOptions): Promise<boolean>;
  /**
   * Takes no further event, and waits for those it took. When the time runs out, the rest fail with reason `closed`
   * and the answer is false. Closing twice is no fault.
   */
  close(options?: WaitOptions): Promise<boolean>;
}

export interface WaitOptions {
  /** Absent: as long as it takes, which retries and timeouts bound. */
  timeoutMs?: number;
}

export type EmitResult = Delivered | NotDelivered;

export interface Delivered {
  ok: true;
  /** Requests or writes that it took; 0: this transport sends nothing. */
  attempts: number;
  /** The answer, where there is one: a hub says in its headers where it put the event. `body` is its beginning. */
  response?: { status: number; headers: Readonly<Record<string, string>>; body: string };
  /** Transports of a composite that failed before another one delivered. */
  failures?: TransportFailure[];
}

export interface NotDelivered {
  ok: false;
  attempts: number;
  error: EmitError;
}

/** Why an event was not delivered. `message` says what, where and what to do. */
export type EmitError = { message: string } & (
  | {
      /** The server answered no (3xx, 4xx): the same event would be refused again. */
      reason: 'refused';
      status: number;
      /** The beginning of the answer's body. */
      body: string;
    }
  | {
      /** The server could not take it now (429, 5xx), and not on any retry. */
      reason: 'unavailable';
      status: number;
      body: string;
      /** What the server asked to wait, where that is longer than this client does. */
      retryAfterMs?: number;
    }
  | { reason: 'timeout' }
  | {
      reason: 'network';
      /** `ECONNREFUSED`, `ENOTFOUND` … */
      code?: string;
    }
  /** Not taken: the queue of an asynchronous transport holds as much as it may. */
  | { reason: 'queue-full'; capacity: number }
  /** The transport was closed before the event, or before it could be delivered. */
  | { reason: 'closed' }
  /** Not JSON: a cycle, a BigInt. */
  | { reason: 'unserializable' }
  | { reason: 'file'; path: string; code?: string }
  | { reason: 'composite'; delivered: string[]; failures: TransportFailure[] }
  /** A transport that is not of this library rejected in place of answering. */
  | { reason: 'unexpected'; cause: unknown }
);

export interface TransportFailure {
  transport: string;
  attempts: number;
  error: EmitError;
}
