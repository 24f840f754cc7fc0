import { createHash, hash } from 'node:crypto';
import {
  type AcceptedEvent,
  type AppendResult,
  type Clock,
  canonicalJson,
  type EventLog,
  formatInstant,
  type LoggedEvent,
  parseInstant,
  type Refusal,
  redact,
  redactText,
  runEventTime,
  type Viewer,
} from '#lineage';
import { checkShape } from './check-shape.ts';
import { KnownFacetTexts } from './known-facet-texts.ts';
import type { Limits } from './limits.ts';
import type {
  AcceptOutcome,
  BatchFailure,
  BatchOutcome,
  Busy,
  Forbidden,
  Refused,
  Unavailable,
  UnreadBody,
} from './outcome.ts';
import { readJson, readJsonText, textOf } from './read-json.ts';
import type { RefusalKeeper } from './refusal-keeper.ts';

export interface AcceptParts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly keeper: RefusalKeeper;
  /** Whole seconds to wait, while the backlog is over its limit; else null. */
  readonly pressure: () => number | null;
  /** Called for each event, or batch, that was turned away while the hub was open. */
  readonly turnedAway: (outcome: 'busy' | 'unavailable', reason: string) => void;
  /** Called with events that became durable just now, in the order of their positions. */
  readonly appended: (events: readonly LoggedEvent[]) => void;
}

export interface AcceptCounts {
  accepted: number;
  repeats: number;
  refused: number;
  busy: number;
  unavailable: number;
}

type Fault = Pick<Refused, 'status' | 'message' | 'errors'>;
type Checked =
  | { readonly event: AcceptedEvent }
  // `body`: the redacted event, where it parsed and isn't too long to keep.
  | { readonly fault: Fault; readonly body: string | null };

const MESSAGE_LENGTH = 1000;
const ERROR_LENGTH = 240;
/** Excerpts are 256 characters; redaction looks further, so that a secret across the cut is seen whole. */
const EXCERPT_BYTES = 8192;
/** Milliseconds of a batch's work before other requests get a turn. */
const TURN_MS = 10;
const AGAIN = 'mend the event and send it again';

/** The door: bytes in, outcome out. Every event that passes is redacted, canonical, hashed and durable. */
export class Acceptor {
  readonly #parts: AcceptParts;
  readonly counts: AcceptCounts = { accepted: 0, repeats: 0, refused: 0, busy: 0, unavailable: 0 };
  readonly #known: KnownFacetTexts;
  #appendingUnits = 0;
  #inFlight = 0;
  #idle: (() => void)[] = [];
  #closed: string | null = 'the hub has not started yet';

  constructor(parts: AcceptParts) {
    this.#parts = parts;
    this.#known = new KnownFacetTexts(parts.limits.depth);
  }

  open(): void {
    this.#closed = null;
  }

  /** Takes no more; resolves when all that was taken has its outcome. */
  async close(): Promise<void> {
    this.#closed = 'the hub is stopping';
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async accept(bytes: Uint8Array, viewer: Viewer): Promise<AcceptOutcome> {
    const no = this.#turnedAway(viewer);
    if (no !== null) return no;
    this.#inFlight++;
    try {
      const checked = this.#check(bytes);
      if ('fault' in checked) return await this.#refuse(checked, bytes);
      const results = await this.#append([checked.event]);
      if ('kind' in results) return results;
      const [result] = results;
      if (result === undefined) return this.#unavailable('the event log gave no position');
      return { kind: 'accepted', position: result.position, repeat: result.repeat };
    } finally {
      this.#done();
    }
  }

  async acceptBatch(bytes: Uint8Array, viewer: Viewer): Promise<BatchOutcome> {
    const no = this.#turnedAway(viewer);
    if (no !== null) return no;
    this.#inFlight++;
    try {
      return await this.#batch(bytes);
    } finally {
      this.#done();
    }
  }

  /** @returns the refusal's id; null: not kept, or not yet */
  async refuse({ status, reason, bytes, sha256, head }: UnreadBody): Promise<string | null> {
    if (this.#closed !== null) return null;
    this.#inFlight++;
    this.counts.refused++;
    try {
      const at = this.#parts.clock.now();
      const seen = { bytes, sha256, body: null, excerpt: excerptOf(head) };
      return await this.#parts.keeper.keepBriefly({ at, reason, where: null, status, ...seen });
    } finally {
      this.#done();
    }
  }

  async #batch(bytes: Uint8Array): Promise<BatchOutcome> {
    const { limits } = this.#parts;
    const whole = (status: Refused['status'], message: string): Promise<Refused> =>
      this.#refuse({ fault: { status, message, errors: [] }, body: null }, bytes);
    if (bytes.byteLength > limits.batchBytes) {
      return whole(
        413,
        `the batch has ${bytes.byteLength} bytes, at most ${limits.batchBytes} are taken: send it in parts`,
      );
    }
    const json = readJson(bytes, limits.depth + 1, 'an array of OpenLineage events');
    if (!json.ok) return whole(json.status, json.message);
    if (!Array.isArray(json.value)) {
      return whole(422, 'the batch is not a JSON array: send an array of OpenLineage events');
    }
    const items = json.value as readonly unknown[];
    if (items.length > limits.batchEvents) {
      return whole(
        413,
        `the batch has ${items.length} events, at most ${limits.batchEvents} are taken: send it in parts`,
      );
    }
    const mayHoldNul = holdsEscapedNul(json.text);
    const events: AcceptedEvent[] = [];
    const failed: BatchFailure[] = [];
    let turn = performance.now();
    for (const [index, item] of items.entries()) {
      if (performance.now() - turn > TURN_MS) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turn = performance.now();
      }
      const checked = this.#checkValue(item, mayHoldNul);
      if ('event' in checked) {
        events.push(checked.event);
      } else {
        failed.push({ index, reason: checked.fault.message, retriable: false });
        // Not awaited: a batch's answer names indexes, not refusals. stop() waits for it.
        void this.#keep(checked, Buffer.from(checked.body ?? canonicalJson(redact(item)), 'utf8'));
      }
    }
    const results = await this.#append(events);
    if ('kind' in results) return results;
    const position = results.reduce<number | null>((max, one) => Math.max(max ?? 0, one.position), null);
    if (failed.length === 0) return { kind: 'all', position };
    this.counts.refused += failed.length;
    const summary = {
      received: items.length,
      successful: events.length,
      failed: failed.length,
      retriable: 0,
      non_retriable: failed.length,
    };
    return { kind: 'partial', summary, failed, position };
  }

  #turnedAway(viewer: Viewer): Forbidden | Busy | Unavailable | null {
    if (!viewer.scopes.has('ingest')) {
      return { kind: 'forbidden', reason: `${viewer.name} has no scope ingest: use a key that has it` };
    }
    if (this.#closed !== null) return this.#unavailable(`${this.#closed}: send it again shortly`);
    const isAppending = this.#appendingUnits > this.#parts.limits.appendingBytes;
    const wait = isAppending ? 1 : this.#parts.pressure();
    if (wait === null) return null;
    this.counts.busy++;
    this.#parts.turnedAway(
      'busy',
      isAppending ? 'the disk is slower than what comes in' : 'the graph is too far behind',
    );
    return { kind: 'busy', retryAfterSeconds: wait };
  }

  #check(bytes: Uint8Array): Checked {
    const { limits } = this.#parts;
    if (bytes.byteLength > limits.decompressedBytes) {
      const message = `the event has ${bytes.byteLength} bytes, at most ${limits.decompressedBytes} are taken: leave out large facets`;
      return { fault: { status: 413, message, errors: [] }, body: null };
    }
    const text = textOf(bytes);
    return this.#checkByParts(text) ?? this.#checkWhole(text);
  }

  /** Facets that were here before are taken as they left; null: the event has to be looked at as a whole. */
  #checkByParts(text: string | null): Checked | null {
    if (text === null || holdsEscapedNul(text)) return null;
    const event = this.#known.read(text);
    if (event === undefined) return null;
    const checked = this.#checkValue(event, false);
    return 'event' in checked ? checked : null;
  }

  #checkWhole(text: string | null): Checked {
    const json = readJsonText(text, this.#parts.limits.depth, 'one OpenLineage event');
    if (!json.ok) return { fault: { status: json.status, message: json.message, errors: [] }, body: null };
    return this.#checkValue(json.value, holdsEscapedNul(json.text));
  }

  #checkValue(value: unknown, mayHoldNul: boolean): Checked {
    const now = this.#parts.clock.now();
    const fault = this.#faultOf(value, mayHoldNul, now);
    const body = canonicalJson(redact(value));
    if (fault !== null) return { fault, body: body.length <= this.#parts.limits.refusalBodyBytes ? body : null };
    const run = runEventTime(value);
    return { event: { hash: hash('sha256', body), body, receivedAt: now, ...(run === null ? {} : { run }) } };
  }

  #faultOf(value: unknown, mayHoldNul: boolean, now: number): Fault | null {
    const errors = checkShape(value, mayHoldNul).map((error) => cut(error, ERROR_LENGTH));
    const [first, ...more] = errors;
    if (first !== undefined) {
      const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
      return {
        status: 422,
        message: cut(`not an OpenLineage event: ${first}${rest}: ${AGAIN}`, MESSAGE_LENGTH),
        errors,
      };
    }
    const time = parseInstant((value as { readonly eventTime?: unknown }).eventTime);
    if (time === null || time - now <= this.#parts.limits.aheadMs) return null;
    const hours = Math.ceil((time - now) / 3_600_000);
    const ahead = `eventTime must not be more than ${Math.round(this.#parts.limits.aheadMs / 3_600_000)} h ahead`;
    const message = `${ahead}: it is ${hours} h ahead of the hub, where it is ${formatInstant(now)}: correct the sender's clock and ${AGAIN}`;
    return { status: 422, message, errors: [ahead] };
  }

  async #refuse(checked: Extract<Checked, { fault: Fault }>, bytes: Uint8Array): Promise<Refused> {
    this.counts.refused++;
    return { kind: 'refused', ...checked.fault, refusal: await this.#keep(checked, bytes) };
  }

  #keep({ fault, body }: Extract<Checked, { fault: Fault }>, bytes: Uint8Array): Promise<string | null> {
    const [where] = fault.errors;
    const refusal: Omit<Refusal, 'id'> = {
      at: this.#parts.clock.now(),
      reason: fault.message,
      where: where === undefined ? null : (/^\S+(?= must)/.exec(where)?.[0] ?? null),
      status: fault.status,
      bytes: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      body,
      excerpt: body === null ? excerptOf(bytes) : null,
    };
    return this.#parts.keeper.keepBriefly(refusal);
  }

  async #append(events: readonly AcceptedEvent[]): Promise<readonly AppendResult[] | Unavailable> {
    if (events.length === 0) return [];
    const units = events.reduce((sum, event) => sum + event.body.length, 0);
    this.#appendingUnits += units;
    try {
      const results = await this.#parts.log.append(events);
      this.#handOver(events, results);
      return results;
    } catch (error) {
      return this.#unavailable(error instanceof Error ? error.message : String(error));
    } finally {
      this.#appendingUnits -= units;
    }
  }

  #handOver(events: readonly AcceptedEvent[], results: readonly AppendResult[]): void {
    const fresh: LoggedEvent[] = [];
    for (const [i, event] of events.entries()) {
      const result = results[i];
      if (result === undefined) continue;
      if (result.repeat) {
        this.counts.repeats++;
      } else {
        this.counts.accepted++;
        fresh.push({ position: result.position, receivedAt: event.receivedAt, hash: event.hash, body: event.body });
      }
    }
    if (fresh.length > 0) this.#parts.appended(fresh);
  }

  #unavailable(reason: string): Unavailable {
    this.counts.unavailable++;
    if (this.#closed === null) this.#parts.turnedAway('unavailable', reason);
    return { kind: 'unavailable', reason };
  }

  #done(): void {
    this.#inFlight--;
    if (this.#inFlight > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }
}

/** Of bytes that are no text. Those that white space is made of stay. */
const CONTROL = /[^\P{Cc}\t\n\r]/gu;

/** JSON has NUL only as this escape. */
const holdsEscapedNul = (text: string): boolean => text.includes('\\u0000');

function excerptOf(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  const text = Buffer.from(buffer, byteOffset, Math.min(byteLength, EXCERPT_BYTES)).toString('utf8');
  return redactText(text.replace(CONTROL, '\ufffd'));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
