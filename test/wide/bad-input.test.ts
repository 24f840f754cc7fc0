/** Whatever comes in: a clear answer, in bounded time and memory, and the hub goes on. Large things are in large-input.test.ts. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import type { RawAnswer } from '../harness.ts';
import { PipelinedConnection } from './pipelined-connection.ts';
import { errorsOf, ProbedHub, refused } from './probed-hub.ts';
import { recordedEvents } from './recorded-events.ts';

let probed: ProbedHub;
beforeAll(async () => {
  probed = await ProbedHub.start({ withinMs: 60_000, peakMib: 700 });
});
beforeEach(() => probed.begin());
afterEach(({ task }) => probed.end(task.name));
afterAll(() => probed.stop());

const post: ProbedHub['post'] = (body, headers) => probed.post(body, headers);
const batch: ProbedHub['batch'] = (body, headers) => probed.batch(body, headers);

let named = 0;
/** An event of a job that no other one names. */
const fresh = (more: Readonly<Record<string, unknown>> = {}) => runEvent(`bad_${++named}`, {}, more);

/** A line of the export. */
async function exported(after: RawAnswer, id: string): Promise<Record<string, unknown> | undefined> {
  await probed.applied(after);
  const { body } = await probed.hub.ask({ path: '/api/v1/export' });
  const lines = body.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => line.id === id);
}

describe('bodies that are none', () => {
  it.each([
    ['empty', ''],
    ['a blank', ' '],
    ['a word', 'hello'],
    ['half an object', '{"eventTime": "2026-01-01T00:00:00Z", "prod'],
    ['two objects', '{}{}'],
    ['a number beyond all bounds with a tail', '1e400e'],
    ['Latin-1', Buffer.from('{"producer": "caf\xe9"}', 'latin1')],
    ['zeros', Buffer.alloc(1_000)],
  ])('%s', async (_, body) => {
    expect(await post(body)).toMatchObject(refused(400, /the body is not (JSON|UTF-8)/));
    expect(await batch(body)).toMatchObject(refused(400, /the body is not (JSON|UTF-8)/));
  });

  it.each(['null', '5', '"text"', '[]', '[[]]', 'true', '{}'])('%s is JSON and no event', async (body) => {
    expect(await post(body)).toMatchObject(refused(422, /not an OpenLineage event/));
  });

  it.each([
    ['null', 422, /not a JSON array/],
    ['{}', 422, /not a JSON array/],
  ])('%s is JSON and no batch', async (body, status, message) => {
    expect(await batch(body)).toMatchObject(refused(status, message));
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'x',
  ])('Content-Type %s', async (type) => {
    expect(await post(JSON.stringify(fresh()), { 'content-type': type })).toMatchObject(
      refused(415, /Content-Type|Media Type/),
    );
  });
});

describe('compressed bodies', () => {
  const whole = gzipSync(JSON.stringify(fresh({ filler: 'x'.repeat(10_000) })));

  it.each([1, 5, 10, 20, 50, whole.length - 1])('gzip cut off after %i bytes', async (length) => {
    expect(await post(whole.subarray(0, length), { 'content-encoding': 'gzip' })).toMatchObject(refused(400, /gzip/));
  });

  it('gzip with a wrong checksum', async () => {
    const wrong = Buffer.from(whole);
    wrong.writeUInt32LE(1, wrong.length - 8);
    expect(await post(wrong, { 'content-encoding': 'gzip' })).toMatchObject(refused(400, /not gzip/));
  });

  it('no gzip at all', async () => {
    expect(await post('{}', { 'content-encoding': 'gzip' })).toMatchObject(refused(400, /not gzip/));
  });
});

describe('odd shapes', () => {
  it.each([
    ['objects', '{"a":', '}'],
    ['lists', '[', ']'],
  ])('%s a million deep', async (_, open, close) => {
    const deep = `${open.repeat(1_000_000)}1${close.repeat(1_000_000)}`;
    const event = JSON.stringify(fresh({ filler: 0 })).replace('"filler":0', `"filler":${deep}`);
    expect(await post(event)).toMatchObject(refused(422, /deeper than/));
    expect(await post(open.repeat(1_500_000))).toMatchObject(refused(422, /deeper than/));
    expect(await batch(`[${event}]`)).toMatchObject(refused(422, /deeper than/));
  });

  it('a hundred deep, which is allowed', async () => {
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
    const event = JSON.stringify(fresh({ filler: 0 })).replace('"filler":0', `"filler":${deep}`);
    expect((await post(event)).status).toBe(201);
  });

  it('prototype keys are keys', async () => {
    const name = `${'prototype'}_${++named}`;
    const facet =
      '{"_producer":"https://example.com/p","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const event = JSON.stringify(runEvent(name, { writes: [name] })).replace(
      `"name":"shop.public.${name}"`,
      `"name":"shop.public.${name}","__proto__":{"facets":5},"facets":{"__proto__":${facet},"toString":${facet},"schema":{"fields":[{"name":"__proto__","type":"text"},{"name":"constructor"}]}}`,
    );
    const answer = await post(event);
    expect(answer.status).toBe(201);
    const line = await exported(answer, table(name));
    expect(Object.keys(line?.facets as object).sort()).toEqual(['__proto__', 'schema', 'toString']);
    expect(await exported(answer, `datasetField:postgres://db:5432:shop.public.${name}:__proto__`)).toBeDefined();
  });

  it('of a key that comes twice the last one counts', async () => {
    const event = fresh({ eventTime: '2026-02-02T00:00:00Z' });
    const twice = JSON.stringify(event).replace('{', '{"eventTime":"never","job":5,');
    const answer = await post(twice);
    expect(answer.status).toBe(201);
    expect(answer.headers).not.toHaveProperty('headwater-repeat');
    expect((await post(JSON.stringify(event))).headers['headwater-repeat']).toBe('true');
  });
});

describe('odd text', () => {
  it.each([
    ['job.name', { job: { namespace: 'shop', name: 'a\0b' } }],
    ['job.namespace', { job: { namespace: 'sh\0op', name: 'a' } }],
    ['run.runId', { run: { runId: '\0' } }],
    ['inputs[0].name', { inputs: [{ namespace: 'n', name: 'x\0' }] }],
  ])('NUL in %s', async (where, more) => {
    const answer = await post(JSON.stringify(fresh(more)));
    expect(answer).toMatchObject(refused(422, /must not hold NUL/));
    expect(errorsOf(answer)).toContain(`${where} must not hold NUL`);
  });

  it('NUL in what names nothing stays', async () => {
    const name = `nul_${++named}`;
    const answer = await post(
      JSON.stringify({
        ...runEvent(name),
        job: { namespace: 'shop', name, facets: { documentation: { description: 'a\0b' } } },
      }),
    );
    expect(answer.status).toBe(201);
    expect(JSON.stringify(await exported(answer, `job:shop:${name}`))).toContain('a\\u0000b');
  });

  it('lone surrogates become U+FFFD', async () => {
    const name = `alone_${++named}`;
    const body = JSON.stringify(runEvent(name)).replace(`"name":"${name}"`, `"name":"${name}\\ud800x\\udfff"`);
    const answer = await post(body);
    expect(answer.status).toBe(201);
    expect(await exported(answer, `job:shop:${name}\ufffdx\ufffd`)).toBeDefined();
  });
});

describe('times and ids as clients have them', () => {
  it.each([
    ['nanoseconds', '2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123Z'],
    ['no zone', '2026-01-01T00:00:00', '2026-01-01T00:00:00.000Z'],
    ['no zone, microseconds', '2026-01-01T00:00:00.123456', '2026-01-01T00:00:00.123Z'],
    ['an offset', '2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00.000Z'],
  ])('%s', async (_, eventTime, instant) => {
    const event = fresh({ eventTime });
    const { name } = event.job as { name: string };
    expect(await exported(await post(JSON.stringify(event)), `job:shop:${name}`)).toMatchObject({ firstSeen: instant });
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '1767225600',
    '+292278994-08-17T07:12:55Z',
  ])('"%s" is no time', async (eventTime) => {
    expect(await post(JSON.stringify(fresh({ eventTime })))).toMatchObject(refused(422, /eventTime must be/));
  });

  it('a time far ahead', async () => {
    expect(await post(JSON.stringify(fresh({ eventTime: '9999-12-31T23:59:59Z' })))).toMatchObject(
      refused(422, /ahead/),
    );
  });

  it('no schemaURL', async () => {
    const { schemaURL: _, ...event } = fresh();
    expect((await post(JSON.stringify(event))).status).toBe(201);
  });

  it.each([
    ['a number', '1'],
    ["Airflow's", 'scheduled__2026-01-01T00:00:00+00:00'],
    ['masked', '***'],
    ['a canoe', '🛶'],
    ['of 10,000 letters', 'x'.repeat(10_000)],
  ])('run id: %s', async (_, runId) => {
    const event = fresh({ run: { runId } });
    const answer = await post(JSON.stringify(event));
    expect(answer.status).toBe(201);
    if (runId === '***') return;
    const { name } = event.job as { name: string };
    expect(await exported(answer, `run:${runId}|job:shop:${name}`)).toBeDefined();
  });
});

describe('wrong types', () => {
  it.each([
    [{ eventTime: 5 }, 'eventTime must be a string'],
    [{ producer: null }, 'producer must not be null'],
    [{ run: 'r' }, 'run must be an object'],
    [{ run: { runId: 7 } }, 'run.runId must be a string'],
    [{ run: {} }, 'run.runId must not be null'],
    [{ job: [] }, 'job must be an object'],
    [{ job: { namespace: 'n', name: {} } }, 'job.name must be a string'],
    [{ job: { namespace: '', name: 'x' } }, 'job.namespace must not be empty'],
    [{ inputs: {} }, 'inputs must be an array'],
    [{ inputs: [null] }, 'inputs[0] must not be null'],
    [
      { outputs: [{ namespace: 'n', name: 'x', facets: { schema: [] } }] },
      'outputs[0].facets.schema must be an object',
    ],
  ])('%j', async (more, error) => {
    const answer = await post(JSON.stringify(fresh(more)));
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)).toContain(error);
  });

  it('in every field of every facet that was ever recorded', async () => {
    const variants = [...wrongVariants()];
    expect(variants.length).toBeGreaterThan(5_000);
    const statuses = new Map<number, number>();
    const connections = Array.from({ length: 8 }, () => new PipelinedConnection(probed.hub.address, 30_000));
    for (let at = 0; at < variants.length; at += 200) {
      await Promise.all(
        variants.slice(at, at + 200).map(async ({ where, body }, i) => {
          const answer = await connections[i % connections.length]?.post({
            path: '/api/v1/lineage',
            headers: { 'Content-Type': 'application/json' },
            body,
          });
          expect([201, 422], `${where}: ${answer?.body}`).toContain(answer?.status);
          statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1);
        }),
      );
    }
    for (const connection of connections) connection.close();
    console.info(`wrong types: ${JSON.stringify(Object.fromEntries(statuses))}`);
    expect(statuses.get(201)).toBeGreaterThan(1_000);
  });
});

/** Every place that recorded events have, once, with something there that doesn't belong. */
function* wrongVariants(): Generator<{ readonly where: string; readonly body: Buffer }> {
  const wrong = [null, true, -1.5, 'wrong', [], {}, [null], { wrong: [] }];
  const seen = new Set<string>();
  let made = 0;
  for (const event of recordedEvents()) {
    for (const path of pathsOf(event)) {
      // Places of a list are one place; so are the keys below a facet's map of columns.
      const where = path.map((key) => (typeof key === 'number' ? '#' : key)).join('.');
      if (seen.has(where)) continue;
      seen.add(where);
      for (const value of wrong) {
        const changed = replaced(event, path, value) as Record<string, unknown>;
        // Each is another event: a repeat would not be applied.
        yield {
          where: `${where} = ${JSON.stringify(value)}`,
          body: Buffer.from(JSON.stringify({ ...changed, made: ++made })),
        };
      }
    }
  }
}

type Path = readonly (string | number)[];

function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (path.length > 9 || typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value).slice(0, 20)) {
    yield* pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.with(Number(key), replaced(value[Number(key)], rest, by));
  const object = value as Record<string, unknown>;
  return { ...object, [key]: replaced(object[key], rest, by) };
}

describe('what is no HTTP', () => {
  /** What the hub says to these bytes before it closes the connection, or nothing more for a second. */
  function raw(bytes: string): Promise<string> {
    const { hostname, port, host } = new URL(probed.hub.address);
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes.replaceAll('HOST', host)));
      let heard = '';
      socket.setTimeout(10_000, () => socket.destroy());
      socket.on('data', (chunk) => {
        heard += chunk.toString();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(heard));
    });
  }
  const head = 'POST /api/v1/lineage HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n';

  it.each([
    ['no request at all', 'HELLO\r\n\r\n', 400],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a length that is no number', `${head}Content-Length: abc\r\n\r\n`, 400],
    ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ['a length and chunks', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a broken chunk', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400],
    ['a header of 100 KB', `${head}X: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ])('%s', async (_, bytes, status) => {
    const heard = await raw(bytes);
    expect(heard.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const body = JSON.parse(heard.slice(heard.indexOf('\r\n\r\n') + 4)) as object;
    expect(body).toMatchObject({ code: status, message: expect.stringMatching(/\S/) });
  });
});
