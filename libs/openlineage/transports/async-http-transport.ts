import { writeSync } from 'node:fs';
import { isDatasetEvent, isRunEvent, type OpenLineageEvent } from '../events.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import { Pending } from './pending.ts';
import { serialize } from './serialize.ts';
import type { EmitError, EmitResult, Transport, WaitOptions } from './transport.ts';

export interface AsyncHttpTransportOptions extends HttpTransportOptions {
  /** Events taken and not yet settled. Beyond it `emit` answers `queue-full`. Default 10,000. */
  maxQueueSize?: number;
  /** Requests at a time. Default 10. */
  maxConcurrentRequests?: number;
  /** Told of each event that was not delivered. Default: a process warning. */
  onFailure?: (failure: EmitFailure) => void;
}

export interface EmitFailure {
  event: OpenLineageEvent;
  error: EmitError;
}

interface Item {
  event: OpenLineageEvent;
  json: string;
  settle: (result: EmitResult) => void;
}

/**
 * HTTP that the caller need not wait for: `emit` queues, and what becomes of the event is its promise's value and, when
 * it failed, a call of `onFailure`. So no event is lost unsaid, also where nobody awaits.
 *
 * Events of one run are sent one after the other, in the order of `emit`, so START arrives before COMPLETE; likewise
 * those of one job (JobEvent) and one dataset (DatasetEvent). Different runs go side by side. A START that fails does
 * not hold up its COMPLETE: half the story is better than none.
 *
 * ```
 * emit  r1.START  r2.START  r1.COMPLETE        lanes   run r1: [START, COMPLETE]   run r2: [START]
 * sent  r1.START ─────▶ r1.COMPLETE ──▶
 *       r2.START ──▶
 * ```
 */
export class AsyncHttpTransport implements Transport {
  readonly name: string;
  readonly #http: HttpTransport;
  readonly #capacity: number;
  readonly #concurrency: number;
  readonly #onFailure: (failure: EmitFailure) => void;
  readonly #pending = new Pending();
  /** Waiting events by lane. A lane with a request under way is here too, and empty if nothing waits behind it. */
  readonly #lanes = new Map<string, Item[]>();
  /** Lanes with an event to send and no request under way, longest waiting first. */
  readonly #ready = new Set<string>();
  /** Events taken and not yet settled. */
  #held = 0;
  /** Requests under way. */
  #active = 0;
  #closed = false;

  constructor(options: AsyncHttpTransportOptions) {
    this.#http = new HttpTransport(options);
    this.name = `async_${this.#http.name}`;
    this.#capacity = options.maxQueueSize ?? 10_000;
    this.#concurrency = options.maxConcurrentRequests ?? 10;
    this.#onFailure = options.onFailure ?? warn;
  }

  emit(event: OpenLineageEvent): Promise<EmitResult> {
    const refused = (error: EmitError): Promise<EmitResult> => {
      this.#tell(event, error);
      return Promise.resolve({ ok: false, attempts: 0, error });
    };
    if (this.#closed) return refused(this.#closedError());
    if (this.#held >= this.#capacity) {
      const message = `${this.name}: ${this.#capacity} events wait already, this one was not taken; emit again later`;
      return refused({ reason: 'queue-full', capacity: this.#capacity, message });
    }
    const serialized = serialize(event);
    if (!serialized.ok) return refused(serialized.error);
    if (this.#held++ === 0) process.on('exit', this.#atExit);
    const settled = new Promise<EmitResult>((settle) => this.#enqueue({ event, json: serialized.json, settle }));
    this.#pump();
    return this.#pending.track(settled);
  }

  flush(options?: WaitOptions): Promise<boolean> {
    return this.#pending.settled(options);
  }

  async close(options?: WaitOptions): Promise<boolean> {
    this.#closed = true;
    const inTime = await this.#pending.settled(options);
    if (!inTime) {
      this.#ready.clear();
      for (const lane of this.#lanes.values()) {
        for (const item of lane.splice(0)) this.#settle(item, { ok: false, attempts: 0, error: this.#closedError() });
      }
    }
    // Ends the requests under way; each settles its event on the way.
    await this.#http.close({ timeoutMs: 0 });
    await this.#pending.settled();
    return inTime;
  }

  #enqueue(item: Item): void {
    const key = laneOf(item.event);
    const lane = this.#lanes.get(key);
    if (lane) lane.push(item);
    else {
      this.#lanes.set(key, [item]);
      this.#ready.add(key);
    }
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#active >= this.#concurrency) return;
      this.#ready.delete(key);
      const item = this.#lanes.get(key)?.shift();
      if (item) this.#pending.track(this.#send(key, item));
    }
  }

  async #send(key: string, item: Item): Promise<void> {
    this.#active++;
    const result = await this.#http.send(item.json);
    this.#active--;
    if (this.#lanes.get(key)?.length) this.#ready.add(key);
    else this.#lanes.delete(key);
    this.#settle(item, result);
    this.#pump();
  }

  #settle(item: Item, result: EmitResult): void {
    if (--this.#held === 0) process.off('exit', this.#atExit);
    if (!result.ok) this.#tell(item.event, result.error);
    item.settle(result);
  }

  #tell(event: OpenLineageEvent, error: EmitError): void {
    try {
      this.#onFailure({ event, error });
    } catch (thrown) {
      // The failure must be said somewhere, and a faulty listener must not stop the queue.
      warn({ event, error });
      process.emitWarning(`onFailure threw: ${String(thrown)}`, 'OpenLineageWarning');
    }
  }

  #closedError(): EmitError {
    return { reason: 'closed', message: `${this.name}: closed before the event was delivered` };
  }

  /** `process.exit()` waits for nobody: what is lost by it is at least said. A process that just ends waits for us. */
  readonly #atExit = () => {
    writeSync(2, `OpenLineage: the process exits with ${this.#held} events not delivered; await close() before\n`);
  };
}

function laneOf(event: OpenLineageEvent): string {
  if (isRunEvent(event)) return `run ${event.run.runId}`;
  const { namespace, name } = isDatasetEvent(event) ? event.dataset : event.job;
  return JSON.stringify([isDatasetEvent(event) ? 'dataset' : 'job', namespace, name]);
}

function warn({ event, error }: EmitFailure): void {
  process.emitWarning(`${laneOf(event)}, event of ${event.eventTime}: ${error.message}`, 'OpenLineageWarning');
}
