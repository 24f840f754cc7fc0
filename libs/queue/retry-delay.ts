/** How long a lane rests after its handler rejected. */
export interface RetryDelay {
  /** ms after the first failure; doubled with each further one in a row. */
  readonly firstMs: number;
  readonly mostMs: number;
}

export const DEFAULT_RETRY_DELAY: RetryDelay = { firstMs: 1000, mostMs: 60_000 };

/** @param failures in a row, 1 or more */
export function retryDelay({ firstMs, mostMs }: RetryDelay, failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
