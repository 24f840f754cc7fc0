/**
 * Two suites run at a time, each at a place with servers of its own: Neo4j Community has one database, and a suite empties,
 * kills and restarts what it is on.
 */
export const PLACES = [0, 1] as const;

/** Where this suite runs: vitest numbers from 1 those that run at once. */
export const HERE = Number(process.env.VITEST_POOL_ID ?? 1) - 1;
