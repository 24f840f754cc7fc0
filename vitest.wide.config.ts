import { defineConfig } from 'vitest/config';

/** `npm test` has three minutes, with all that it installs and builds: what takes long of its kinds is tested here alone. */
export const LEFT_TO_THE_WIDE_SUITES = [
  'test/contracts/{graph-reader,marquez-reads}.sqlite.test.ts',
  'test/e2e/{access,annotations,contracts,copies,loops,merges,rules}.test.ts',
  'test/house/compiler.test.ts',
  'test/model/{change-feed,data-times-store,merges,served-lines,touched-lines}.test.ts',
  'test/rules/{contracts,loops,policies}.test.ts',
];

/** The wider suites: corpus, real clients, fuzzing and kills, and properties that `npm test` tries on fewer histories. They need the corpus beside the project and installed clients; see .ci/run. */
export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'test/corpus/**/*.test.ts',
      'test/wide/**/*.test.ts',
      ...LEFT_TO_THE_WIDE_SUITES,
      'test/contracts/graph-store.sqlite.test.ts',
    ],
    env: { HEADWATER_HISTORIES: '3' },
    pool: 'forks',
    globalSetup: ['test/temporary-folder.ts', 'test/bundle.ts'],
    setupFiles: ['test/seed.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
