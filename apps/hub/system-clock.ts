import type { Clock } from '#lineage';

/** The one place of the hub that reads the time. */
export const SYSTEM_CLOCK: Clock = { now: () => Date.now() };
