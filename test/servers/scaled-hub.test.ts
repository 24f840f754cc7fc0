/** The built hub on a real Neo4j and a real Redis: one api and two workers, beside an embedded hub that gets the same events. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import { openWebSocket } from '../e2e/web-socket.ts';
import { type RawAnswer, runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';
import { neo4jServer } from './neo4j-server.ts';
import { ownRedisServer } from './redis-server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const SOON = { timeout: 30_000, interval: 100 };

let redisUrl: string;
let api: TestHub;
let first: TestHub;
let second: TestHub;
let embedded: TestHub;

const scaled = (role: string, data?: string): Promise<TestHub> =>
  startTestHub({ env: environment({ HEADWATER_ROLE: role }), ...(data === undefined ? {} : { data }) });

const environment = (more: Readonly<Record<string, string>>): Record<string, string> => ({
  NEO4J_URI,
  REDIS_URL: redisUrl,
  HEADWATER_LOG_LEVEL: 'info',
  ...more,
});

beforeAll(async () => {
  await emptyNeo4j();
  redisUrl = await ownRedisServer('start', '--fresh');
  // All at once: whoever comes first makes the schema.
  [api, first, second, embedded] = await Promise.all([
    scaled('api'),
    scaled('worker'),
    scaled('worker'),
    startTestHub(),
  ]);
});
afterAll(async () => {
  await Promise.all([api, first, second, embedded].map((hub) => hub?.stop()));
  await ownRedisServer('stop');
});

function graphql(hub: TestHub, query: string, variables: object, headers: object = {}): Promise<RawAnswer> {
  const body = JSON.stringify({ query, variables });
  return hub.ask({ method: 'POST', path: '/graphql', headers: { ...JSON_TYPE, ...headers }, body });
}

async function exportOf(hub: TestHub, after: string): Promise<string> {
  const { status, body } = await hub.ask({ path: '/api/v1/export', headers: { 'headwater-after': after } });
  expect(status).toBe(200);
  return body;
}

const ready = async (hub: TestHub): Promise<RawAnswer> => hub.ask({ path: '/health/ready' });

const send = (job: string): Promise<RawAnswer> =>
  api.ask({
    method: 'POST',
    path: '/api/v1/lineage',
    headers: JSON_TYPE,
    body: JSON.stringify(runEvent(job, { writes: [job] })),
  });

/** Of one round: a chain of jobs, the last of which reads what all write. */
const chain = (name: string, length: number): Record<string, unknown>[] =>
  Array.from({ length }, (_, i) =>
    runEvent(`${name}-${i}`, { reads: [`${name}-${i}`, `${name}-0`], writes: [`${name}-${i + 1}`] }),
  );

it('every role says what it is and what it keeps things in', async () => {
  for (const [hub, role] of [
    [api, 'api'],
    [first, 'worker'],
  ] as const) {
    expect(await ready(hub)).toMatchObject({
      status: 200,
      json: {
        status: 'ready',
        role,
        store: 'Neo4j',
        queue: expect.stringMatching(/^Redis \d/),
        durability: expect.stringMatching(/^synced: /),
        dependencies: { neo4j: { state: 'up', reason: null }, redis: { state: 'up', reason: null } },
      },
    });
  }
});

it('what any process takes, any other answers, and the export is that of an embedded hub', async () => {
  let last = '0';
  const takers = [api, first, second];
  for (const [i, event] of chain('step', 30).entries()) {
    await embedded.send(event);
    last = await (takers[i % takers.length] ?? api).send(event);
  }
  expect(last).toBe('30');
  const lineage = await graphql(
    api,
    'query($of:[ID!]!){lineage(of:$of,direction:DOWNSTREAM,depth:1){edges{from to}}}',
    { of: [table('step-4')] },
    { 'headwater-after': last },
  );
  expect(lineage.json).toEqual({ data: { lineage: { edges: [{ from: table('step-4'), to: 'job:shop:step-4' }] } } });
  const marquez = await api.ask({ path: `/api/v1/lineage?nodeId=${encodeURIComponent('job:shop:step-4')}` });
  expect(marquez.status).toBe(200);
  const expected = await exportOf(embedded, last);
  expect(expected.split('\n').length).toBeGreaterThan(60);
  for (const hub of takers) expect(await exportOf(hub, last)).toBe(expected);
});

it('a subscription gets what a worker changed, once, whichever process it is on', async () => {
  const another = await scaled('api');
  const sockets = await Promise.all(
    [api, another, first].map((hub) => openWebSocket(`${hub.address}/graphql`, 'graphql-transport-ws')),
  );
  const query = 'subscription { changes(filter: {kinds: ["run.completed"]}) { kind text } }';
  for (const socket of sockets) {
    socket.send({ type: 'connection_init' });
    await socket.next('connection_ack');
    socket.send({ id: '1', type: 'subscribe', payload: { query } });
  }
  // A subscription begins some time after it was asked for.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const events = [runEvent('heard-1', { writes: ['heard-1'] }), runEvent('heard-2', { writes: ['heard-2'] })];
  for (const event of events) {
    await embedded.send(event);
    await second.send(event);
  }
  for (const socket of sockets) {
    const heard = [await socket.next('next', 'error'), await socket.next('next', 'error')];
    expect(heard.map(({ payload }) => payload)).toEqual(
      ['heard-1', 'heard-2'].map((job) => ({
        data: { changes: { kind: 'run.completed', text: `a run of ${job} completed` } },
      })),
    );
    socket.close();
  }
  await another.stop();
});

it('a worker that is killed under load loses nothing, and goes on from its file', async () => {
  const events = chain('load', 80);
  const { data } = first;
  const waiting = [...events];
  let last = 0;
  const sender = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      last = Math.max(last, Number(await api.send(event)));
      if (waiting.length === 40) first.signal('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  expect((await first.ended).signal).toBe('SIGKILL');
  for (const event of events) await embedded.send(event);
  const expected = await exportOf(embedded, String(last));
  expect(await exportOf(api, String(last))).toBe(expected);
  first = await scaled('worker', data);
  expect(await exportOf(first, String(last))).toBe(expected);
});

it('what people ask of an api process a worker does, and all say the same of it', async () => {
  const said = [
    `mutation { mergeAssets(ids: ["${table('step-1')}"], into: "${table('step-2')}") { id } }`,
    `mutation { annotate(subject: "${table('step-1')}", text: "late", downstream: true) { id author subject { id } } }`,
    'mutation { tag(subject: "job:shop:step-3", tag: "gold") { id } }',
    'mutation { removeAnnotation(id: "7") }',
    'mutation { annotate(subject: "job:shop:nobody", text: "x") { id } }',
  ];
  for (const query of said) {
    const wanted = await graphql(embedded, query, {});
    expect((await graphql(api, query, {})).json, query).toEqual(wanted.json);
  }
  const shown = `{ carried: job(namespace: "shop", name: "step-3") { annotations { nodes { id text origin { id } } } tags { key source } }
    changes(filter: {kinds: ["assets.merged", "annotation.added", "tag.added"]}) { nodes { kind text } } }`;
  const wanted = await graphql(embedded, shown, {});
  for (const hub of [api, first, second]) expect((await graphql(hub, shown, {})).json).toEqual(wanted.json);
  // What the events say, whatever people made of it.
  const exported = await exportOf(embedded, '0');
  for (const worker of [first, second]) expect(await exportOf(worker, '0')).toBe(exported);
  expect(await api.ask({ path: '/api/v1/export' })).toMatchObject({
    status: 409,
    json: { message: expect.stringContaining('ask a worker') },
  });
});

describe('what this size does not do is refused with its reason:', () => {
  it('two workers on one folder, and the folder of an embedded hub', async () => {
    const serve = async (more: Readonly<Record<string, string>>, data: string): Promise<string> => {
      const args = ['serve', '--port', '0', '--data', data, '--log-level', 'silent'];
      const { code, stderr } = await runHeadwater(args, { env: environment(more) });
      expect(code).toBe(1);
      return stderr;
    };
    const said = await Promise.all([
      serve({}, second.data),
      serve({}, embedded.data),
      serve({ REDIS_URL: 'redis://127.0.0.1:1' }, temporaryFolder()),
      serve({ NEO4J_URI: 'bolt://127.0.0.1:1' }, temporaryFolder()),
    ]);
    expect(said).toEqual([
      expect.stringMatching(/in use by another worker/),
      expect.stringMatching(/a folder of its own/),
      expect.stringMatching(/Redis at 127\.0\.0\.1:1/),
      expect.stringMatching(/NEO4J_URI: .*Start Neo4j/s),
    ]);
  });
});

it('a Redis that is away: 503, ready and the log say so once, and it goes on by itself', async () => {
  await ownRedisServer('stop');
  expect(await send('away')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  for (const hub of [api, second]) {
    await expect
      .poll(async () => await ready(hub), SOON)
      .toMatchObject({
        status: 503,
        json: { status: 'not ready', dependencies: { redis: { state: 'down' }, neo4j: { state: 'up' } } },
      });
  }
  expect((await api.ask({ path: '/api/v1/namespaces' })).status).toBe(200);
  await ownRedisServer('start');
  for (const hub of [api, second]) await expect.poll(async () => (await ready(hub)).status, SOON).toBe(200);
  const position = await api.send(runEvent('away', { writes: ['away'] }));
  const found = await api.ask({
    path: `/api/v1/lineage?nodeId=${encodeURIComponent('job:shop:away')}`,
    headers: { 'headwater-after': position },
  });
  expect(found.status).toBe(200);
  expect(api.log().split('a server is away').length).toBe(2);
  expect(api.log()).toMatch(/a server is back/);
});

it('a Neo4j that is away: events are taken, reads are 503, and it goes on by itself', {
  timeout: 120_000,
}, async () => {
  await neo4jServer('crash');
  // Before anybody has noticed it is no defect of the hub either.
  const early = await Promise.all([
    api.ask({ path: '/api/v1/namespaces' }),
    graphql(api, 'query($of:[ID!]!){lineage(of:$of,direction:DOWNSTREAM,depth:1){edges{from to}}}', {
      of: [table('step-1')],
    }),
  ]);
  expect(early[0]).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  expect(`${early[1]?.status} ${early[1]?.body}`).toMatch(/^(200 .*"UNAVAILABLE"|503 )/);
  await expect
    .poll(async () => await ready(api), SOON)
    .toMatchObject({
      status: 503,
      json: { dependencies: { redis: { state: 'up' }, neo4j: { state: 'down' } } },
    });
  const taken = await send('meanwhile');
  expect(taken.status).toBe(201);
  expect(await api.ask({ path: '/api/v1/namespaces' })).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  await neo4jServer('start');
  for (const hub of [api, first, second]) await expect.poll(async () => (await ready(hub)).status, SOON).toBe(200);
  const found = await api.ask({
    path: `/api/v1/lineage?nodeId=${encodeURIComponent('job:shop:meanwhile')}`,
    headers: { 'headwater-after': String(taken.headers['headwater-position']) },
  });
  expect(found.status).toBe(200);
});
