/** An embedded hub outgrows its file: its graph goes to Neo4j and back, the same bytes, and goes on as if it had never moved. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { ownRedisServer } from './redis-server.ts';

const SOON = { timeout: 30_000, interval: 200 };
const folder = temporaryFolder();
const started: TestHub[] = [];
let redisUrl: string;

beforeAll(async () => {
  await emptyNeo4j();
  redisUrl = await ownRedisServer('start', '--fresh');
});
afterAll(async () => {
  await Promise.all(started.map((hub) => hub.stop()));
  await ownRedisServer('stop');
});

async function startHub(env: Record<string, string>, data?: string): Promise<TestHub> {
  const hub = await startTestHub({ env, ...(data === undefined ? {} : { data }) });
  started.push(hub);
  return hub;
}
const scaled = (role: string): Promise<TestHub> => startHub({ NEO4J_URI, REDIS_URL: redisUrl, HEADWATER_ROLE: role });

async function exported(hub: TestHub, query = '', after = '0'): Promise<string> {
  const { status, body } = await hub.ask({ path: `/api/v1/export${query}`, headers: { 'headwater-after': after } });
  expect(status, body).toBe(200);
  return body;
}

function imported(file: string, env: Record<string, string>, data: string) {
  return runHeadwater(['import', file, '--json', '--data', data], { env });
}

async function mutate(hub: TestHub, query: string): Promise<void> {
  const body = JSON.stringify({ query });
  const answer = await hub.ask({
    method: 'POST',
    path: '/graphql',
    body,
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.json).toMatchObject({ data: expect.anything() });
}

const peopleIn = (lines: string): string[] =>
  lines.split('\n').filter((line) => /"kind":"(annotation|merge|tag)"/.test(line));

const early = (n: number) => runEvent(`step-${n}`, { reads: [`t${n}`, 't0'], writes: [`t${n + 1}`] });
/** The same jobs read something else now: what they read before must end. */
const late = (n: number) =>
  runEvent(
    `step-${n}`,
    { reads: ['other'], writes: [`t${n + 1}`] },
    {
      eventTime: '2026-02-01T00:00:00Z',
      run: { runId: `019b76da-a800-7000-8000-1${String(n).padStart(11, '0')}` },
    },
  );

it('goes to Neo4j and back', { timeout: 240_000 }, async () => {
  const embedded = await startHub({});
  for (let n = 0; n < 40; n++) await embedded.send(early(n));
  const before = await exported(embedded, '', '40');
  await mutate(embedded, `mutation { mergeAssets(ids: ["${table('t7')}"], into: "${table('t9')}") { id } }`);
  const words = `annotate(subject: "${table('t7')}", text: "late") { id } tag(subject: "job:shop:step-3", tag: "gold") { id }`;
  await mutate(embedded, `mutation { ${words} }`);
  const there = join(folder, 'there.ndjson');
  writeFileSync(there, await exported(embedded, '?with=rows'));

  const scaledEnv = { NEO4J_URI, REDIS_URL: redisUrl };
  const first = await imported(there, scaledEnv, join(folder, 'importer'));
  expect(first, first.stderr).toMatchObject({ code: 0 });
  const again = await imported(there, scaledEnv, join(folder, 'importer'));
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not empty .*DETACH DELETE/) });

  const [api, one] = await Promise.all([scaled('api'), scaled('worker')]);
  expect(await exported(one)).toBe(before);
  const saidThere = await exported(embedded, '?with=mutations');
  expect(peopleIn(await exported(one, '?with=mutations'))).toEqual(peopleIn(saidThere));
  expect(peopleIn(saidThere)).toHaveLength(3);
  for (const query of ['', '?with=mutations', '?with=rows'])
    expect((await api.ask({ path: `/api/v1/export${query}` })).json).toMatchObject({
      code: 409,
      message: expect.stringContaining('ask a worker'),
    });
  // An event that the graph holds is no news, though the log of this hub never saw it.
  await api.send(early(3));
  for (let n = 0; n < 20; n++) {
    await embedded.send(late(n));
    await api.send(late(n));
  }
  // One that comes later loads what the first one did.
  const two = await scaled('worker');
  const after = await exported(embedded, '', '60');
  expect(after).not.toBe(before);
  for (const hub of [one, two]) expect(await exported(hub, '', '21')).toBe(after);

  const back = join(folder, 'back.ndjson');
  await expect.poll(async () => (await two.ask({ path: '/health/ready' })).json, SOON).toMatchObject({ backlog: 0 });
  writeFileSync(back, await exported(two, '?with=rows'));
  const data = join(folder, 'back');
  expect(await imported(back, {}, data)).toMatchObject({ code: 0 });
  const returned = await startHub({}, data);
  expect(await exported(returned)).toBe(after);
  // It goes on here, and the merge came along.
  for (let n = 20; n < 40; n++) {
    await embedded.send(late(n));
    await returned.send(late(n));
  }
  expect(await exported(returned, '?with=mutations', '20')).toBe(await exported(embedded, '?with=mutations', '80'));
});

it('goes there and back without its rows, too', { timeout: 240_000 }, async () => {
  await Promise.all(started.splice(0).map((hub) => hub.stop()));
  await emptyNeo4j();
  redisUrl = await ownRedisServer('start', '--fresh');
  const embedded = await startHub({});
  for (let n = 0; n < 10; n++) await embedded.send(early(n));
  const before = await exported(embedded, '', '10');
  const there = join(folder, 'plain.ndjson');
  writeFileSync(there, before);
  const result = await imported(there, { NEO4J_URI, REDIS_URL: redisUrl }, join(folder, 'importer'));
  expect(result, result.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('--with rows') });

  const hub = await scaled('all');
  expect(await exported(hub)).toBe(before);
  for (let n = 0; n < 5; n++) {
    await embedded.send(late(n));
    await hub.send(late(n));
  }
  const after = await exported(embedded, '', '15');
  expect(await exported(hub, '', '5')).toBe(after);

  writeFileSync(there, after);
  const data = join(folder, 'plain-back');
  expect(await imported(there, {}, data)).toMatchObject({ code: 0 });
  expect(await exported(await startHub({}, data))).toBe(after);
});

it('into a folder that a hub uses or used, or of a line that is none, imports nothing', async () => {
  const file = join(folder, 'there.ndjson');
  const hub = await startHub({});
  expect(await imported(file, {}, hub.data)).toMatchObject({ code: 1, stderr: expect.stringMatching(/in use/) });
  await hub.send(early(1));
  await hub.stop();
  started.pop();
  expect(await imported(file, {}, hub.data)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is not empty.*--data/),
  });
  const bad = join(folder, 'bad.ndjson');
  writeFileSync(bad, '{"kind":"dataset","id":"dataset:a:b"}\nhello\n');
  const data = join(folder, 'new');
  expect(await imported(bad, {}, data)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^line 2: .*"hello"/) });
  expect(await imported(join(folder, 'none'), {}, data)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no file/),
  });
});

it('a rebuild would forget what was imported, and says so', async () => {
  await Promise.all(started.splice(0).map((hub) => hub.stop()));
  const replay = await runHeadwater(['replay', '--data', join(folder, 'back')]);
  expect(replay).toMatchObject({ code: 1, stderr: expect.stringMatching(/was imported, .*--force/) });
});
