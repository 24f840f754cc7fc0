/** Webhooks of the rule files, signed with secrets that are read when they are needed. */
import { readFileSync } from 'node:fs';
import type { WebhookSender } from '#delivery';
import type { Delivery, Notifier, NotifyOutcome, RuleSet, SecretReference } from '#rules';

export interface WebhookNotifierParts {
  readonly sender: WebhookSender;
  /** Those in force: an address that is corrected holds for what waits already. */
  readonly rules: () => RuleSet;
  readonly env: Readonly<Record<string, string | undefined>>;
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

type Secret = { readonly text: string } | { readonly fault: string };

/** Each time anew: a file may hold another secret by now. */
export function readSecret(reference: SecretReference, env: Readonly<Record<string, string | undefined>>): Secret {
  if (reference.from === 'env') {
    const text = env[reference.name]?.trim() ?? '';
    return text === '' ? { fault: `the variable ${reference.name} holds no secret` } : { text };
  }
  try {
    const text = readFileSync(reference.path, 'utf8').trim();
    return text === '' ? { fault: `${reference.path} holds no secret` } : { text };
  } catch (error) {
    return { fault: `the secret can't be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const failed = (error: string): NotifyOutcome => ({ did: 'failed', status: null, error });
const later = (error: string): NotifyOutcome => ({ did: 'retry', status: null, error, after: null });
