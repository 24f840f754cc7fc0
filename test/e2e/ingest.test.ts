import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawAnswer, startTestHub, type TestHub } from '../harness.ts';
import { runEvent } from './events.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub({ env: { HEADWATER_LIMITS_DECOMPRESSED: '12MB', HEADWATER_LIMITS_BATCH_BODY: '12MB' } });
});
afterAll(async () => {
  expect(await hub.stop()).toEqual({ code: 0, signal: null });
});

function post(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  path = '/api/v1/lineage',
): Promise<RawAnswer> {
  return hub.ask({ method: 'POST', path, body, headers: { 'content-type': 'application/json', ...headers } });
}

describe('one event', () => {
  it('is 201 with an empty body and a position, and the same position for a repeat', async () => {
    const body = JSON.stringify(runEvent('once'));
    const first = await post(body);
    expect(first).toMatchObject({ status: 201, body: '' });
    expect(first.headers['headwater-position']).toMatch(/^\d+$/);
    expect(first.headers).not.toHaveProperty('headwater-repeat');
    // The same event with its keys in another order and with spaces.
    const again = await post(JSON.stringify(Object.fromEntries(Object.entries(runEvent('once')).reverse()), null, 2));
    expect(again).toMatchObject({
      status: 201,
      headers: { 'headwater-position': first.headers['headwater-position'], 'headwater-repeat': 'true' },
    });
  });

  it.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['deflate', (text: string) => deflateSync(text)],
    ['deflate', (text: string) => deflateRawSync(text)],
    ['br', (text: string) => brotliCompressSync(text)],
  ] as const)('may be sent as %s', async (encoding, pack) => {
    const event = runEvent(`packed-${encoding}-${pack.toString().length}`);
    expect((await post(pack(JSON.stringify(event)), { 'content-encoding': encoding })).status).toBe(201);
    // Held as what it says, not as how it came.
    expect((await post(JSON.stringify(event))).headers['headwater-repeat']).toBe('true');
  });

  it.each(['gzip', 'deflate', 'br'])('a %s bomb is 413', async (encoding) => {
    const zeros = Buffer.alloc(40 * 1024 * 1024, 0x20);
    const bomb =
      encoding === 'gzip' ? gzipSync(zeros) : encoding === 'deflate' ? deflateSync(zeros) : brotliCompressSync(zeros);
    expect(bomb.length).toBeLessThan(100_000);
    expect(await post(bomb, { 'content-encoding': encoding })).toMatchObject({
      status: 413,
      json: { code: 413, message: expect.stringContaining('after decompression') },
    });
  });

  it('cut-off gzip is 400 and says so', async () => {
    const whole = gzipSync(JSON.stringify(runEvent('cut')));
    const answer = await post(whole.subarray(0, whole.length - 9), { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({
      status: 400,
      json: { code: 400, message: expect.stringContaining('gzip data ends early') },
    });
  });

  it("is taken from Java's HTTP client, which offers HTTP/2 with it", async () => {
    const answer = await post(JSON.stringify(runEvent('java')), {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    });
    expect(answer).toMatchObject({ status: 201, headers: { 'headwater-position': expect.any(String) } });
  });

  it('an encoding that nobody knows is 415 and names those that are', async () => {
    expect(await post('{}', { 'content-encoding': 'zstd' })).toMatchObject({
      status: 415,
      headers: { 'accept-encoding': 'gzip, deflate, br' },
    });
    expect(await post('{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415, json: { code: 415 } });
  });

  it('a body above the limit is 413, and its sender hears it', async () => {
    const answer = await post(Buffer.alloc(11 * 1024 * 1024, 0x20));
    expect(answer).toMatchObject({ status: 413, json: { code: 413, message: expect.stringContaining('as sent') } });
  });

  it.each([
    ['', 400],
    ['{"eventType":', 400],
    ['not json', 400],
    ['[]', 422],
    ['"text"', 422],
    ['{}', 422],
  ])('the body %j is %i', async (body, status) => {
    expect(await post(body)).toMatchObject({ status, json: { code: status, message: expect.any(String) } });
  });

  it('what lacks is named', async () => {
    const { eventTime, ...without } = runEvent('lacking', { reads: ['a'] });
    expect(eventTime).toBeDefined();
    const answer = await post(JSON.stringify({ ...without, inputs: [{ namespace: 'n' }] }));
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({
      code: 422,
      errors: expect.arrayContaining(['inputs[0].name must not be null', 'eventTime must not be null']),
    });
  });

  it('a time more than a day ahead is 422', async () => {
    const ahead = new Date(Date.now() + 2 * 86_400_000).toISOString();
    expect((await post(JSON.stringify(runEvent('ahead', {}, { eventTime: ahead })))).status).toBe(422);
  });

  it('a secret in it is not in the refusal, and not in the log', async () => {
    const secret = 'hunter2-hunter2';
    await post(JSON.stringify({ ...runEvent('secret'), job: { namespace: `postgres://user:${secret}@db:5432` } }));
    await post(`not json postgres://user:${secret}@db:5432/x`);
    expect(hub.log()).not.toContain(secret);
  });
});

describe('a body that can not be read', () => {
  const text = JSON.stringify({
    ...runEvent('unread'),
    job: { namespace: 'postgres://me:hunter2-hunter2@db', name: 'j' },
  });
  it.each([
    ['cut off', gzipSync(text).subarray(0, -12), { 'content-encoding': 'gzip' }, 400],
    ['not what it says', Buffer.from(text), { 'content-encoding': 'gzip' }, 400],
    ['of an unknown encoding', Buffer.from(text), { 'content-encoding': 'zstd' }, 415],
    ['of another type', Buffer.from(text), { 'content-type': 'text/plain' }, 415],
    ['too large', Buffer.from(' '.repeat(11_000_000)), {}, 413],
  ])('because it is %s leaves a refusal that says what came', async (_, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.status).toBe(status);
    const id = answer.headers['headwater-refusal'];
    const query = '{ refusals(first: 1) { nodes { id reason bytes replayable excerpt } } }';
    const { json } = await post(JSON.stringify({ query }), {}, '/graphql');
    const { message } = answer.json as { message: string };
    expect(json).toMatchObject({
      data: { refusals: { nodes: [{ id, reason: message, bytes: body.length, replayable: false }] } },
    });
    expect(JSON.stringify(json)).not.toMatch(/hunter2|\\u0000/);
  });
});

describe('a batch', () => {
  const path = '/api/v1/lineage/batch';

  it('of good events is 204', async () => {
    const answer = await post(JSON.stringify([runEvent('b1'), runEvent('b2')]), {}, path);
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(answer.headers['headwater-position']).toMatch(/^\d+$/);
  });

  it('loses only its bad events', async () => {
    const answer = await post(
      JSON.stringify([runEvent('b3'), { no: 'event' }, runEvent('b4')]),
      { 'content-encoding': 'identity' },
      path,
    );
    expect(answer).toMatchObject({
      status: 200,
      json: {
        status: 'partial_success',
        summary: { received: 3, successful: 2, failed: 1, retriable: 0, non_retriable: 1 },
        failed_events: [{ index: 1, retriable: false, reason: expect.any(String) }],
      },
    });
    expect((await post(JSON.stringify(runEvent('b4')))).headers['headwater-repeat']).toBe('true');
  });

  it('that is no array, or too long, is refused as a whole', async () => {
    expect((await post('{}', {}, path)).status).toBe(422);
    expect((await post('[', {}, path)).status).toBe(400);
    const many = Array.from({ length: 1_001 }, (_, i) => runEvent(`many-${i}`));
    expect((await post(JSON.stringify(many), {}, path)).status).toBe(413);
  });
});

it('events that come at once all get a position of their own', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => post(JSON.stringify(runEvent(`at-once-${i}`)))),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
  expect(new Set(answers.map((answer) => answer.headers['headwater-position'])).size).toBe(200);
});
