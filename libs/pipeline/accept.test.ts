import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EventLog, LOCAL_VIEWER, type LoggedEvent, type Refusal, type Viewer } from '#lineage';
import { SqliteEventLog } from '#queue';
import { Acceptor } from './accept.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { AcceptOutcome, Refused } from './outcome.ts';
import { RefusalKeeper } from './refusal-keeper.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;
const READER: Viewer = { name: 'reader', scopes: new Set(['read']) };

let directory: string;
let log: SqliteEventLog;
let handedOver: LoggedEvent[];
let pressure: number | null;
let turnedAway: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'headwater-accept-'));
  log = await SqliteEventLog.open({ directory });
  handedOver = [];
  pressure = null;
  turnedAway = [];
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true });
});

function door(limits: Partial<Limits> = {}, over: EventLog = log): { acceptor: Acceptor; keeper: RefusalKeeper } {
  const all = { ...DEFAULT_LIMITS, refusalWaitMs: 5000, ...limits };
  const keeper = new RefusalKeeper(over, all);
  const acceptor = new Acceptor({
    log: over,
    clock: { now: () => NOW },
    limits: all,
    keeper,
    pressure: () => pressure,
    turnedAway: (outcome) => turnedAway.push(outcome),
    appended: (events) => handedOver.push(...events),
  });
  acceptor.open();
  return { acceptor, keeper };
}

/** The port with one method replaced. */
function withLog(over: Partial<EventLog>): EventLog {
  return {
    append: (events) => log.append(events),
    read: (after, limit) => log.read(after, limit),
    find: (hashes) => log.find(hashes),
    head: () => log.head(),
    refuse: (refusals) => log.refuse(refusals),
    refusals: (page) => log.refusals(page),
    refusal: (ids) => log.refusal(ids),
    dropRefusals: (ids) => log.dropRefusals(ids),
    prune: (before) => log.prune(before),
    close: () => log.close(),
    ...over,
  };
}

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const event = (id: string, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  eventTime: '2026-01-01T00:00:00Z',
  producer: 'test',
  run: { runId: id },
  job: { namespace: 'n', name: 'j' },
  ...over,
});

async function refused(body: unknown, limits: Partial<Limits> = {}): Promise<[Refused, Refusal]> {
  const outcome = await door(limits).acceptor.accept(bytes(body), LOCAL_VIEWER);
  if (outcome.kind !== 'refused') throw new Error(`expected a refusal, got ${JSON.stringify(outcome)}`);
  const [kept] = await log.refusal([outcome.refusal ?? '']);
  if (kept === undefined) throw new Error('the refusal was not kept');
  expect(Buffer.byteLength(outcome.message)).toBeLessThanOrEqual(1024);
  return [outcome, kept];
}

describe('an event that passes', () => {
  it('is durable in canonical form, hashed, handed over', async () => {
    const { acceptor } = door();
    const outcome = await acceptor.accept(
      bytes(`\ufeff {"run":{"runId":"r"},"producer":"p","job":{"name":"j","namespace":"n"},
      "eventTime":"2026-01-01T00:00:00Z","x":1.0}`),
      LOCAL_VIEWER,
    );
    expect(outcome).toEqual({ kind: 'accepted', position: 1, repeat: false });
    const body =
      '{"eventTime":"2026-01-01T00:00:00Z","job":{"name":"j","namespace":"n"},"producer":"p","run":{"runId":"r"},"x":1}';
    const hash = createHash('sha256').update(body).digest('hex');
    expect(await log.read(0, 10)).toEqual([{ position: 1, hash, body, receivedAt: NOW }]);
    expect(handedOver).toEqual([{ position: 1, hash, body, receivedAt: NOW }]);
  });

  it('is a repeat whatever the order of its keys, and is not handed over twice', async () => {
    const { acceptor } = door();
    await acceptor.accept(bytes(event('a')), LOCAL_VIEWER);
    const reversed = Object.fromEntries(Object.entries(event('a')).reverse());
    expect(await acceptor.accept(bytes(reversed), LOCAL_VIEWER)).toEqual({
      kind: 'accepted',
      position: 1,
      repeat: true,
    });
    expect(handedOver).toHaveLength(1);
    expect(acceptor.counts).toMatchObject({ accepted: 1, repeats: 1 });
  });

  it('has its secrets cut out before it is stored', async () => {
    const { acceptor } = door();
    const facets = { properties: { 'database.password': 'hunter2' } };
    await acceptor.accept(bytes(event('a', { run: { runId: 'a', facets } })), LOCAL_VIEWER);
    expect((await log.read(0, 1))[0]?.body).not.toContain('hunter2');
  });

  it('keeps prototype keys as data, mends lone surrogates, takes the last of duplicate keys', async () => {
    const { acceptor } = door();
    const text = JSON.stringify(event('a')).replace('{', '{"__proto__":{"polluted":1},"s":"\\ud800","x":1,"x":2,');
    await acceptor.accept(bytes(text), LOCAL_VIEWER);
    const body = (await log.read(0, 1))[0]?.body ?? '';
    expect(body).toContain('"__proto__":{"polluted":1}');
    expect(body).toContain('"s":"\ufffd"');
    expect(body).toContain('"x":2');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('may be up to 24 h ahead of the clock, also without a zone', async () => {
    const { acceptor } = door();
    const ahead = (ms: number): string => new Date(NOW + ms).toISOString();
    const zoneless = ahead(24 * HOUR).slice(0, -1);
    for (const eventTime of [ahead(24 * HOUR), zoneless, '1970-01-01T00:00:00.000000001+14:00']) {
      expect(await acceptor.accept(bytes(event('a', { eventTime })), LOCAL_VIEWER)).toMatchObject({ kind: 'accepted' });
    }
  });
});

describe('an event that is refused', () => {
  it('400: not JSON; the place is told, the text around it is not', async () => {
    const [outcome, kept] = await refused('{"password": "hunter2", "a" 1}');
    expect(outcome).toMatchObject({ status: 400, errors: [] });
    expect(outcome.message).toBe(
      "the body is not JSON: expected ':', at line 1, column 29: send one OpenLineage event as UTF-8 JSON",
    );
    expect(kept).toMatchObject({ status: 400, body: null, where: null, bytes: 30, at: NOW });
    expect(kept.excerpt).not.toContain('hunter2');
    expect(kept.sha256).toBe(createHash('sha256').update('{"password": "hunter2", "a" 1}').digest('hex'));
  });

  it.each([
    ['a control character', '{"job":{"facets":{"a":"\u0003"}}}'],
    ['no value', '{"job":{"facets":{"a":}}}'],
    ['brackets that differ', '{"job":{"facets":{"a":[1}}}}'],
    ['a second brace', '{"inputs":[{"facets":{{}}}]}'],
  ])('400: facets that only look like JSON: %s', async (_, text) => {
    const [outcome] = await refused(text);
    expect(outcome).toMatchObject({ status: 400, message: expect.stringContaining('the body is not JSON') });
  });

  it('400: not UTF-8', async () => {
    const { acceptor } = door();
    const outcome = await acceptor.accept(Buffer.from([0x7b, 0xff, 0x7d]), LOCAL_VIEWER);
    expect(outcome).toMatchObject({ kind: 'refused', status: 400, message: expect.stringContaining('not UTF-8') });
  });

  it('413: too large', async () => {
    const [outcome, kept] = await refused(event('x'.repeat(2000)), { decompressedBytes: 1000 });
    expect(outcome).toMatchObject({ status: 413 });
    expect(kept.body).toBeNull();
    expect(kept.excerpt).toHaveLength(256);
  });

  it('422: nested too deeply, found before anything recurses', async () => {
    const [outcome] = await refused('{"a":'.repeat(100_000));
    expect(outcome).toMatchObject({ status: 422, message: expect.stringContaining('deeper than 128') });
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    expect((await door().acceptor.accept(bytes(event('a', { x: deep(127) })), LOCAL_VIEWER)).kind).toBe('accepted');
    expect((await door().acceptor.accept(bytes(event('a', { x: deep(128) })), LOCAL_VIEWER)).kind).toBe('refused');
  });

  it('422: not an event; the redacted body is kept, with the place', async () => {
    const inputs = [{ namespace: 'postgres://u:hunter2@db:5432', name: null }, {}];
    const [outcome, kept] = await refused(event('a', { inputs }));
    expect(outcome.status).toBe(422);
    expect(outcome.message).toBe(
      'not an OpenLineage event: inputs[0].name must not be null (and 2 more): mend the event and send it again',
    );
    expect(outcome.errors).toEqual([
      'inputs[0].name must not be null',
      'inputs[1].namespace must not be null',
      'inputs[1].name must not be null',
    ]);
    expect(kept).toMatchObject({ status: 422, where: 'inputs[0].name', excerpt: null });
    expect(kept.body).toContain('postgres://');
    expect(kept.body).not.toContain('hunter2');
    expect(await log.head()).toBe(0);
  });

  it('422: more than 24 h ahead of the clock', async () => {
    const [outcome, kept] = await refused(event('a', { eventTime: new Date(NOW + 24 * HOUR + 1).toISOString() }));
    expect(outcome).toMatchObject({ status: 422, errors: ['eventTime must not be more than 24 h ahead'] });
    expect(kept).toMatchObject({ where: 'eventTime', body: expect.stringContaining('"runId":"a"') });
  });

  it('keeps only the excerpt of a body that is too long to keep', async () => {
    const [, kept] = await refused(event('a', { job: null, pad: 'x'.repeat(5000) }), { refusalBodyBytes: 4000 });
    expect(kept.body).toBeNull();
    expect(kept.excerpt).toContain('eventTime');
  });

  it('is answered without an id when storing is slow, and is stored all the same', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = withLog({ refuse: async (refusals) => held.then(() => log.refuse(refusals)) });
    const { acceptor, keeper } = door({ refusalWaitMs: 20 }, slow);
    const outcome = await acceptor.accept(bytes('nope'), LOCAL_VIEWER);
    expect(outcome).toMatchObject({ kind: 'refused', refusal: null });
    release();
    await keeper.flush();
    expect(await log.refusals({ first: 10, after: null })).toHaveLength(1);
  });

  it('never piles up: a flood is coalesced, and what does not fit is counted', async () => {
    let calls = 0;
    const counting = withLog({
      refuse: (refusals) => {
        calls++;
        return log.refuse(refusals);
      },
    });
    const { acceptor, keeper } = door({ refusalsWaiting: 50 }, counting);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => acceptor.accept(bytes(`nope ${i}`), LOCAL_VIEWER)),
    );
    const ids = outcomes.map((one) => (one.kind === 'refused' ? one.refusal : 'not refused'));
    expect(keeper.lost).toBe(ids.filter((id) => id === null).length);
    expect(keeper.lost).toBeGreaterThan(100);
    expect(calls).toBeLessThan(5);
  });

  it('is refused all the same when the log can not keep it', async () => {
    const { acceptor, keeper } = door({}, withLog({ refuse: () => Promise.reject(new Error('disk full')) }));
    expect(await acceptor.accept(bytes('nope'), LOCAL_VIEWER)).toMatchObject({ kind: 'refused', refusal: null });
    expect(keeper.lost).toBe(1);
  });
});

describe('neither taken nor refused', () => {
  it('busy, while the backlog is over its limit', async () => {
    pressure = 7;
    const { acceptor } = door();
    expect(await acceptor.accept(bytes(event('a')), LOCAL_VIEWER)).toEqual({ kind: 'busy', retryAfterSeconds: 7 });
    expect(await acceptor.acceptBatch(bytes([event('a')]), LOCAL_VIEWER)).toEqual({
      kind: 'busy',
      retryAfterSeconds: 7,
    });
    expect(await log.head()).toBe(0);
    expect(turnedAway).toEqual(['busy', 'busy']);
  });

  it('busy, while too much waits for the disk', async () => {
    const { acceptor } = door({ appendingBytes: 100 });
    const calls = Array.from({ length: 5 }, (_, i) => acceptor.accept(bytes(event(`${i}`)), LOCAL_VIEWER));
    const kinds = (await Promise.all(calls)).map((one) => one.kind);
    expect(kinds).toEqual(['accepted', 'busy', 'busy', 'busy', 'busy']);
    expect((await acceptor.accept(bytes(event('5')), LOCAL_VIEWER)).kind).toBe('accepted');
  });

  it("unavailable, with the log's reason; later it works again", async () => {
    let full = true;
    const flaky = withLog({
      append: (events) => (full ? Promise.reject(new Error('no room left')) : log.append(events)),
    });
    const { acceptor } = door({}, flaky);
    const unavailable: AcceptOutcome = { kind: 'unavailable', reason: 'no room left' };
    expect(await acceptor.accept(bytes(event('a')), LOCAL_VIEWER)).toEqual(unavailable);
    expect(await acceptor.acceptBatch(bytes([event('a'), {}]), LOCAL_VIEWER)).toEqual(unavailable);
    expect(turnedAway).toEqual(['unavailable', 'unavailable']);
    full = false;
    expect(await acceptor.accept(bytes(event('a')), LOCAL_VIEWER)).toMatchObject({ kind: 'accepted', position: 1 });
  });

  it('forbidden, without the scope', async () => {
    const { acceptor } = door();
    expect((await acceptor.accept(bytes(event('a')), READER)).kind).toBe('forbidden');
    expect((await acceptor.acceptBatch(bytes([event('a')]), READER)).kind).toBe('forbidden');
  });

  it('unavailable, once closed; close waits for what was taken', async () => {
    const { acceptor } = door();
    const taken = acceptor.accept(bytes(event('a')), LOCAL_VIEWER);
    await acceptor.close();
    expect(handedOver).toHaveLength(1);
    expect((await taken).kind).toBe('accepted');
    expect((await acceptor.accept(bytes(event('b')), LOCAL_VIEWER)).kind).toBe('unavailable');
  });
});

describe('a batch', () => {
  it('of good events is taken whole; its position is the highest', async () => {
    const { acceptor } = door();
    expect(await acceptor.acceptBatch(bytes([event('a'), event('b')]), LOCAL_VIEWER)).toEqual({
      kind: 'all',
      position: 2,
    });
    expect(await acceptor.acceptBatch(bytes([event('c'), event('a')]), LOCAL_VIEWER)).toEqual({
      kind: 'all',
      position: 3,
    });
    expect(await acceptor.acceptBatch(bytes([]), LOCAL_VIEWER)).toEqual({ kind: 'all', position: null });
  });

  it('loses only its bad events, which are kept as refusals', async () => {
    const { acceptor, keeper } = door();
    const outcome = await acceptor.acceptBatch(bytes([event('a'), { token: 'hunter2' }, event('b'), 3]), LOCAL_VIEWER);
    expect(outcome).toEqual({
      kind: 'partial',
      summary: { received: 4, successful: 2, failed: 2, retriable: 0, non_retriable: 2 },
      failed: [
        { index: 1, reason: expect.stringContaining('eventTime must not be null (and 2 more)'), retriable: false },
        { index: 3, reason: expect.stringContaining('the event must be an object'), retriable: false },
      ],
      position: 2,
    });
    await keeper.flush();
    const kept = await log.refusals({ first: 10, after: null });
    expect(kept.map((one) => one.body)).toEqual(['3', '{"token":"[redacted]"}']);
  });

  it('of bad events alone has no position', async () => {
    const { acceptor } = door();
    expect(await acceptor.acceptBatch(bytes([{}]), LOCAL_VIEWER)).toMatchObject({ kind: 'partial', position: null });
  });

  it.each([
    ['not JSON', '[{}', 400],
    ['not a list', '{}', 422],
    ['too many events', JSON.stringify([1, 2, 3, 4]), 413],
    ['too many bytes', JSON.stringify([`${'x'.repeat(2000)}`]), 413],
    ['nested too deeply', '['.repeat(200), 422],
  ])('is refused whole: %s', async (_name, text, status) => {
    const { acceptor } = door({ batchEvents: 3, batchBytes: 1000 });
    expect(await acceptor.acceptBatch(bytes(text), LOCAL_VIEWER)).toMatchObject({ kind: 'refused', status });
  });

  it('lets others have their turn while it is read', async () => {
    let turns = 0;
    let turnsBeforeAppend = 0;
    const counting = withLog({
      append: (events) => {
        turnsBeforeAppend = turns;
        return log.append(events);
      },
    });
    const { acceptor } = door({}, counting);
    const turning = setInterval(() => turns++, 1);
    const facets = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, { value: `${i}` }]));
    const many = Array.from({ length: 1000 }, (_, i) => event(`${i}`, { run: { runId: `${i}`, facets } }));
    await acceptor.acceptBatch(bytes(many), LOCAL_VIEWER);
    clearInterval(turning);
    expect(turnsBeforeAppend).toBeGreaterThan(1);
  });
});
