/** Deliveries as properties of their nodes, and back. */
import type { Properties } from '#graph';
import type { Delivery, PlannedDelivery } from '#rules';

export const DISABLED_SINCE = 'the receiver answered 410: it wants no more; deliver one by hand to try it again';

export function deliveryOf(row: Properties | undefined): Delivery {
  const p = row?.['delivery'] as Properties;
  return {
    // Only `writeCommit` writes it.
    ...(JSON.parse(String(p['planned'])) as PlannedDelivery),
    state: p['state'] as Delivery['state'],
    attempts: Number(p['attempts']),
    firstAttempt: numberOrNull(p['firstAttempt']),
    lastStatus: numberOrNull(p['lastStatus']),
    lastError: typeof p['lastError'] === 'string' ? p['lastError'] : null,
    nextAttempt: numberOrNull(p['nextAttempt']),
    deliveredAt: numberOrNull(p['deliveredAt']),
  };
}

/** What was kept as text comes back as it was. */
export const bodyOf = <T>(row: Properties): T => JSON.parse(String(row['body'])) as T;

export const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
