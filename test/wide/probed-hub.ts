import { expect } from 'vitest';
import { type RawAnswer, startTestHub, type TestHub } from '../harness.ts';
import { applied, checkWell } from './check-well.ts';
import { peakMemory, resetPeak } from './process-memory.ts';

/** A hub that is asked odd things, with an eye on time and memory. */
export class ProbedHub {
  readonly hub: TestHub;
  readonly #withinMs: number;
  readonly #peakMib: number;
  #began = performance.now();

  private constructor(hub: TestHub, { withinMs, peakMib }: Bounds) {
    this.hub = hub;
    this.#withinMs = withinMs;
    this.#peakMib = peakMib;
  }

  static async start(bounds: Bounds): Promise<ProbedHub> {
    return new ProbedHub(await startTestHub(), bounds);
  }

  begin(): void {
    resetPeak(this.hub.pid);
    this.#began = performance.now();
  }

  /** After each test: it kept to its bounds, and the hub goes on. */
  async end(name: string): Promise<void> {
    const took = Math.round(performance.now() - this.#began);
    const peak = Math.round(peakMemory(this.hub.pid));
    console.info(`${name}: ${took} ms, ${peak} MiB`);
    expect(took).toBeLessThan(this.#withinMs);
    expect(peak).toBeLessThan(this.#peakMib);
    await checkWell(this.hub);
  }

  async stop(): Promise<void> {
    expect(await this.hub.stop()).toEqual({ code: 0, signal: null });
  }

  post(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return this.#send('/api/v1/lineage', body, headers);
  }

  batch(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return this.#send('/api/v1/lineage/batch', body, headers);
  }

  gzipped(body: Uint8Array): Promise<RawAnswer> {
    return this.post(body, { 'content-encoding': 'gzip' });
  }

  applied(answer: RawAnswer): Promise<void> {
    return applied(this.hub, String(answer.headers['headwater-position']));
  }

  #send(path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
    return this.hub.ask({ method: 'POST', path, body, headers: { 'content-type': 'application/json', ...headers } });
  }
}

export interface Bounds {
  readonly withinMs: number;
  /** Resident, of the whole process. */
  readonly peakMib: number;
}

/** Refused, with a word on why. */
export function refused(status: number, message: RegExp) {
  return {
    status,
    headers: expect.objectContaining({ 'content-type': expect.stringContaining('application/json') }),
    json: expect.objectContaining({ code: status, message: expect.stringMatching(message) }),
  };
}

/** The faults that a refusal names. */
export function errorsOf({ json }: RawAnswer): readonly string[] {
  return (json as { readonly errors: readonly string[] }).errors;
}
