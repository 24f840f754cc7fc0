/**
 * What docker-compose.yml starts, as plain processes on this machine: the commands and health checks that it says, with
 * its folders, hosts and ports replaced. Neo4j is the suites' own: its image and `cypher-shell` aren't here.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runEvent, table } from '../e2e/events.ts';
import { ask, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOON = { timeout: 120_000, interval: 500 };

interface Service {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
}

const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const home = temporaryFolder();
const running = new Map<string, ChildProcess>();
const ports = new Map<string, number>();
const logs = new Map<string, string>();

function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

/** Compose's `$$` is a shell's `$`; what a container calls /app, /secrets and /data lies here. */
function here(name: string, text: string): string {
  return text
    .replaceAll('$$', '$')
    .replaceAll('/app/', `${ROOT}/`)
    .replaceAll('/secrets', join(home, 'secrets'))
    .replaceAll('/data', join(home, name))
    .replaceAll('redis-server ', `redis-server --bind 127.0.0.1 --port ${ports.get('redis')} `)
    .replaceAll('redis-cli ', `redis-cli -p ${ports.get('redis')} `);
}

function environment(name: string): NodeJS.ProcessEnv {
  const own = Object.entries(service(name).environment ?? {}).map(([key, value]) => [key, here(name, value)]);
  return {
    PATH: process.env.PATH,
    ...Object.fromEntries(own),
    ...(own.some(([key]) => key === 'NEO4J_URI')
      ? { NEO4J_URI, REDIS_HOST: '127.0.0.1', REDIS_PORT: String(ports.get('redis')) }
      : {}),
    ...(ports.has(name) && name !== 'redis' ? { HEADWATER_PORT: String(ports.get(name)) } : {}),
  };
}

function start(name: string): ChildProcess {
  mkdirSync(join(home, name), { recursive: true });
  const [program = '', ...args] = service(name).command.map((word) => here(name, word));
  const child = spawn(program, args, { env: environment(name), cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const note = (chunk: Buffer): void => void logs.set(name, (logs.get(name) ?? '') + chunk.toString());
  child.stdout?.on('data', note);
  child.stderr?.on('data', note);
  running.set(name, child);
  return child;
}

/** What the health check of a service answers. */
async function healthy(name: string): Promise<boolean> {
  const [kind, ...words] = service(name).healthcheck.test.map((word) => here(name, word));
  const [program = '', ...args] = kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : words;
  return promisify(execFile)(program, args, { env: environment(name) }).then(
    () => true,
    () => false,
  );
}

const end = (child: ChildProcess): Promise<number | null> =>
  child.exitCode === null
    ? new Promise((resolve) => child.once('exit', (code) => resolve(code)))
    : Promise.resolve(child.exitCode);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  await emptyNeo4j();
  for (const name of ['redis', 'api', 'worker-1', 'worker-2']) ports.set(name, await freePort());
});
afterAll(async () => {
  for (const name of ['api', 'worker-1', 'worker-2', 'redis']) {
    const child = running.get(name);
    if (child === undefined) continue;
    child.kill('SIGTERM');
    await end(child);
  }
});

it('makes its secrets once, and comes up healthy in its order', { timeout: 300_000 }, async () => {
  expect(await end(start('secrets')), logs.get('secrets')).toBe(0);
  const files = ['neo4j-auth', 'redis-password', 'admin-key', 'keys.json'];
  const made = files.map((file) => readFileSync(join(home, 'secrets', file), 'utf8'));
  expect(made[0]).toMatch(/^neo4j\/[\w-]{32}$/);
  expect(new Set(made).size).toBe(4);
  expect(await end(start('secrets'))).toBe(0);
  expect(files.map((file) => readFileSync(join(home, 'secrets', file), 'utf8'))).toEqual(made);

  start('redis');
  await expect.poll(() => healthy('redis'), SOON).toBe(true);
  expect(await healthy('api')).toBe(false);
  for (const name of ['api', 'worker-1', 'worker-2']) start(name);
  for (const name of ['api', 'worker-1', 'worker-2'])
    await expect.poll(() => healthy(name), { ...SOON, message: logs.get(name) ?? name }).toBe(true);

  const address = `http://127.0.0.1:${ports.get('api')}`;
  const event = JSON.stringify(runEvent('compose', { reads: ['a'], writes: ['b'] }));
  const post = (headers: Record<string, string>) =>
    ask(address, {
      method: 'POST',
      path: '/api/v1/lineage',
      headers: { 'content-type': 'application/json', ...headers },
      body: event,
    });
  expect((await post({})).status).toBe(401);
  const key = { authorization: `Bearer ${made[2]?.trim()}` };
  const taken = await post(key);
  expect(taken.status, taken.body).toBe(201);
  const answer = await ask(address, {
    path: `/api/v1/lineage?nodeId=${encodeURIComponent(table('a'))}`,
    headers: { ...key, 'headwater-after': String(taken.headers['headwater-position']) },
  });
  expect(answer.body).toContain('job:shop:compose');
  expect((await ask(address, { path: '/health/ready' })).json).toMatchObject({
    durability: expect.stringMatching(/^synced/),
  });
});

it('a stop, as Compose does it, is in order', async () => {
  for (const name of ['api', 'worker-1', 'worker-2']) {
    const child = running.get(name);
    child?.kill('SIGTERM');
    if (child !== undefined) expect(await end(child), logs.get(name)).toBe(0);
  }
});
