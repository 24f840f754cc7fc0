/** The one way out: guarded, limited, without redirects. What came of a call is a value. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AllowList, guardedLookup, judgeUrl, RefusedAddress } from './address-guard.ts';
import { retryAfter } from './retry.ts';

export type SendOutcome =
  | { readonly did: 'delivered'; readonly status: number }
  /** `after`: how long the receiver wants to be left alone, ms. */
  | { readonly did: 'retry'; readonly status: number | null; readonly error: string; readonly after: number | null }
  | { readonly did: 'failed'; readonly status: number | null; readonly error: string }
  /** 410: the receiver wants no more of this hook. */
  | { readonly did: 'disabled'; readonly status: number };

export interface SendLimits {
  /** From the first byte sent to the last received, ms. */
  readonly time: number;
  /** Of the answer, bytes. What is beyond is not read. */
  readonly answer: number;
}

const LIMITS: SendLimits = { time: 15_000, answer: 64 * 1_024 };
/** Of the receiver's own words in an error. */
const MOST_WORDS = 200;

/** What may be better next time. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null: none. */
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
  /** It broke off, or ran out of time: `text` is what had come. */
  readonly brokeOff: boolean;
}

/** An answer, whatever its status; or why there is none. */
export type CallOutcome = { readonly did: 'answered'; readonly answer: HttpAnswer } | SendOutcome;

/** It keeps no state between calls. */
export class HttpSender {
  readonly #allowed: AllowList;
  readonly #limits: SendLimits;
  readonly #lookup: ReturnType<typeof guardedLookup>;

  constructor(allowed: AllowList, limits: SendLimits = LIMITS, lookup = guardedLookup(allowed)) {
    this.#allowed = allowed;
    this.#limits = limits;
    this.#lookup = lookup;
  }

  async call(call: HttpCall): Promise<CallOutcome> {
    const url = parseUrl(call.url);
    if (url === null) return failed(`"${call.url}" is no URL`);
    const verdict = judgeUrl(url, this.#allowed);
    if (!verdict.ok) return failed(verdict.reason);
    try {
      return { did: 'answered', answer: await this.#send(url, call) };
    } catch (error) {
      if (error instanceof RefusedAddress) return failed(error.message);
      return { did: 'retry', status: null, error: sayError(error), after: null };
    }
  }

  #send(url: URL, { method, headers, body }: HttpCall): Promise<HttpAnswer> {
    const bytes = Buffer.from(body ?? '', 'utf8');
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const content = body === null ? {} : { 'content-type': 'application/json', 'content-length': bytes.length };
    const all = { ...content, 'user-agent': 'headwater', ...headers };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(this.#limits.time);
      let answered = false;
      // No agent: a kept connection would go past the lookup.
      const sent = request(url, { method, headers: all, agent: false, lookup: this.#lookup, signal }, (response) => {
        answered = true;
        readAnswer(response, this.#limits.answer).then(resolve, reject);
      });
      sent.on('error', (error) => {
        if (!answered) reject(error);
      });
      sent.end(bytes);
    });
  }
}

/** What an answer means for a delivery: 2xx is success; what may pass is tried again. */
export function outcomeOf({ status, retryAfter: asked, text }: HttpAnswer, now: number): SendOutcome {
  if (status >= 200 && status < 300) return { did: 'delivered', status };
  if (status === 410) return { did: 'disabled', status };
  const words = text.slice(0, MOST_WORDS);
  const error = `${status}${words === '' ? '' : `: ${words}`}`;
  if (PASSING.has(status) || status >= 500) return { did: 'retry', status, error, after: retryAfter(asked, now) };
  return {
    did: 'failed',
    status,
    error: status >= 300 && status < 400 ? `${error} (redirects are not followed)` : error,
  };
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null; // a TypeError: no URL
  }
}

async function readAnswer(response: IncomingMessage, most: number): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  const pieces: Buffer[] = [];
  let size = 0;
  let brokeOff = false;
  try {
    for await (const piece of response) {
      if (!Buffer.isBuffer(piece)) continue;
      pieces.push(piece);
      size += piece.length;
      if (size >= most) break;
    }
  } catch {
    // The status is the answer, its words are an extra: who took it must not get it again all day.
    brokeOff = true;
  }
  const text = Buffer.concat(pieces).toString('utf8');
  return { status, retryAfter: response.headers['retry-after'], text, brokeOff };
}

export const failed = (error: string): SendOutcome => ({ did: 'failed', status: null, error });

function sayError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  return error.message === '' ? error.name : error.message;
}
