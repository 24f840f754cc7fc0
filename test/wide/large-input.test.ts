/** A great deal at once: a clear answer, in bounded time and memory, and the hub goes on. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runEvent } from '../e2e/events.ts';
import { errorsOf, ProbedHub, refused } from './probed-hub.ts';

const MIB = 1024 * 1024;

let probed: ProbedHub;
beforeAll(async () => {
  // Bodies that are being received may take 256 MiB together; each that is taken is then parsed, cleaned and written anew,
  // one after the other; and a heap that has grown gives little back.
  probed = await ProbedHub.start({ withinMs: 120_000, peakMib: 3_000 });
});
beforeEach(() => probed.begin());
afterEach(({ task }) => probed.end(task.name));
afterAll(() => probed.stop());

const post: ProbedHub['post'] = (body, headers) => probed.post(body, headers);
const batch: ProbedHub['batch'] = (body, headers) => probed.batch(body, headers);

/** 40 MB of text, and many times that once it is parsed. */
const SMALL_VALUES = Array.from({ length: 10 * MIB }, (_, i) => i % 1_000);

let named = 0;
/** An event of a job that no other one names. */
const fresh = (more: Readonly<Record<string, unknown>> = {}) => runEvent(`large_${++named}`, {}, more);

describe('compressed bodies', () => {
  // A thousand times as large as it came: 500 MB.
  it.each([
    ['gzip', () => gzipSync(Buffer.alloc(500 * MIB))],
    ['deflate', () => deflateSync(Buffer.alloc(500 * MIB))],
    ['br', () => brotliCompressSync(Buffer.alloc(500 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('a %s bomb', async (encoding, make) => {
    const bomb = make();
    expect(bomb.length).toBeLessThan(2 * MIB);
    expect(await post(bomb, { 'content-encoding': encoding })).toMatchObject(refused(413, /after decompression/));
    expect(await batch(bomb, { 'content-encoding': encoding })).toMatchObject(refused(413, /after decompression/));
  });

  it('a bomb in a bomb is no JSON', async () => {
    const inner = gzipSync(Buffer.alloc(50 * MIB));
    expect(await probed.gzipped(gzipSync(inner))).toMatchObject(refused(400, /UTF-8|JSON/));
  });
});

describe('large bodies', () => {
  it('100 MB, as it says', async () => {
    expect(await post(Buffer.alloc(100_000_000, 0x20))).toMatchObject(refused(413, /as sent/));
  });

  it('100 MB, in chunks that do not say how many', async () => {
    const answer = await post(Buffer.alloc(100_000_000, 0x20), { 'transfer-encoding': 'chunked' });
    expect(answer).toMatchObject(refused(413, /as sent/));
  });

  it('100 MB of a batch', async () => {
    expect(await batch(Buffer.alloc(100_000_000, 0x20))).toMatchObject(refused(413, /as sent/));
  });

  it('60 MB of one text, which is allowed', async () => {
    const event = fresh({ filler: 'x'.repeat(60 * MIB) });
    const answer = await probed.gzipped(gzipSync(JSON.stringify(event)));
    expect(answer.status).toBe(201);
    await probed.applied(answer);
  });

  it('40 MB of small values, which is allowed', async () => {
    const answer = await probed.gzipped(gzipSync(JSON.stringify(fresh({ filler: SMALL_VALUES }))));
    expect(answer.status).toBe(201);
    await probed.applied(answer);
  });

  it('many large ones at once are taken or told to come again', async () => {
    const fillers = ['y'.repeat(40 * MIB), SMALL_VALUES];
    const bodies = Array.from({ length: 12 }, (_, i) => gzipSync(JSON.stringify(fresh({ filler: fillers[i % 2] }))));
    const answers = await Promise.all(bodies.map((body) => probed.gzipped(body)));
    for (const answer of answers) {
      expect([201, 429, 503]).toContain(answer.status);
      if (answer.status !== 201) expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    }
  });

  it('a batch of more events than a batch may have', async () => {
    const many = `[${Array.from({ length: 100_000 }, () => '{}').join(',')}]`;
    expect(await batch(many)).toMatchObject(refused(413, /100000 events, at most 1000/));
  });

  it('a batch in which every event is bad', async () => {
    const answer = await batch(JSON.stringify(Array.from({ length: 1_000 }, (_, i) => ({ producer: i }))));
    expect(answer).toMatchObject({ status: 200, json: { summary: { received: 1_000, successful: 0, failed: 1_000 } } });
  });
});

describe('wide events', () => {
  it('100,000 columns, each with its lineage', async () => {
    const name = `wide_${++named}`;
    const from = { namespace: 'postgres://db:5432', name: 'shop.public.wide_source' };
    const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
    const event = runEvent(
      name,
      {},
      {
        outputs: [
          {
            namespace: 'postgres://db:5432',
            name: `shop.public.${name}`,
            facets: {
              schema: { fields: names.map((column) => ({ name: column, type: 'int' })) },
              columnLineage: {
                fields: Object.fromEntries(
                  names.map((column) => [column, { inputFields: [{ ...from, field: column }] }]),
                ),
              },
            },
          },
        ],
      },
    );
    const answer = await probed.gzipped(gzipSync(JSON.stringify(event)));
    expect(answer.status).toBe(201);
    // While it is applied others are answered.
    const asked = performance.now();
    expect((await probed.hub.ask({ path: '/health/live' })).status).toBe(200);
    expect(performance.now() - asked).toBeLessThan(5_000);
    await probed.applied(answer);
    const last = encodeURIComponent(`datasetField:postgres://db:5432:shop.public.${name}:c99999`);
    const { json } = await probed.hub.ask({ path: `/api/v1/column-lineage?nodeId=${last}` });
    expect(json).toMatchObject({
      graph: expect.arrayContaining([
        expect.objectContaining({ id: `datasetField:postgres://db:5432:shop.public.wide_source:c99999` }),
      ]),
    });
  });

  it('100,000 inputs', async () => {
    const inputs = Array.from({ length: 100_000 }, (_, i) => ({ namespace: 'n', name: `i${i}` }));
    const answer = await post(JSON.stringify(fresh({ inputs })));
    expect(answer.status).toBe(201);
    await probed.applied(answer);
  });

  it('100,000 inputs that are none: the first faults are told', async () => {
    const answer = await post(JSON.stringify(fresh({ inputs: Array(100_000).fill(5) })));
    expect(answer).toMatchObject(refused(422, /inputs\[0\] must be an object/));
    expect(errorsOf(answer).length).toBeLessThanOrEqual(20);
  });
});
