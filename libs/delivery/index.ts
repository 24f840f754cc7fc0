/** Calling the outside: guarded, signed, tried again. */
export { type AllowList, type HostVerdict, parseAllowList } from './address-guard.ts';
export { HttpSender, type SendLimits, type SendOutcome } from './http-sender.ts';
export { firstRetry, nextAttempt, RETRY_FOR, retryAfter } from './retry.ts';
export { signWebhook } from './sign-webhook.ts';
export * from './triggers/airflow.ts';
export * from './triggers/dagster.ts';
export * from './triggers/dbt.ts';
export * from './triggers/github.ts';
export * from './triggers/prefect.ts';
export type { TriggerCall } from './triggers/trigger-call.ts';
export { type WebhookMessage, WebhookSender } from './webhook-sender.ts';
