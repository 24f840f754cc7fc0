import { setMaxListeners } from 'node:events';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { OpenLineageConfigError } from '../config-error.ts';
import type { OpenLineageEvent } from '../events.ts';
import { Pending } from './pending.ts';
import { serialize } from './serialize.ts';
import type { EmitError, EmitResult, Transport, WaitOptions } from './transport.ts';

export interface HttpTransportOptions {
  /** `https://hub:4600`; a path in it is kept before the endpoint. */
  url: string;
  /** Default `api/v1/lineage`. */
  endpoint?: string;
  /** Added to the URL's query. */
  urlParams?: Readonly<Record<string, string>>;
  /** For one attempt, from connecting to the answer's end. Default 5,000. */
  timeoutMs?: number;
  /** Sent as `Authorization: Bearer …`. */
  apiKey?: string;
  /** Added to each request; they win over this transport's own, but for those that describe the body. */
  headers?: Readonly<Record<string, string>>;
  compression?: 'gzip';
  retry?: RetryOptions;
  /** False: any TLS certificate is accepted. */
  verify?: boolean;
  /** Certificate authorities in PEM, in place of Node's own. */
  ca?: string;
  /** How much of an answer's body is kept, bytes. Default 4,096: enough for a message. */
  answerBytes?: number;
}

export interface RetryOptions {
  /** Attempts after the first. Default 5. */
  retries?: number;
  /** Before the first retry; doubled before each further one, plus up to a quarter at random. Default 300. */
  backoffMs?: number;
  /** Default 429, 500, 502, 503, 504. */
  statuses?: readonly number[];
  /** Whether timeouts and broken connections are retried too. Default true. */
  connections?: boolean;
  /** A `Retry-After` beyond this fails the event at once, with the time in the error. Default 60,000. */
  maxWaitMs?: number;
}

type Attempt =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string }
  | { kind: 'timeout' }
  | { kind: 'network'; code?: string; detail: string }
  | { kind: 'closed' };

const compress = promisify(gzip);

/** Sends each event at once, as one POST, and retries what may yet succeed. Events may overtake one another. */
export class HttpTransport implements Transport {
  readonly name: string;
  readonly #url: URL;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #timeoutMs: number;
  readonly #gzip: boolean;
  readonly #answerBytes: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #retry: Required<RetryOptions>;
  readonly #pending = new Pending();
  readonly #stop = new AbortController();
  #closed = false;
  /** Until then the server asked us to wait: events that come meanwhile wait as well. */
  #notBefore = 0;

  constructor(options: HttpTransportOptions) {
    this.#url = endpointUrl(options);
    this.name = `http ${this.#url.origin}${this.#url.pathname}`;
    this.#agent =
      this.#url.protocol === 'https:'
        ? new HttpsAgent({
            keepAlive: true,
            rejectUnauthorized: options.verify ?? true,
            ...(options.ca === undefined ? {} : { ca: options.ca }),
          })
        : new HttpAgent({ keepAlive: true });
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#gzip = options.compression === 'gzip';
    this.#answerBytes = options.answerBytes ?? 4_096;
    this.#headers = {
      'content-type': 'application/json',
      'user-agent': 'headwater-openlineage',
      ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      ...Object.fromEntries(Object.entries(options.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value])),
    };
    checkHeaders(this.#headers);
    this.#retry = {
      retries: options.retry?.retries ?? 5,
      backoffMs: options.retry?.backoffMs ?? 300,
      statuses: options.retry?.statuses ?? [429, 500, 502, 503, 504],
      connections: options.retry?.connections ?? true,
      maxWaitMs: options.retry?.maxWaitMs ?? 60_000,
    };
    // Each request and each pause listens for the end; Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.#stop.signal);
  }

  emit(event: OpenLineageEvent): Promise<EmitResult> {
    const serialized = serialize(event);
    return serialized.ok ? this.send(serialized.json) : Promise.resolve(serialized);
  }

  /** Sends an event that is JSON already; or whatever else the endpoint takes. */
  send(json: string): Promise<EmitResult> {
    if (this.#closed) return Promise.resolve({ ok: false, attempts: 0, error: this.#closedError() });
    return this.#pending.track(
      this.#deliver(json).catch(
        (cause: unknown): EmitResult => ({
          ok: false,
          attempts: 0,
          error: { reason: 'unexpected', cause, message: `${this.name}: ${String(cause)}` },
        }),
      ),
    );
  }

  flush(options?: WaitOptions): Promise<boolean> {
    return this.#pending.settled(options);
  }

  async close(options?: WaitOptions): Promise<boolean> {
    this.#closed = true;
    const inTime = await this.#pending.settled(options);
    if (!inTime) {
      this.#stop.abort();
      await this.#pending.settled();
    }
    this.#agent.destroy();
    return inTime;
  }

  async #deliver(json: string): Promise<EmitResult> {
    const body = this.#gzip ? await compress(json) : Buffer.from(json);
    for (let attempts = 1; ; attempts++) {
      while (this.#notBefore > Date.now() && !this.#stop.signal.aborted)
        await this.#pause(this.#notBefore - Date.now());
      const attempt = await this.#attempt(body);
      if (attempt.kind === 'answer' && attempt.status >= 200 && attempt.status < 300) {
        const { status, headers, body: text } = attempt;
        return { ok: true, attempts, response: { status, headers, body: text } };
      }
      const wait = this.#waitAfter(attempt, attempts);
      if (wait === undefined) return { ok: false, attempts, error: this.#errorOf(attempt, attempts) };
      await this.#pause(wait);
    }
  }

  /** How long until the next attempt; undefined: there is none. */
  #waitAfter(attempt: Attempt, attempts: number): number | undefined {
    if (attempt.kind === 'closed' || attempts > this.#retry.retries) return undefined;
    if (attempt.kind === 'answer' ? !this.#retry.statuses.includes(attempt.status) : !this.#retry.connections)
      return undefined;
    const asked = attempt.kind === 'answer' ? retryAfterMs(attempt.headers) : undefined;
    if (asked !== undefined) {
      if (asked > this.#retry.maxWaitMs) return undefined;
      this.#notBefore = Math.max(this.#notBefore, Date.now() + asked);
    }
    const backoff = this.#retry.backoffMs * 2 ** (attempts - 1) * (1 + Math.random() / 4);
    return Math.max(asked ?? 0, Math.min(backoff, this.#retry.maxWaitMs));
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }

  #attempt(body: Buffer): Promise<Attempt> {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve({ kind: 'closed' });
    return new Promise((resolve) => {
      let answer: IncomingMessage | undefined;
      const chunks: Buffer[] = [];
      let kept = 0;
      // Once the status is known it is the answer, whatever becomes of the body: an event that was taken is not sent again.
      const settle = (otherwise: Attempt) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        if (answer?.statusCode === undefined) resolve(otherwise);
        else {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ kind: 'answer', status: answer.statusCode, headers: headersOf(answer), body: text });
        }
      };
      const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(this.#url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          ...this.#headers,
          'content-length': body.length,
          ...(this.#gzip ? { 'content-encoding': 'gzip' } : {}),
        },
      });
      const broken = (error: NodeJS.ErrnoException) =>
        settle({ kind: 'network', detail: error.message, ...(error.code === undefined ? {} : { code: error.code }) });
      request.on('error', broken);
      request.on('response', (response) => {
        answer = response;
        response.on('data', (chunk: Buffer) => {
          if (kept < this.#answerBytes) chunks.push(chunk.subarray(0, this.#answerBytes - kept));
          kept += chunk.length;
        });
        response.on('error', broken);
        response.on('close', () => settle({ kind: 'closed' }));
      });
      const stop = () => {
        settle({ kind: 'closed' });
        request.destroy();
      };
      const timer = setTimeout(() => {
        settle({ kind: 'timeout' });
        request.destroy();
      }, this.#timeoutMs);
      signal.addEventListener('abort', stop);
      request.end(body);
    });
  }

  #errorOf(attempt: Attempt, attempts: number): EmitError {
    const tries = attempts === 1 ? '' : `, ${attempts} attempts`;
    switch (attempt.kind) {
      case 'closed':
        return this.#closedError();
      case 'timeout':
        return { reason: 'timeout', message: `${this.name}: no answer in ${this.#timeoutMs} ms${tries}` };
      case 'network': {
        const message = `${this.name}: ${attempt.detail}${tries}`;
        return { reason: 'network', message, ...(attempt.code === undefined ? {} : { code: attempt.code }) };
      }
      case 'answer': {
        const { status, body, headers } = attempt;
        if (status >= 300 && status < 400) {
          const message = `${this.name}: ${status} to ${headers.location ?? 'nowhere'}; redirects are not followed, correct the url`;
          return { reason: 'refused', status, body, message };
        }
        const message = `${this.name}: ${status}${tries}${body === '' ? '' : `: ${body.slice(0, 500)}`}`;
        if (!this.#retry.statuses.includes(status)) return { reason: 'refused', status, body, message };
        const asked = retryAfterMs(headers);
        return {
          reason: 'unavailable',
          status,
          body,
          message,
          ...(asked === undefined ? {} : { retryAfterMs: asked }),
        };
      }
    }
  }

  #closedError(): EmitError {
    return { reason: 'closed', message: `${this.name}: closed before the event was delivered` };
  }
}

function endpointUrl({ url, endpoint = 'api/v1/lineage', urlParams = {} }: HttpTransportOptions): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (!base || !['http:', 'https:'].includes(base.protocol)) {
    throw new OpenLineageConfigError(`OpenLineage url: "${url}" is no http(s) URL; example: http://localhost:4600`);
  }
  if (base.username !== '' || base.password !== '') {
    throw new OpenLineageConfigError(
      `OpenLineage url: take the credentials out of it (host ${base.host}) and give an apiKey`,
    );
  }
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/${endpoint.replace(/^\/+/, '')}`;
  for (const [key, value] of Object.entries(urlParams)) base.searchParams.set(key, value);
  return base;
}

/** Now, where it is a fault of the settings: else Node throws at each event. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(headers)) {
    try {
      validateHeaderName(key);
      validateHeaderValue(key, value);
    } catch (error) {
      // Node's message names the header and not its value, which may be a key.
      throw new OpenLineageConfigError(
        `OpenLineage headers: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[key] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** `Retry-After` is a number of seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
