/**
 * Bounds of the way in. Whatever waits is counted against one of these, so that no input and no slow store can make the
 * hub's memory grow without end.
 */
export interface Limits {
  /** Bytes of one request on the wire. The HTTP edge holds to it; accept sees bodies after decompression. */
  readonly bodyBytes: number;
  /** Bytes of one event after decompression. */
  readonly decompressedBytes: number;
  /** Bytes of one batch, after decompression too. */
  readonly batchBytes: number;
  readonly batchEvents: number;
  /** Objects and arrays inside each other: deeper is refused before anything recursive meets it. */
  readonly depth: number;
  /** Milliseconds that an event's time may be ahead of the clock. */
  readonly aheadMs: number;
  /** Bytes of a refused event's redacted body; of a longer one only the excerpt is kept. */
  readonly refusalBodyBytes: number;
  /** Refusals that wait to be stored; what comes on top is counted, not kept. */
  readonly refusalsWaiting: number;
  /** Milliseconds that a refused caller waits for its refusal's id before it is answered without. */
  readonly refusalWaitMs: number;
  /** Bytes of events handed to the log and not durable yet; above it accept answers busy. */
  readonly appendingBytes: number;
  /** Durable events not applied yet; above it accept answers busy. */
  readonly backlogEvents: number;
  /** Events and bytes (UTF-16 units) of the backlog kept in memory; the rest is read from the log again. */
  readonly memoryEvents: number;
  readonly memoryBytes: number;
  /**
   * Events in one transaction of the store at most, and the time it should take: the batch's size adapts to it. Behind by
   * more than a batch, it may take four times as long, and ten times for half of what waits: what was said of a run by
   * then is written once.
   */
  readonly applyEvents: number;
  readonly applyMs: number;
  /** Bytes (UTF-16 units) in one transaction of the store; a single larger event goes alone. */
  readonly applyBytes: number;
  /** Milliseconds between two looks at what other processes did, where there are others. */
  readonly lookMs: number;
  /** First and last wait between attempts while the store is away, milliseconds. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /** Milliseconds that stop() waits for the backlog to be applied; what is left is applied at the next start. */
  readonly drainMs: number;
  /** Milliseconds that raw events and refusals are kept, by arrival; null: for ever. */
  readonly retentionMs: number | null;
  /** Milliseconds between two rounds of retention. */
  readonly retentionEveryMs: number;
}

const MIB = 1024 * 1024;
const HOUR = 3_600_000;

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 10 * MIB,
  decompressedBytes: 64 * MIB,
  batchBytes: 64 * MIB,
  batchEvents: 1000,
  depth: 128,
  aheadMs: 24 * HOUR,
  refusalBodyBytes: MIB,
  refusalsWaiting: 1000,
  refusalWaitMs: 250,
  appendingBytes: 192 * MIB,
  backlogEvents: 100_000,
  memoryEvents: 10_000,
  memoryBytes: 64 * MIB,
  applyEvents: 1024,
  applyMs: 50,
  applyBytes: 8 * MIB,
  lookMs: 1000,
  retryMs: 100,
  retryMaxMs: 10_000,
  drainMs: 10_000,
  retentionMs: 90 * 24 * HOUR,
  retentionEveryMs: HOUR,
};
