/** Sends one webhook, once: what came of it is a value, and whoever keeps the deliveries decides what is next. */
import type { AllowList, guardedLookup } from './address-guard.ts';
import { failed, HttpSender, outcomeOf, type SendLimits, type SendOutcome } from './http-sender.ts';
import { signWebhook } from './sign-webhook.ts';

export interface WebhookMessage {
  /** The delivery's, the same on each attempt: what the receiver drops repeats by. */
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly secrets: readonly string[];
}

/** One sender for all hooks; it keeps no state between calls. Redirects are not followed: they are a failure. */
export class WebhookSender {
  readonly #http: HttpSender;

  constructor(allowed: AllowList, limits?: SendLimits, lookup?: ReturnType<typeof guardedLookup>) {
    this.#http = new HttpSender(allowed, limits, lookup);
  }

  async send({ id, url, body, secrets }: WebhookMessage, now: number): Promise<SendOutcome> {
    if (secrets.length === 0) return failed('there is no secret to sign with');
    const headers = signWebhook(id, body, secrets, now);
    const outcome = await this.#http.call({ method: 'POST', url, headers, body });
    return outcome.did === 'answered' ? outcomeOf(outcome.answer, now) : outcome;
  }
}
