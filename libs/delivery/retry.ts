/** When a delivery that failed is tried again. */

/** As long as that, from the first attempt, ms. */
export const RETRY_FOR = 24 * 3_600_000;

/** 5 s, doubled each time, up to an hour. */
const FIRST = 5_000;
const LONGEST = 3_600_000;

/** The wait before attempt 2, without jitter. */
export const firstRetry = FIRST;

/**
 * When to try again; null: the time is up. The wait is between half of and the whole backoff, so that what failed
 * together doesn't come back together; a receiver's `Retry-After` is a least wait.
 * @param attempts made so far
 * @param chance in [0, 1)
 */
export function nextAttempt(
  {
    attempts,
    firstAt,
    now,
    after,
  }: {
    readonly attempts: number;
    readonly firstAt: number;
    readonly now: number;
    /** ms that the receiver asked for; null: it didn't. */
    readonly after: number | null;
  },
  chance: number,
): number | null {
  const backoff = Math.min(LONGEST, FIRST * 2 ** Math.max(0, Math.min(attempts - 1, 30)));
  const at = now + Math.max(backoff * (0.5 + chance / 2), after ?? 0);
  return at > firstAt + RETRY_FOR ? null : at;
}

/** Milliseconds that a `Retry-After` asks for: seconds, or a date of HTTP; null: neither. */
export function retryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
