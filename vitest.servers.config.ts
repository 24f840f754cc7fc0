import { defineConfig } from 'vitest/config';

/** The suites that need real servers. They are started by `test/services`, and where they can't start, the suites have failed. */
export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'test/servers/**/*.test.ts',
      'test/contracts/*.{bullmq,neo4j,redis}.test.ts',
      // Minutes of kills: where somebody says how many.
      ...(process.env.CHAOS_KILLS === undefined ? [] : ['test/chaos/*.test.ts']),
    ],
    pool: 'forks',
    globalSetup: ['test/servers/start-neo4j.ts', 'test/servers/start-redis.ts'],
    setupFiles: ['test/seed.ts'],
    // Neo4j Community has one database: one suite at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
