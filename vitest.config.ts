import { defineConfig } from 'vitest/config';
import { LEFT_TO_THE_WIDE_SUITES } from './vitest.wide.config.ts';

// `ssr.resolve.conditions` is what counts: without it tests silently run on a stale dist.
export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'libs/**/*.test.ts',
      'apps/**/*.test.ts',
      'test/contracts/**/*.test.ts',
      'test/house/**/*.test.ts',
      'test/e2e/**/*.test.ts',
      'test/model/**/*.test.ts',
      'test/rules/**/*.test.ts',
    ],
    // Those that want a server run with `npm run test:servers`.
    exclude: ['test/contracts/*.{bullmq,neo4j,redis}.test.ts', ...LEFT_TO_THE_WIDE_SUITES],
    pool: 'forks',
    globalSetup: ['test/temporary-folder.ts', 'test/bundle.ts'],
    setupFiles: ['test/seed.ts'],
    // End-to-end tests wait more than they work: on two cores one worker (the default) leaves both idle.
    maxWorkers: '100%',
    testTimeout: 20_000,
    // Hooks start hubs, of which several share the cores.
    hookTimeout: 60_000,
  },
});
