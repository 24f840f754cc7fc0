/** Signatures of Standard Webhooks (https://www.standardwebhooks.com), as its libraries verify them. */
import { createHmac } from 'node:crypto';

/** The headers of one attempt. Each secret signs, so that one can be rotated without a gap. */
export function signWebhook(
  id: string,
  body: string,
  secrets: readonly string[],
  at: number,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(at / 1_000));
  const signed = secrets.map((secret) => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`);
    return `v1,${hmac.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signed.join(' ') };
}

/** `whsec_…` is base64 of the key, with the prefix or without it. */
const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
