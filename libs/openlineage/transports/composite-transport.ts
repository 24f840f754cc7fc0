import { OpenLineageConfigError } from '../config-error.ts';
import type { OpenLineageEvent } from '../events.ts';
import { Pending } from './pending.ts';
import { serialize } from './serialize.ts';
import type { EmitResult, Transport, TransportFailure, WaitOptions } from './transport.ts';

export interface CompositeTransportOptions {
  transports: readonly Transport[];
  /** Whether the transports after one that failed still get the event. Default true. */
  continueOnFailure?: boolean;
  /** False: stop at the first that delivered, so that the further ones only stand in for it. Default true. */
  continueOnSuccess?: boolean;
}

/**
 * Several transports. Delivered means: to all of them; with `continueOnSuccess: false`, to one. A failure is never
 * hidden behind another one's success: the result names it.
 *
 * By default all get the event at once. With either option false they get it one after the other, and a later event may
 * then reach the second before an earlier one does.
 */
export class CompositeTransport implements Transport {
  readonly name: string;
  readonly #transports: readonly Transport[];
  readonly #continueOnFailure: boolean;
  readonly #continueOnSuccess: boolean;
  readonly #pending = new Pending();

  constructor(options: CompositeTransportOptions) {
    if (options.transports.length === 0)
      throw new OpenLineageConfigError('CompositeTransport: give at least one transport');
    this.#transports = options.transports;
    this.#continueOnFailure = options.continueOnFailure ?? true;
    this.#continueOnSuccess = options.continueOnSuccess ?? true;
    this.name = `composite (${this.#transports.map((transport) => transport.name).join(', ')})`;
  }

  emit(event: OpenLineageEvent): Promise<EmitResult> {
    const atOnce = this.#continueOnFailure && this.#continueOnSuccess;
    return this.#pending.track(atOnce ? this.#emitAtOnce(event) : this.#emitInTurn(event));
  }

  async flush(options?: WaitOptions): Promise<boolean> {
    const [own, ...theirs] = await Promise.all([
      this.#pending.settled(options),
      ...this.#transports.map((transport) => transport.flush(options)),
    ]);
    return own && theirs.every(Boolean);
  }

  async close(options?: WaitOptions): Promise<boolean> {
    // First the events on their way from one transport to the next: closed transports would refuse them.
    const inTime = await this.#pending.settled(options);
    const closed = await Promise.all(
      this.#transports.map((transport) => transport.close(inTime ? options : { timeoutMs: 0 })),
    );
    return inTime && closed.every(Boolean);
  }

  async #emitAtOnce(event: OpenLineageEvent): Promise<EmitResult> {
    const results = await Promise.all(this.#transports.map((transport) => emitTo(transport, event)));
    return this.#sum(results);
  }

  async #emitInTurn(event: OpenLineageEvent): Promise<EmitResult> {
    // The caller may alter the event once emit has returned, and the second transport comes to it later.
    const serialized = serialize(event);
    if (!serialized.ok) return serialized;
    const copy = JSON.parse(serialized.json) as OpenLineageEvent;
    const results: EmitResult[] = [];
    for (const transport of this.#transports) {
      const result = await emitTo(transport, copy);
      results.push(result);
      if (result.ok ? !this.#continueOnSuccess : !this.#continueOnFailure) break;
    }
    return this.#sum(results);
  }

  /** `results`: of the transports tried, in their order. */
  #sum(results: EmitResult[]): EmitResult {
    const failures: TransportFailure[] = [];
    const delivered: string[] = [];
    let attempts = 0;
    for (const [i, result] of results.entries()) {
      const transport = this.#transports[i]?.name ?? '';
      attempts += result.attempts;
      if (result.ok) delivered.push(transport);
      else failures.push({ transport, attempts: result.attempts, error: result.error });
    }
    const enough = this.#continueOnSuccess ? failures.length === 0 : delivered.length > 0;
    if (enough) return { ok: true, attempts, ...(failures.length > 0 ? { failures } : {}) };
    const said = failures.map(({ error }) => error.message).join('; ');
    const message = `${failures.length} of ${this.#transports.length} transports failed: ${said}`;
    return { ok: false, attempts, error: { reason: 'composite', delivered, failures, message } };
  }
}

/** A transport of somebody else's may break the promise not to throw; the others shall not suffer for it. */
async function emitTo(transport: Transport, event: OpenLineageEvent): Promise<EmitResult> {
  try {
    return await transport.emit(event);
  } catch (cause) {
    const message = `${transport.name}: ${String(cause)}`;
    return { ok: false, attempts: 0, error: { reason: 'unexpected', cause, message } };
  }
}
