import { defineConfig } from 'vitest/config';

/** The wider suites: corpus, real clients, fuzzing and kills, and properties that `npm test` tries on fewer histories. They need the corpus beside the project and installed clients; see .ci/run. */
export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'test/corpus/**/*.test.ts',
      'test/wide/**/*.test.ts',
      'test/model/{change-feed,touched-lines}.test.ts',
      'test/contracts/{graph-reader,marquez-reads}.sqlite.test.ts',
    ],
    env: { HEADWATER_HISTORIES: '4' },
    pool: 'forks',
    setupFiles: ['test/seed.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
