/** What runs is a bundle, dependencies included: see docs/adr/0016-what-runs-is-a-bundle.md. */
import type { BuildOptions } from 'rolldown';

export default {
  cwd: import.meta.dirname,
  input: {
    headwater: 'apps/cli/main.ts',
    // Threads are found by their names (`imports` in package.json) when they are started.
    'event-log-worker': 'libs/queue/event-log-worker.ts',
    'checkpoint-worker': 'libs/graph/checkpoint-worker.ts',
    'graph-worker': 'libs/graph/graph-worker.ts',
    'decision-worker': 'libs/decisions/decision-worker.ts',
  },
  platform: 'node',
  // The one with decorators.
  tsconfig: 'apps/hub/tsconfig.json',
  resolve: { conditionNames: ['source', 'node'] },
  external: [
    // It looks for its binary beside itself.
    '@photostructure/sqlite',
    // Nobody but the scaled size loads these.
    'neo4j-driver',
    'bullmq',
    'ioredis',
    // What Nest would load if it were installed.
    /^@nestjs\/(microservices|platform-express|websockets)/,
    /^@fastify\/(multipart|static|view)$/,
    'class-transformer',
    'class-validator',
  ],
  output: { dir: 'dist/bundle', format: 'esm', sourcemap: true, cleanDir: true, keepNames: true },
} satisfies BuildOptions;
