import { gzipSync } from 'node:zlib';
import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { AcceptOutcome } from '#pipeline';
import { hub, JSON_TYPE, post } from '../../../test/http/http-hub.ts';
import { addKey } from '../keys/key-file.ts';
import type { RoutePlugin } from './http-server.ts';

describe('POST /api/v1/lineage', () => {
  it('answers 201 with an empty body and the position', async () => {
    const { ask, pipeline } = await hub();
    const answer = await ask(post('{"a":1}'));
    expect(answer).toMatchObject({ status: 201, body: '', headers: { 'headwater-position': '7' } });
    expect(answer.headers).not.toHaveProperty('headwater-repeat');
    expect(pipeline.taken).toMatchObject([{ text: '{"a":1}', viewer: { name: 'local' } }]);
  });

  it('says that an event is held already', async () => {
    const { ask, pipeline } = await hub();
    pipeline.outcome = { kind: 'accepted', position: 3, repeat: true };
    expect((await ask(post('{}'))).headers).toMatchObject({ 'headwater-position': '3', 'headwater-repeat': 'true' });
  });

  it('hands on the bytes as they are after decompression', async () => {
    const { ask, pipeline } = await hub();
    await ask(post(gzipSync('{"b": "ü"}'), { 'content-encoding': 'gzip' }));
    expect(pipeline.taken[0]?.text).toBe('{"b": "ü"}');
  });

  it.each([
    [
      { kind: 'refused', status: 422, message: 'no event', errors: ['run must not be null'], refusal: 'r1' },
      422,
      { code: 422, message: 'no event', errors: ['run must not be null'] },
    ],
    [
      { kind: 'refused', status: 400, message: 'no JSON', errors: [], refusal: null },
      400,
      { code: 400, message: 'no JSON' },
    ],
    [{ kind: 'busy', retryAfterSeconds: 3 }, 429, { code: 429 }],
    [
      { kind: 'unavailable', reason: 'the disk is full' },
      503,
      { code: 503, message: expect.stringContaining('the disk is full') },
    ],
    [{ kind: 'forbidden', reason: 'not you' }, 403, { code: 403, message: 'not you' }],
  ] satisfies [AcceptOutcome, number, object][])('answers %j with %i', async (outcome, status, body) => {
    const { ask, pipeline } = await hub();
    pipeline.outcome = outcome;
    pipeline.batchOutcome = outcome;
    for (const url of ['/api/v1/lineage', '/api/v1/lineage/batch']) {
      const answer = await ask({ ...post('{}'), url });
      expect(answer.status).toBe(status);
      expect(answer.json).toMatchObject(body);
      if (status === 429) expect(answer.headers['retry-after']).toBe('3');
      if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('takes JSON of any subtype and of no type, and nothing that a form could send', async () => {
    const { ask } = await hub();
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.openlineage+json']) {
      expect((await ask(post('{}', { 'content-type': type }))).status).toBe(201);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await ask(post('{}', { 'content-type': type }));
      expect(answer).toMatchObject({
        status: 415,
        json: { code: 415, message: expect.stringContaining('application/json') },
      });
    }
  });

  it('lets the pipeline judge an empty body', async () => {
    const { ask, pipeline } = await hub();
    await ask({ method: 'POST', url: '/api/v1/lineage' });
    expect(pipeline.taken[0]?.text).toBe('');
  });

  it('holds to the limits of the settings', async () => {
    const { ask } = await hub({ env: { HEADWATER_LIMITS_BODY: '100', HEADWATER_LIMITS_BATCH_BODY: '200' } });
    expect((await ask(post('x'.repeat(101)))).status).toBe(413);
    expect((await ask({ ...post('x'.repeat(150)), url: '/api/v1/lineage/batch' })).status).toBe(204);
    expect((await ask({ ...post('x'.repeat(201)), url: '/api/v1/lineage/batch' })).status).toBe(413);
    expect(
      (
        await ask({
          ...post(gzipSync('x'.repeat(5_000)), { 'content-encoding': 'gzip' }),
          url: '/api/v1/lineage/batch',
        })
      ).status,
    ).toBe(413);
  });
});

describe('POST /api/v1/lineage/batch', () => {
  it('is 204 when all are durable, and has no position when there were none', async () => {
    const { ask, pipeline } = await hub();
    const url = '/api/v1/lineage/batch';
    expect(await ask({ ...post('[]'), url })).toMatchObject({
      status: 204,
      body: '',
      headers: { 'headwater-position': '9' },
    });
    pipeline.batchOutcome = { kind: 'all', position: null };
    expect((await ask({ ...post('[]'), url })).headers).not.toHaveProperty('headwater-position');
  });

  it('names those that failed', async () => {
    const { ask, pipeline } = await hub();
    const summary = { received: 2, successful: 1, failed: 1, retriable: 0, non_retriable: 1 };
    const failed = [{ index: 1, reason: 'run must not be null', retriable: false }];
    pipeline.batchOutcome = { kind: 'partial', summary, failed, position: 4 };
    const answer = await ask({ ...post('[]'), url: '/api/v1/lineage/batch' });
    expect(answer).toMatchObject({
      status: 200,
      json: { status: 'partial_success', summary, failed_events: failed },
      headers: { 'headwater-position': '4' },
    });
  });
});

describe('keys and scopes', () => {
  it('wants a key for all but health, the description and the front page', async () => {
    const { ask, keysFile } = await hub({ keys: { first: ['admin'] } });
    const ingest = addKey(keysFile, 'ingest', ['ingest'], new Date(0));
    for (const url of ['/health/live', '/health/ready', '/api/v1/openapi.json', '/'])
      expect((await ask({ url })).status).toBe(200);
    for (const url of ['/metrics', '/api/v1/export', '/nothing']) {
      expect(await ask({ url })).toMatchObject({
        status: 401,
        json: { code: 401 },
        headers: { 'www-authenticate': 'Bearer realm="headwater"' },
      });
    }
    expect((await ask(post('{}'))).status).toBe(401);
    // Added after the start, and not looked at yet.
    expect((await ask(post('{}', { authorization: `Bearer ${ingest}` }))).status).toBe(401);
  });

  it('holds each key to its scopes; admin has all', async () => {
    const { ask, keys, pipeline } = await hub({ keys: { i: ['ingest'], r: ['read'], a: ['admin'] } });
    const statuses = async (options: InjectOptions): Promise<number[]> => {
      const answers = [...keys.values()].map((key) =>
        ask({ ...options, headers: { ...options.headers, authorization: `Bearer ${key}` } }),
      );
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses(post('{}'))).toEqual([201, 403, 201]);
    expect(await statuses({ url: '/api/v1/export' })).toEqual([403, 200, 200]);
    expect(pipeline.taken.map(({ viewer }) => viewer.name)).toEqual(['i', 'a']);
  });
});

describe('pages of other sites', () => {
  it('are not heard', async () => {
    const { ask, pipeline } = await hub();
    expect((await ask(post('{}', { origin: 'https://evil.example' }))).status).toBe(403);
    expect((await ask({ url: '/api/v1/export', headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask({ url: '/health/ready', headers: { host: 'evil.example' } })).status).toBe(403);
    expect(pipeline.taken).toEqual([]);
  });

  it('get no CORS headers until their origin is set', async () => {
    const preflight = {
      method: 'OPTIONS',
      url: '/api/v1/lineage',
      headers: { origin: 'https://catalog.example', 'access-control-request-method': 'POST' },
    } as const;
    const closed = await hub();
    expect((await closed.ask(preflight)).headers).not.toHaveProperty('access-control-allow-origin');
    const opened = await hub({ env: { HEADWATER_CORS: 'https://catalog.example' } });
    expect(await opened.ask(preflight)).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': 'https://catalog.example', vary: 'Origin' },
    });
    expect(await opened.ask(post('{}', { origin: 'https://catalog.example' }))).toMatchObject({
      status: 201,
      headers: { 'access-control-allow-origin': 'https://catalog.example' },
    });
    expect(
      (await opened.ask({ ...preflight, headers: { ...preflight.headers, origin: 'https://evil.example' } })).headers,
    ).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('Headwater-After', () => {
  it('lets a read through once its position is applied', async () => {
    const { ask } = await hub();
    expect((await ask({ url: '/api/v1/export', headers: { 'headwater-after': '5' } })).status).toBe(200);
  });

  it('is 504 with what is applied, and says when the position was never given out', async () => {
    const { ask, pipeline } = await hub();
    pipeline.current = { ...pipeline.current, state: 'retrying', reason: 'the store is away' };
    const late = await ask({ url: '/api/v1/export', headers: { 'headwater-after': '6' } });
    expect(late).toMatchObject({
      status: 504,
      headers: { 'headwater-applied': '5' },
      json: { code: 504, message: expect.stringMatching(/applied up to 5 .*the store is away/) },
    });
    const never = await ask({ url: '/api/v1/export', headers: { 'headwater-after': '99' } });
    expect(never).toMatchObject({ status: 504, json: { message: expect.stringMatching(/no position beyond 7/) } });
  });

  it.each(['', 'x', '-1', '1.5', '1,2', '9'.repeat(30)])('refuses the position "%s"', async (position) => {
    const { ask } = await hub();
    expect((await ask({ url: '/api/v1/export', headers: { 'headwater-after': position } })).status).toBe(400);
  });

  it('is no matter of writing', async () => {
    const { ask } = await hub();
    expect((await ask(post('{}', { 'headwater-after': '99' }))).status).toBe(201);
  });
});

describe('the other routes', () => {
  it('export sends lines', async () => {
    const { ask } = await hub({ lines: ['{"kind":"dataset"}', '{"kind":"job"}'] });
    expect(await ask({ url: '/api/v1/export' })).toMatchObject({
      status: 200,
      body: '{"kind":"dataset"}\n{"kind":"job"}\n',
      headers: { 'content-type': 'application/x-ndjson; charset=utf-8' },
    });
    expect((await ask({ url: '/api/v1/export?with=mutations' })).status).toBe(200);
    expect((await ask({ url: '/api/v1/export?with=mutations&with=rows' })).status).toBe(200);
    expect((await ask({ url: '/api/v1/export?with=mutations&with=everything' })).status).toBe(400);
    expect((await ask({ url: '/api/v1/export?with=everything' })).status).toBe(400);
  });

  it('a Neo4j that is away: ready and reads say so, events are taken', async () => {
    const away = { name: 'neo4j', state: 'down', reason: 'it has not answered for 3 s' } as const;
    const { ask } = await hub({ servers: { states: () => [away] } });
    expect(await ask({ url: '/health/ready' })).toMatchObject({
      status: 503,
      json: { status: 'not ready', dependencies: { neo4j: { state: 'down', reason: away.reason } } },
    });
    expect(await ask({ url: '/api/v1/export' })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      json: { message: expect.stringContaining(away.reason) },
    });
    expect((await ask(post('{}'))).status).toBe(201);
  });

  it('ready says how the hub is, and is 503 when it can not go on', async () => {
    const { ask, pipeline } = await hub();
    expect(await ask({ url: '/health/ready' })).toMatchObject({
      status: 200,
      json: { status: 'ready', role: 'all', version: '1.2.3', store: 'double', backlog: 2 },
    });
    pipeline.current = { ...pipeline.current, state: 'retrying', reason: 'the store is away' };
    expect(await ask({ url: '/health/ready' })).toMatchObject({
      status: 503,
      json: {
        status: 'not ready',
        dependencies: {
          pipeline: { state: 'down', reason: 'the store is away' },
          retention: { state: 'up', reason: null },
        },
      },
    });
    expect((await ask({ url: '/health/live' })).status).toBe(200);
  });

  it('metrics have the documented names, and no label per path', async () => {
    const { ask } = await hub();
    await ask({ url: '/no/such/path' });
    await ask({ url: '/health/live' });
    const { body } = await ask({ url: '/metrics' });
    for (const line of [
      'headwater_events_total{outcome="accepted"} 3',
      'headwater_events_total{outcome="refused"} 4',
      'headwater_head_position 7',
      'headwater_applied_position 5',
      'headwater_backlog_events 2',
      'headwater_applying 1',
      'headwater_graph_size{kind="edges"} 12',
      'headwater_rederived_total 6',
      'headwater_build_info{version="1.2.3",role="all",store="double",queue="double"} 1',
    ]) {
      expect(body).toContain(line);
    }
    expect(body).toContain('route="/health/live"');
    expect(body).not.toContain('/no/such/path');
  });

  it('the front page offers a first event, and nothing in it can run', async () => {
    const { ask } = await hub();
    const page = await ask({ url: '/' });
    expect(page.headers['content-type']).toMatch(/text\/html/);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(page.body).toContain('curl -i http://localhost:4600/api/v1/lineage');
    expect(page.body).not.toMatch(/<script|https?:\/\/(?!localhost|example\.com|openlineage\.io)/);
  });

  it('the front page shows what a request says as text', async () => {
    const { ask } = await hub({ keys: { first: ['admin'] } });
    expect((await ask({ url: '/', headers: { host: '"><img src=x>' } })).body).not.toContain('<img');
  });

  it('a wrong path is 404, a wrong method 405, a malformed URL 400, all in one shape', async () => {
    const { ask } = await hub();
    expect(await ask({ url: '/nothing' })).toMatchObject({
      status: 404,
      json: { code: 404, message: expect.stringContaining('HTTP 404 Not Found') },
    });
    expect(await ask({ method: 'PUT', url: '/api/v1/lineage/batch' })).toMatchObject({
      status: 405,
      json: { code: 405 },
      headers: { allow: 'POST' },
    });
    expect(await ask({ url: '/%zz' })).toMatchObject({ status: 400, json: { code: 400 } });
  });

  it('what nobody planned is 500 without a word of why', async () => {
    const { ask, pipeline } = await hub();
    pipeline.accept = () => Promise.reject(new Error('secret detail'));
    const answer = await ask(post('{}'));
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 500, message: expect.stringMatching(/has been logged \(ID [0-9a-f-]{36}\)/) },
    });
    expect(answer.body).not.toContain('secret');
  });

  it('all live below the base path', async () => {
    const { ask } = await hub({ env: { HEADWATER_BASE_PATH: '/headwater/' } });
    expect((await ask({ ...post('{}'), url: '/headwater/api/v1/lineage' })).status).toBe(201);
    expect((await ask({ url: '/headwater' })).body).toContain('href="/headwater/health/ready"');
    expect((await ask({ url: '/health/ready' })).status).toBe(404);
  });
});

describe('a route plugin', () => {
  it('with a route that has no scope keeps the hub from starting', async () => {
    const plugin: RoutePlugin = (fastify) => {
      fastify.get('/open-by-mistake', { config: { scope: undefined } as object }, async () => ({}));
    };
    await expect(hub({ plugins: [plugin] })).rejects.toThrow(/GET \/open-by-mistake has no scope/);
  });

  it('gets the viewer, the guards, parsed JSON and the one error shape', async () => {
    const plugin: RoutePlugin = (fastify) => {
      fastify.get('/echo', async (request) => ({ viewer: request.viewer.name }));
      fastify.put('/echo', async (request) => ({ body: request.body }));
      fastify.get('/boom', async () => {
        throw new Error('secret detail');
      });
    };
    const { ask } = await hub({ plugins: [plugin], env: { HEADWATER_BASE_PATH: '/base' } });
    expect(await ask({ url: '/base/echo' })).toMatchObject({ status: 200, json: { viewer: 'local' } });
    expect((await ask({ url: '/base/echo', headers: { 'headwater-after': '6' } })).status).toBe(504);
    expect(await ask({ method: 'PUT', url: '/base/echo', payload: '{"x":1}', headers: JSON_TYPE })).toMatchObject({
      json: { body: { x: 1 } },
    });
    expect(await ask({ method: 'PUT', url: '/base/echo', payload: '{"x":', headers: JSON_TYPE })).toMatchObject({
      status: 400,
      json: { code: 400 },
    });
    expect(
      (await ask({ method: 'PUT', url: '/base/echo', payload: '{}', headers: { 'content-type': 'text/plain' } }))
        .status,
    ).toBe(415);
    expect(await ask({ url: '/base/boom' })).toMatchObject({ status: 500, json: { code: 500 } });
  });
});
