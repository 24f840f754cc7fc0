import { defineConfig } from 'vitest/config';
import { PLACES } from './test/servers/places.ts';

/** End-to-end tests that are not run at the scaled size, and why. */
const NOT_AT_THE_SCALED_SIZE = {
  'test/e2e/copies.test.ts': 'of a data folder; what servers hold is moved in test/servers/import.test.ts',
  'test/e2e/rules.test.ts': 'test/servers/scaled-rules.test.ts tells the same story, to three processes',
};

const COMMON = {
  pool: 'forks',
  maxWorkers: PLACES.length,
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;
const SOURCES = { ssr: { resolve: { conditions: ['source'] } } };

/** The suites that need real servers. They are started by `test/services`, and where they can't start, the suites have failed. */
export default defineConfig({
  ...SOURCES,
  test: {
    ...COMMON,
    globalSetup: [
      'test/temporary-folder.ts',
      'test/bundle.ts',
      'test/servers/make-certificate.ts',
      'test/servers/start-neo4j.ts',
      'test/servers/start-redis.ts',
    ],
    projects: [
      {
        ...SOURCES,
        test: {
          ...COMMON,
          name: 'servers',
          include: [
            'test/servers/**/*.test.ts',
            'test/contracts/*.{bullmq,neo4j,redis}.test.ts',
            // Minutes of kills: where somebody says how many.
            ...(process.env.CHAOS_KILLS === undefined ? [] : ['test/chaos/*.test.ts']),
          ],
          setupFiles: ['test/seed.ts'],
        },
      },
      {
        ...SOURCES,
        test: {
          ...COMMON,
          name: 'end to end at the scaled size',
          include: ['test/e2e/**/*.test.ts', 'test/wide/{guards,rule-files,stop}.test.ts'],
          exclude: Object.keys(NOT_AT_THE_SCALED_SIZE),
          setupFiles: ['test/seed.ts', 'test/servers/scaled-size.ts'],
        },
      },
    ],
  },
});
