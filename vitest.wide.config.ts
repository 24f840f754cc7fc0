import { defineConfig } from 'vitest/config';

/** The wider suites: corpus, real clients, fuzzing and kills. They need the corpus beside the project and installed clients; see .ci/run. */
export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/corpus/**/*.test.ts', 'test/wide/**/*.test.ts'],
    pool: 'forks',
    setupFiles: ['test/seed.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
