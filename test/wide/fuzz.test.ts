/**
 * Real events gone wrong, over the wire, as fast as the hub takes them: each is answered, never with a failure of the
 * hub's own, and what it takes it can apply.
 */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../harness.ts';
import { deltasOf, differenceOf } from '../model/order-law.ts';
import { referenceExport } from '../model/reference-fold.ts';
import { checkWell } from './check-well.ts';
import { type MutatedEvent, mutatedEvent, textOf } from './mutations.ts';
import { PipelinedConnection, type WireAnswer, type WireRequest } from './pipelined-connection.ts';
import { chosenSeed } from './random.ts';
import { recordedEvents } from './recorded-events.ts';

const REQUESTS = Number(process.env.HEADWATER_FUZZ_REQUESTS ?? 100_000);
/** Of these the whole graph is held against the reference, which is slow. */
const COMPARED_REQUESTS = 1_500;
const AT_ONCE = 100;
const CONNECTIONS = 16;
/** Longer than any pause of a busy machine; a hub that hangs is found all the same. */
const ANSWER_WITHIN_MS = 60_000;

interface Shot {
  /** A single post has one, a batch one or more. */
  readonly events: readonly MutatedEvent[];
  readonly batch: boolean;
  /** `broken`: cut off; `said`: only Content-Encoding says so. */
  readonly gzip: 'no' | 'yes' | 'broken' | 'said';
}

const gzip = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Shot['gzip']>('no') },
  { weight: 2, arbitrary: fc.constantFrom<Shot['gzip'][]>('yes', 'yes', 'broken', 'said') },
);
const single = fc.record({ events: fc.tuple(mutatedEvent), batch: fc.constant(false), gzip });
// One text that is no JSON would spoil the whole batch: that is for single posts.
const whole = mutatedEvent.map((event) => ({ ...event, mangling: null }));
const batch = fc.record({ events: fc.array(whole, { minLength: 1, maxLength: 8 }), batch: fc.constant(true), gzip });
const shot: fc.Arbitrary<Shot> = fc.oneof({ weight: 6, arbitrary: single }, { weight: 1, arbitrary: batch });
const volley = fc.array(shot, { minLength: AT_ONCE, maxLength: AT_ONCE });

const recordings = recordedEvents().map((event) => JSON.stringify(event));

let hub: TestHub | null = null;
afterEach(async () => {
  await hub?.stop();
  hub = null;
});

it(`${REQUESTS} requests with mutated events are answered`, { timeout: 1_200_000 }, async () => {
  hub = await startTestHub();
  const statuses = new Map<number, number>();
  await fire(hub, REQUESTS, ({ status }) => statuses.set(status, (statuses.get(status) ?? 0) + 1));
  console.info(`fuzz: ${JSON.stringify(Object.fromEntries(statuses))}`);
  // Neither all wrong nor all right.
  expect(statuses.get(201)).toBeGreaterThan(REQUESTS / 10);
  expect(statuses.get(422)).toBeGreaterThan(REQUESTS / 20);
  expect(statuses.get(400)).toBeGreaterThan(REQUESTS / 50);
  await checkWell(hub);
});

it('what is taken of them makes the graph that the reference makes of it', async () => {
  hub = await startTestHub();
  const taken: unknown[] = [];
  await fire(hub, COMPARED_REQUESTS, (answer, { events, batch }, texts) => {
    const failed = new Set(answer.status === 200 ? failedOf(answer) : []);
    if (answer.status !== 201 && answer.status !== 204 && answer.status !== 200) return;
    if (!batch) expect(events).toHaveLength(1);
    for (const [i, text] of texts.entries()) if (!failed.has(i)) taken.push(JSON.parse(text.toString()));
  });
  expect(taken.length).toBeGreaterThan(COMPARED_REQUESTS / 5);
  const { head } = (await hub.ask({ path: '/health/ready' })).json as { readonly head: number };
  const { body } = await hub.ask({ path: '/api/v1/export', headers: { 'headwater-after': String(head) } });
  const lines = body.split('\n').filter((line) => line !== '');
  expect(differenceOf(referenceExport(deltasOf(taken)), lines)).toBeNull();
  await checkWell(hub);
});

type Heard = (answer: WireAnswer, shot: Shot, texts: readonly Buffer[]) => void;

/** Many connections at once, several requests on each under way. */
async function fire({ address }: TestHub, requests: number, heard: Heard): Promise<void> {
  const seed = chosenSeed();
  console.info(`fuzz: HEADWATER_SEED=${seed}`);
  const connections = Array.from({ length: CONNECTIONS }, () => new PipelinedConnection(address, ANSWER_WITHIN_MS));
  /** The hub closes a connection on which a body can't be read to its end: nothing may stand in line behind that. */
  const connectionFor = ({ gzip }: Shot, i: number): PipelinedConnection => {
    const shared = connections[i % CONNECTIONS];
    return shared === undefined || gzip === 'broken' || gzip === 'said'
      ? new PipelinedConnection(address, ANSWER_WITHIN_MS)
      : shared;
  };
  const post = async (shot: Shot, i: number): Promise<void> => {
    const texts = shot.events.map((event) => textOf(event, recordings));
    try {
      const answer = await connectionFor(shot, i).post(requestOf(shot, texts));
      judge(answer, shot, texts);
      heard(answer, shot, texts);
    } catch (error) {
      // Alone it is the example: no need to shrink the hundred.
      throw new Error(
        `HEADWATER_SEED=${seed}: ${JSON.stringify(shot).slice(0, 2_000)}\nas ${texts.join('\n').slice(0, 6_000)}`,
        {
          cause: error,
        },
      );
    }
  };
  try {
    await fc.assert(
      fc.asyncProperty(volley, async (shots) => {
        await Promise.all(shots.map(post));
      }),
      {
        seed,
        numRuns: Math.ceil(requests / AT_ONCE),
        endOnFailure: true,
        reporter({ errorInstance, failed }) {
          // The one that failed, and not the hundred that went with it.
          if (failed) throw errorInstance;
        },
      },
    );
  } finally {
    for (const connection of connections) connection.close();
  }
}

function requestOf({ batch, gzip }: Shot, texts: readonly Buffer[]): WireRequest {
  const plain = batch ? Buffer.from(`[${texts.map(String).join(',')}]`) : (texts[0] ?? Buffer.alloc(0));
  const packed = gzip === 'yes' || gzip === 'broken' ? gzipSync(plain, { level: 1 }) : plain;
  return {
    path: batch ? '/api/v1/lineage/batch' : '/api/v1/lineage',
    headers: {
      'Content-Type': 'application/json',
      ...(gzip === 'no' ? {} : { 'Content-Encoding': 'gzip' }),
    },
    body: gzip === 'broken' ? packed.subarray(0, packed.length - 6) : packed,
  };
}

function judge(answer: WireAnswer, { batch, gzip }: Shot, texts: readonly Buffer[]): void {
  const { status, headers, body } = answer;
  if (gzip === 'broken' || gzip === 'said') expect(status).toBe(400);
  // One event that nests too deep is found before the batch is parsed, and so costs the others.
  expect(batch ? [204, 200, 400, 422] : [201, 400, 422]).toContain(status);
  if (status === 201 || status === 204) {
    expect(body).toBe('');
    expect(headers.get('headwater-position')).toMatch(/^\d+$/);
    return;
  }
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  if (status === 200) {
    const failed = failedOf(answer);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every((index) => Number.isInteger(index) && index >= 0 && index < texts.length)).toBe(true);
    return;
  }
  const { code, message } = JSON.parse(body) as { readonly code: unknown; readonly message: unknown };
  expect(code).toBe(status);
  expect(message).toMatch(/\S/);
  expect(String(message).length).toBeLessThanOrEqual(1_000);
}

function failedOf({ body }: WireAnswer): number[] {
  const { failed_events } = JSON.parse(body) as { readonly failed_events: readonly { readonly index: number }[] };
  return failed_events.map(({ index }) => index);
}
