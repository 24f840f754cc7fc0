/** Webhooks of the rule files, signed with secrets that are read when they are needed. */
import type { WebhookSender } from '#delivery';
import type { Delivery, Notifier, NotifyOutcome, RuleSet } from '#rules';
import { type Environment, readSecret } from './read-secret.ts';

export interface WebhookNotifierParts {
  readonly sender: WebhookSender;
  /** Those in force: an address that is corrected holds for what waits already. */
  readonly rules: () => RuleSet;
  readonly env: Environment;
}

export class WebhookNotifier implements Notifier {
  readonly #parts: WebhookNotifierParts;

  constructor(parts: WebhookNotifierParts) {
    this.#parts = parts;
  }

  async notify({ id, action, body }: Delivery, now: number): Promise<NotifyOutcome> {
    if (action.do !== 'webhook') return failed(`a webhook can't do ${action.do}`);
    const webhook = this.#parts.rules().webhooks.find(({ name }) => name === action.webhook);
    // It may come back with the next version of the file.
    if (webhook === undefined) return later(`there is no webhook ${action.webhook} in the rule files any more`);
    const secrets: string[] = [];
    for (const reference of webhook.secrets) {
      const secret = readSecret(reference, this.#parts.env);
      if ('fault' in secret) return later(secret.fault);
      secrets.push(secret.text);
    }
    return this.#parts.sender.send({ id, url: webhook.url, body, secrets }, now);
  }
}

const failed = (error: string): NotifyOutcome => ({ did: 'failed', status: null, error });
const later = (error: string): NotifyOutcome => ({ did: 'retry', status: null, error, after: null });
