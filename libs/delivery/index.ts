/** Calling the outside: guarded, signed, tried again. */
export { type AllowList, type HostVerdict, parseAllowList } from './address-guard.ts';
export { firstRetry, nextAttempt, RETRY_FOR, retryAfter } from './retry.ts';
export { signWebhook } from './sign-webhook.ts';
export { type SendLimits, type SendOutcome, type WebhookMessage, WebhookSender } from './webhook-sender.ts';
