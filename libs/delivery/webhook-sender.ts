/** Sends one webhook, once: what came of it is a value, and whoever keeps the deliveries decides what is next. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AllowList, guardedLookup, judgeUrl, RefusedAddress } from './address-guard.ts';
import { retryAfter } from './retry.ts';
import { signWebhook } from './sign-webhook.ts';

export interface WebhookMessage {
  /** The delivery's, the same on each attempt: what the receiver drops repeats by. */
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly secrets: readonly string[];
}

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

/** One sender for all hooks; it keeps no state between calls. Redirects are not followed: they are a failure. */
export class WebhookSender {
  readonly #allowed: AllowList;
  readonly #limits: SendLimits;
  readonly #lookup: ReturnType<typeof guardedLookup>;

  constructor(allowed: AllowList, limits: SendLimits = LIMITS, lookup = guardedLookup(allowed)) {
    this.#allowed = allowed;
    this.#limits = limits;
    this.#lookup = lookup;
  }

  async send(message: WebhookMessage, now: number): Promise<SendOutcome> {
    const url = parseUrl(message.url);
    if (url === null) return failed(`"${message.url}" is no URL`);
    if (message.secrets.length === 0) return failed('there is no secret to sign with');
    const verdict = judgeUrl(url, this.#allowed);
    if (!verdict.ok) return failed(verdict.reason);
    try {
      return outcomeOf(await this.#post(url, message, now), now);
    } catch (error) {
      if (error instanceof RefusedAddress) return failed(error.message);
      return { did: 'retry', status: null, error: sayError(error), after: null };
    }
  }

  #post(url: URL, message: WebhookMessage, now: number): Promise<Answer> {
    const body = Buffer.from(message.body, 'utf8');
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = {
      ...signWebhook(message.id, message.body, message.secrets, now),
      'content-type': 'application/json',
      'content-length': body.length,
      'user-agent': 'headwater',
    };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(this.#limits.time);
      // No agent: a kept connection would go past the lookup.
      const sent = request(url, { method: 'POST', headers, agent: false, lookup: this.#lookup, signal }, (response) => {
        readAnswer(response, this.#limits.answer).then(resolve, reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null; // a TypeError: no URL
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly words: string;
}

async function readAnswer(response: IncomingMessage, most: number): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response) {
    if (!Buffer.isBuffer(piece)) continue;
    pieces.push(piece);
    size += piece.length;
    if (size >= most) break;
  }
  const words = Buffer.concat(pieces).toString('utf8').slice(0, MOST_WORDS);
  return { status, retryAfter: response.headers['retry-after'], words };
}

function outcomeOf({ status, retryAfter: asked, words }: Answer, now: number): SendOutcome {
  if (status >= 200 && status < 300) return { did: 'delivered', status };
  if (status === 410) return { did: 'disabled', status };
  const error = `${status}${words === '' ? '' : `: ${words}`}`;
  if (PASSING.has(status) || status >= 500) return { did: 'retry', status, error, after: retryAfter(asked, now) };
  return {
    did: 'failed',
    status,
    error: status >= 300 && status < 400 ? `${error} (redirects are not followed)` : error,
  };
}

const failed = (error: string): SendOutcome => ({ did: 'failed', status: null, error });

function sayError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  return error.message === '' ? error.name : error.message;
}
