/** What `replay` and `backup` say on the scaled size, and that it is so: the workers build the graph again from the log. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

const SOON = { timeout: 100_000, interval: 500 };
const folder = temporaryFolder();
let env: Record<string, string>;

beforeAll(async () => {
  await emptyNeo4j();
  env = { NEO4J_URI, REDIS_URL: await ownRedisServer('start', '--fresh') };
});
afterAll(() => ownRedisServer('stop'));

it('the two commands change nothing, and say what to do instead', async () => {
  const replay = await runHeadwater(['replay'], { env });
  expect(replay).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/stop all hubs.*DETACH DELETE/) });
  const backup = await runHeadwater(['backup', join(folder, 'copy')], { env });
  expect(backup).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/neo4j-admin database dump/) });
});

it('a worker without a file, on an empty Neo4j, builds the graph of the log', { timeout: 240_000 }, async () => {
  const first = await startIn('first');
  for (let n = 0; n < 20; n++) await first.send(runEvent(`step-${n}`, { reads: [`t${n}`], writes: [`t${n + 1}`] }));
  await expect.poll(() => exported(first), SOON).toContain('step-19');
  const before = await exported(first);
  await first.stop();
  await emptyNeo4j();
  const second = await startIn('second');
  await expect.poll(() => exported(second), SOON).toBe(before);
  await second.stop();
});

function startIn(name: string): Promise<TestHub> {
  const data = join(folder, name);
  mkdirSync(data);
  return startTestHub({ env, data });
}

const exported = async (hub: TestHub): Promise<string> => (await hub.ask({ path: '/api/v1/export' })).body;
