import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent } from './events.ts';
import { openWebSocket } from './web-socket.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'graphql-transport-ws',
};

describe('a hub without keys', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub();
  });
  afterAll(() => hub.stop());

  const post = (headers: Record<string, string>) =>
    hub.ask({
      method: 'POST',
      path: '/api/v1/lineage',
      body: JSON.stringify(runEvent('page')),
      headers: { ...JSON_TYPE, ...headers },
    });

  it('answers to the names of this machine only: a page that rebinds its name reads nothing', async () => {
    const port = new URL(hub.address).port;
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await hub.ask({ path: '/api/v1/export', headers: { host } })).status).toBe(200);
    }
    for (const host of [`evil.example:${port}`, 'evil.example', '192.168.0.1']) {
      for (const path of [
        '/',
        '/api/v1/export',
        '/graphql?query={status{version}}',
        '/api/v1/namespaces',
        '/metrics',
      ]) {
        expect(await hub.ask({ path, headers: { host } }), `${host} ${path}`).toMatchObject({
          status: 403,
          json: { code: 403 },
        });
      }
    }
  });

  it('takes nothing from a page of another site', async () => {
    expect((await post({})).status).toBe(201);
    expect((await post({ origin: hub.address })).status).toBe(201);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect(await post(headers), JSON.stringify(headers)).toMatchObject({ status: 403, json: { code: 403 } });
    }
    const query = { method: 'POST', path: '/graphql', body: '{"query":"{status{version}}"}' };
    expect(await hub.ask({ ...query, headers: { ...JSON_TYPE, origin: 'https://evil.example' } })).toMatchObject({
      status: 403,
      json: { code: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    // A form can send text/plain without asking first.
    expect((await hub.ask({ ...query, headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  });

  it('opens no WebSocket to a page of another site', async () => {
    expect((await hub.ask({ path: '/graphql', headers: { ...UPGRADE, origin: 'https://evil.example' } })).status).toBe(
      403,
    );
    expect((await hub.ask({ path: '/graphql', headers: { ...UPGRADE, origin: hub.address } })).status).toBe(101);
    expect((await hub.ask({ path: '/graphql', headers: UPGRADE })).status).toBe(101);
  });

  it('closes the socket of a refused upgrade itself: a page could open them without end', async () => {
    const { port } = new URL(hub.address);
    const headers = Object.entries({ host: `localhost:${port}`, ...UPGRADE, origin: 'https://evil.example' });
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    socket.write(`GET /graphql HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    socket.resume();
    const errors: string[] = [];
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
    await once(socket, 'end');
    // The hub let go of its side altogether: what is still written there is answered with a reset.
    for (let i = 0; i < 100 && !socket.destroyed; i++) {
      socket.write('more');
      await sleep(50);
    }
    expect(['ECONNRESET', 'EPIPE']).toContain(errors[0]);
  });

  it('sends no CORS headers', async () => {
    const answer = await hub.ask({ path: '/health/ready', headers: { origin: 'https://catalog.example' } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('a hub with keys', () => {
  let hub: TestHub;
  const file = join(temporaryFolder(), 'keys.json');
  const key = async (name: string, scopes: string) => {
    const { stdout, code, stderr } = await runHeadwater([
      'keys',
      'add',
      name,
      '--scopes',
      scopes,
      '--file',
      file,
      '--json',
    ]);
    if (code !== 0) throw new Error(stderr);
    return { authorization: `Bearer ${(JSON.parse(stdout) as { key: string }).key}` };
  };
  const post = (headers: Record<string, string>) =>
    hub.ask({
      method: 'POST',
      path: '/api/v1/lineage',
      body: JSON.stringify(runEvent('keyed')),
      headers: { ...JSON_TYPE, ...headers },
    });
  let ingest: { authorization: string };
  let read: { authorization: string };

  beforeAll(async () => {
    ingest = await key('airflow', 'ingest');
    read = await key('catalog', 'read');
    hub = await startTestHub({ env: { HEADWATER_KEYS: file, HEADWATER_HOST: '0.0.0.0' } });
  });
  afterAll(() => hub.stop());

  it('may listen where other machines reach it, and wants a key for everything but its health', async () => {
    expect((await hub.ask({ path: '/health/ready' })).status).toBe(200);
    for (const path of [
      '/api/v1/export',
      '/metrics',
      '/api/v1/namespaces',
      '/graphql?query={status{version}}',
      '/no/such/path',
    ]) {
      expect(await hub.ask({ path }), path).toMatchObject({
        status: 401,
        json: { code: 401 },
        headers: { 'www-authenticate': expect.stringContaining('Bearer') },
      });
    }
    expect(await post({})).toMatchObject({ status: 401, json: { code: 401 } });
    expect((await post({ authorization: 'Bearer hw_wrong' })).status).toBe(401);
  });

  it('holds keys to their scopes', async () => {
    expect([(await post(ingest)).status, (await post(read)).status]).toEqual([201, 403]);
    const reading = async (headers: Record<string, string>) =>
      (await hub.ask({ path: '/api/v1/export', headers })).status;
    expect([await reading(read), await reading(ingest)]).toEqual([200, 403]);
  });

  it('lets a WebSocket in to show its key, and a request that only looks like one not', async () => {
    expect((await hub.ask({ path: '/graphql', headers: UPGRADE })).status).toBe(101);
    expect((await hub.ask({ path: '/api/v1/export', headers: UPGRADE })).status).toBe(401);
    const posing = await hub.ask({
      method: 'POST',
      path: '/graphql',
      body: '{"query":"{status{version}}"}',
      headers: { ...JSON_TYPE, upgrade: 'websocket' },
    });
    expect(posing.status).toBe(401);
  });

  it("gives a WebSocket what its first message's key may see, and nothing without one", async () => {
    const ask = async (payload: object): Promise<unknown> => {
      const socket = await openWebSocket(`${hub.address}/graphql`, 'graphql-transport-ws');
      try {
        socket.send({ type: 'connection_init', payload });
        await socket.next('connection_ack');
        socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { changes { kind } }' } });
        const answer = socket.next('next', 'error');
        const heard = async () => {
          await hub.ask({
            method: 'POST',
            path: '/api/v1/lineage',
            body: JSON.stringify(runEvent(`socket-${Math.random()}`)),
            headers: { ...JSON_TYPE, ...ingest },
          });
          return Promise.race([answer, sleep(500).then(() => null)]);
        };
        // A subscription begins some time after it was asked for: events are sent until it answers.
        return await expect
          .poll(heard, { timeout: 45_000 })
          .not.toBeNull()
          .then(() => answer);
      } finally {
        socket.close();
      }
    };
    expect(await ask({ authorization: read.authorization })).toMatchObject({
      type: 'next',
      payload: { data: { changes: {} } },
    });
    expect(await ask({ Authorization: read.authorization })).toMatchObject({ type: 'next' });
    expect(await ask({})).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await ask({ authorization: 'Bearer wrong' })).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(await ask({ authorization: ingest.authorization })).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('forgets a removed key within seconds', async () => {
    const leaving = await key('leaving', 'read');
    const status = async () => (await hub.ask({ path: '/api/v1/export', headers: leaving })).status;
    await expect.poll(status, { timeout: 10_000, interval: 200 }).toBe(200);
    expect((await runHeadwater(['keys', 'remove', 'leaving', '--file', file])).code).toBe(0);
    await expect.poll(status, { timeout: 10_000, interval: 200 }).toBe(401);
  });

  it('keeps keys out of its log and its key file', async () => {
    const listed = await runHeadwater(['keys', 'list', '--file', file]);
    expect(listed.stdout).toMatch(/^airflow\tingest\t/m);
    expect(listed.stdout + hub.log()).not.toContain(ingest.authorization.slice('Bearer '.length));
  });
});
