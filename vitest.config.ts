import { defineConfig } from 'vitest/config';

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
    ],
    pool: 'forks',
    testTimeout: 20_000,
  },
});
