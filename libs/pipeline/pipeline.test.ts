import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchTooLarge, LOCAL_VIEWER, type Viewer } from '#lineage';
import { SqliteEventLog } from '#queue';
import { PositionStore } from '../../test/pipeline/position-store.ts';
import type { Limits } from './limits.ts';
import { createPipeline, type Pipeline, type PipelineState } from './pipeline.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const DAY = 86_400_000;
const FAST: Partial<Limits> = { retryMs: 5, retryMaxMs: 20, refusalWaitMs: 5000, drainMs: 2000 };

let directory: string;
let log: SqliteEventLog;
let store: PositionStore;
let started: Pipeline[];
let now: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'headwater-pipeline-'));
  log = await SqliteEventLog.open({ directory });
  store = new PositionStore();
  started = [];
  now = NOW;
});
afterEach(async () => {
  for (const pipeline of started) await pipeline.stop();
  await log.close();
  rmSync(directory, { recursive: true });
});

async function start(limits: Partial<Limits> = {}): Promise<Pipeline> {
  const pipeline = createPipeline({ log, store, clock: { now: () => now }, limits: { ...FAST, ...limits } });
  await pipeline.start();
  started.push(pipeline);
  return pipeline;
}

const bytes = (id: string, over: Record<string, unknown> = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      eventTime: '2026-01-01T00:00:00Z',
      producer: 'p',
      run: { runId: id },
      job: { namespace: 'n', name: 'j' },
      ...over,
    }),
  );

async function send(pipeline: Pipeline, ids: readonly string[]): Promise<number> {
  const outcomes = await Promise.all(ids.map((id) => pipeline.accept(bytes(id), LOCAL_VIEWER)));
  const positions = outcomes.map((one) => {
    if (one.kind !== 'accepted') throw new Error(JSON.stringify(one));
    return one.position;
  });
  return Math.max(...positions);
}

const ids = (count: number, prefix = 'r'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const applied = (): number[] => store.batches.flat();

const raw = (count: number) =>
  upTo(count).map((n) => ({ hash: n.toString(16).padStart(64, '0'), body: `{"n":${n}}`, receivedAt: NOW }));

/** After which positions it is read, as it is asked. @param isEmpty which answers, from the first on, have nothing */
function readsOf(log: SqliteEventLog, isEmpty: (nth: number) => boolean = () => false): number[] {
  const asked: number[] = [];
  const read = log.read.bind(log);
  log.read = async (after, limit) => {
    const nth = asked.push(after);
    return isEmpty(nth) ? [] : read(after, limit);
  };
  return asked;
}

function gate(): { gate: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate: promise, open };
}

describe('applying', () => {
  it('applies each event once, in order, in batches that grow with the backlog', async () => {
    const pipeline = await start();
    const position = await send(pipeline, ids(500));
    expect(await pipeline.waitFor(position, 5000)).toEqual({ reached: true, applied: 500 });
    expect(applied()).toEqual(upTo(500));
    expect(store.batches.length).toBeLessThan(100);
    expect(pipeline.status()).toMatchObject({ state: 'running', head: 500, applied: 500, backlog: 0, accepted: 500 });
    expect(pipeline.status().applyRate).toBeGreaterThan(0);
  });

  it('does not read the log for what it was handed', async () => {
    let reads = 0;
    const read = log.read.bind(log);
    log.read = (after, limit) => {
      reads++;
      return read(after, limit);
    };
    const pipeline = await start();
    for (let i = 0; i < 20; i++) await send(pipeline, ids(20, `${i}-`));
    await pipeline.acceptBatch(Buffer.from(`[${bytes('a').toString()},${bytes('b').toString()}]`), LOCAL_VIEWER);
    await pipeline.waitFor(402, 5000);
    expect([reads, store.position]).toEqual([0, 402]);
  });

  it('starts where the store is', async () => {
    await send(await start(), ids(50));
    store = new PositionStore();
    store.position = 20;
    const pipeline = await start();
    expect(await pipeline.waitFor(50, 5000)).toMatchObject({ reached: true });
    expect(applied()).toEqual(upTo(50).slice(20));
  });

  it('leaves to another worker what is its turn, and goes on from where that one stopped', async () => {
    const mine = [false, false, true];
    const turns = Object.assign(store, {
      takeTurn: async () => {
        // The other one applies two events at a time.
        if (mine.length > 1) store.position += 2;
        return mine.length > 1 ? mine.shift() === true : mine[0] === true;
      },
    });
    const pipeline = await start();
    await send(pipeline, ids(9));
    expect(await pipeline.waitFor(9, 5000)).toEqual({ reached: true, applied: 9 });
    expect(turns.batches.flat()).toEqual([5, 6, 7, 8, 9]);
  });

  it('refuses to start on a store that is ahead of its log', async () => {
    store.position = 7;
    await expect(start()).rejects.toMatchObject({ name: 'StoreAheadOfLog', message: /position 7.*ends at 0/ });
  });

  it('goes on from the log when the backlog outgrows its memory', async () => {
    const held = gate();
    store.gate = held.gate;
    const pipeline = await start({ memoryEvents: 10 });
    await send(pipeline, ids(100));
    expect(pipeline.status().backlog).toBe(100);
    held.open();
    expect(await pipeline.waitFor(100, 5000)).toMatchObject({ reached: true });
    expect(applied()).toEqual(upTo(100));
    expect(store.held.map((event) => event.body)).toEqual((await log.read(0, 100)).map((event) => event.body));
  });

  it('reads what comes next while the store is busy, each event once', async () => {
    await log.append(raw(100));
    const asked = readsOf(log);
    const held = gate();
    store.gate = held.gate;
    const pipeline = await start();
    await until(() => asked.length === 2);
    expect([asked, store.batches]).toEqual([[0, 16], []]);
    held.open();
    expect(await pipeline.waitFor(100, 5000)).toMatchObject({ reached: true });
    expect([applied(), new Set(asked).size]).toEqual([upTo(100), asked.length]);
  });

  it('looks again where nothing was there while the store was busy', async () => {
    await log.append(raw(100));
    const asked = readsOf(log, (nth) => nth === 2);
    const pipeline = await start();
    expect(await pipeline.waitFor(100, 5000)).toMatchObject({ reached: true });
    expect([applied(), asked.slice(0, 3)]).toEqual([upTo(100), [0, 16, 16]]);
  });

  it('bounds a batch by bytes too; a single larger event goes alone', async () => {
    const held = gate();
    store.gate = held.gate;
    const pipeline = await start({ applyBytes: 3000 });
    await send(pipeline, ['first']);
    for (let i = 0; i < 6; i++)
      await pipeline.accept(bytes(`${i}`, { pad: 'x'.repeat(i === 3 ? 9000 : 1400) }), LOCAL_VIEWER);
    held.open();
    await pipeline.waitFor(7, 5000);
    expect(applied()).toEqual(upTo(7));
    expect(Math.max(...store.batches.map((batch) => batch.length))).toBeLessThanOrEqual(2);
    expect(store.batches).toContainEqual([5]);
  });

  it('passes over what retention took before it could be applied', async () => {
    await log.append([{ hash: 'a'.repeat(64), body: '{}', receivedAt: NOW }]);
    await log.prune(NOW + 1);
    const pipeline = await start();
    const position = await send(pipeline, ['next']);
    expect(await pipeline.waitFor(position, 5000)).toEqual({ reached: true, applied: 2 });
    expect(applied()).toEqual([2]);
  });

  it('comes to rest when retention took all that was left', async () => {
    await log.append([{ hash: 'a'.repeat(64), body: '{}', receivedAt: NOW }]);
    await log.prune(NOW + 1);
    const pipeline = await start();
    await until(() => pipeline.status().backlog === 0);
    expect(pipeline.status()).toMatchObject({ state: 'running', applied: 1 });
  });

  it('tells changes in order, and outlives a listener that throws', async () => {
    const pipeline = await start();
    const told: number[] = [];
    pipeline.onChanges(() => {
      throw new Error('a defect');
    });
    const remove = pipeline.onChanges((changes) => told.push(...changes.map((change) => change.sequence)));
    await pipeline.waitFor(await send(pipeline, ids(30)), 5000);
    expect(told).toEqual(upTo(30));
    expect(pipeline.status().listenerErrors).toBeGreaterThan(0);
    remove();
    await pipeline.waitFor(await send(pipeline, ['last']), 5000);
    expect(told).toHaveLength(30);
  });
});

describe('a store that fails', () => {
  it('is tried again until it works; nothing is lost or applied twice, and the state says so', async () => {
    store.failures = ['connection lost', 'connection lost', 'still away'].map((message) => new Error(message));
    const pipeline = await start();
    const states: PipelineState[] = [];
    pipeline.onState((state) => states.push(state));
    const position = await send(pipeline, ids(40));
    expect(await pipeline.waitFor(position, 5000)).toMatchObject({ reached: true });
    expect(applied()).toEqual(upTo(40));
    expect(states.map(({ state, reason }) => [state, reason])).toEqual([
      ['retrying', 'connection lost'],
      ['retrying', 'still away'],
      ['running', null],
    ]);
    expect(pipeline.status().applyRetries).toBe(3);
  });

  it.each([
    { error: new Error('out of memory'), says: ['out of memory', null] },
    { error: new BatchTooLarge('less at once'), says: [] },
  ])('gets smaller batches each time ($error.message); that a batch was too large is no state of it', async (one) => {
    const apply = store.apply.bind(store);
    store.apply = async (batch) => (batch.length > 2 ? Promise.reject(one.error) : apply(batch));
    const pipeline = await start();
    const said: (string | null)[] = [];
    pipeline.onState(({ reason }) => said.push(reason));
    expect(await pipeline.waitFor(await send(pipeline, ids(16)), 5000)).toMatchObject({ reached: true });
    expect([applied(), said.slice(-2)]).toEqual([upTo(16), one.says]);
    expect(store.batches.map((batch) => batch.length)).toContain(2);
  });

  it('that claims success without moving is treated as failing', async () => {
    store.apply = () => Promise.resolve({ changes: [], faults: [], applied: 0 });
    const pipeline = await start();
    await send(pipeline, ['a']);
    await until(() => pipeline.status().state === 'retrying');
    expect(pipeline.status()).toMatchObject({ applied: 0, reason: expect.stringContaining('0 is applied') });
  });

  it('is no reason to refuse events, until the backlog is at its limit', async () => {
    const held = gate();
    store.gate = held.gate;
    const pipeline = await start({ backlogEvents: 10 });
    await send(pipeline, ids(10));
    const busy = await pipeline.accept(bytes('one more'), LOCAL_VIEWER);
    expect(busy).toEqual({ kind: 'busy', retryAfterSeconds: 5 });
    held.open();
    await pipeline.waitFor(10, 5000);
    expect((await pipeline.accept(bytes('one more'), LOCAL_VIEWER)).kind).toBe('accepted');
    expect(pipeline.status().busy).toBe(1);
  });

  it('tells how long to wait from how fast it applies', async () => {
    const apply = store.apply.bind(store);
    store.apply = async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 20 * batch.length));
      return apply(batch);
    };
    const pipeline = await start({ backlogEvents: 1000, applyMs: 20 });
    await pipeline.waitFor(await send(pipeline, ids(5)), 5000);
    const held = gate();
    store.gate = held.gate;
    await send(pipeline, ids(1000, 'more'));
    const busy = await pipeline.accept(bytes('one more'), LOCAL_VIEWER);
    store.apply = apply;
    held.open();
    // A hundred events, at 20 ms each and somewhat more.
    expect(busy.kind === 'busy' && busy.retryAfterSeconds >= 2 && busy.retryAfterSeconds <= 8).toBe(true);
  });
});

describe('waitFor', () => {
  it('is there at once for what is applied, and says what is when time is over', async () => {
    const held = gate();
    const pipeline = await start();
    await pipeline.waitFor(await send(pipeline, ['a']), 5000);
    expect(await pipeline.waitFor(0, 0)).toEqual({ reached: true, applied: 1 });
    store.gate = held.gate;
    await send(pipeline, ['b']);
    expect(await pipeline.waitFor(2, 20)).toEqual({ reached: false, applied: 1 });
    held.open();
    expect(await pipeline.waitFor(2, 5000)).toEqual({ reached: true, applied: 2 });
  });

  it('does not wait for a position that was never given out', async () => {
    const pipeline = await start();
    expect(await pipeline.waitFor(1000, 60_000)).toEqual({ reached: false, applied: 0 });
  });
});

describe('stop', () => {
  it('takes no more, applies what was taken, and stores refusals', async () => {
    const pipeline = await start();
    const taken = send(pipeline, ids(100));
    const refused = pipeline.accept(Buffer.from('nope'), LOCAL_VIEWER);
    await pipeline.stop();
    expect(store.position).toBe(100);
    await taken;
    expect(await log.refusals({ first: 10, after: null })).toHaveLength(1);
    expect((await refused).kind).toBe('refused');
    expect(await pipeline.accept(bytes('late'), LOCAL_VIEWER)).toMatchObject({ kind: 'unavailable' });
    expect(pipeline.status().state).toBe('stopped');
    await pipeline.stop();
  });

  it('stores the refusals of a batch, which nobody waited for', async () => {
    const pipeline = await start();
    await pipeline.acceptBatch(Buffer.from(JSON.stringify(Array.from({ length: 300 }, (_, i) => i))), LOCAL_VIEWER);
    await pipeline.stop();
    expect(await log.refusals({ first: 1000, after: null })).toHaveLength(300);
  });

  it('does not wait for a store that is away longer than drainMs; the next start applies the rest', async () => {
    store.failures = Array.from({ length: 1000 }, () => new Error('away'));
    const pipeline = await start({ drainMs: 50, retryMs: 10_000, retryMaxMs: 10_000 });
    await send(pipeline, ids(10));
    const waiting = pipeline.waitFor(10, 60_000);
    await pipeline.stop();
    expect(await waiting).toEqual({ reached: false, applied: 0 });
    store.failures = [];
    await (await start()).waitFor(10, 5000);
    expect(applied()).toEqual(upTo(10));
  });

  it('does not wait for ever for a batch that the store never answers', async () => {
    store.gate = new Promise(() => undefined);
    const pipeline = await start({ drainMs: 20 });
    await send(pipeline, ['a']);
    await pipeline.stop();
    expect(pipeline.status()).toMatchObject({ state: 'stopped', backlog: 1 });
  });

  it('before start: accept says that the hub is not there yet', async () => {
    const pipeline = createPipeline({ log, store, clock: { now: () => now } });
    expect(await pipeline.accept(bytes('a'), LOCAL_VIEWER)).toMatchObject({ kind: 'unavailable' });
    await pipeline.stop();
    await expect(pipeline.start()).rejects.toThrow(/starts once/);
  });
});

describe('faults and replay', () => {
  it('keeps an event that could not be applied as a refusal, and goes on', async () => {
    const pipeline = await start();
    await send(pipeline, ['a']);
    await pipeline.accept(bytes('b', { x: 'faulty' }), LOCAL_VIEWER);
    await pipeline.waitFor(await send(pipeline, ['c']), 5000);
    await until(() => pipeline.status().faults === 1);
    await pipeline.stop();
    const [fault] = await log.refusals({ first: 10, after: null });
    expect(fault).toMatchObject({
      status: 500,
      reason: 'accepted at position 2, but could not be applied: can not reduce it',
      body: expect.stringContaining('faulty'),
    });
    expect(store.position).toBe(3);
  });

  it('replays refusals; what passes now is dropped, what does not stays under its id', async () => {
    const pipeline = await start();
    const ahead = await pipeline.accept(bytes('a', { eventTime: new Date(NOW + 2 * DAY).toISOString() }), LOCAL_VIEWER);
    const wrong = await pipeline.accept(Buffer.from('{"producer":"p"}'), LOCAL_VIEWER);
    const noJson = await pipeline.accept(Buffer.from('nope'), LOCAL_VIEWER);
    const [first = '', second = '', third = ''] = [ahead, wrong, noJson].map((one) =>
      one.kind === 'refused' ? (one.refusal ?? '') : '',
    );
    now = NOW + 2 * DAY;
    const replayed = await pipeline.replayRefusals([first, second, third, '9999'], LOCAL_VIEWER);
    expect(replayed).toEqual([
      { id: first, outcome: { kind: 'accepted', position: 1, repeat: false } },
      { id: second, outcome: expect.objectContaining({ kind: 'refused', refusal: second }) },
      { id: third, outcome: { kind: 'gone' } },
      { id: '9999', outcome: { kind: 'gone' } },
    ]);
    const left = await log.refusals({ first: 10, after: null });
    expect(left.map((one) => one.id).sort()).toEqual([second, third].sort());
    const reader: Viewer = { name: 'reader', scopes: new Set(['read', 'ingest']) };
    expect(await pipeline.replayRefusals([second], reader)).toMatchObject([{ outcome: { kind: 'forbidden' } }]);
  });

  it('does not pretend that a fault was applied by sending it again', async () => {
    const pipeline = await start();
    await pipeline.accept(bytes('b', { x: 'faulty' }), LOCAL_VIEWER);
    await until(() => pipeline.status().faults === 1);
    await until(async () => (await log.refusals({ first: 1, after: null })).length === 1);
    const [fault] = await log.refusals({ first: 1, after: null });
    const id = fault?.id ?? '';
    expect(await pipeline.replayRefusals([id], LOCAL_VIEWER)).toEqual([{ id, outcome: { kind: 'held', position: 1 } }]);
    expect(await log.refusals({ first: 10, after: null })).toHaveLength(1);
  });
});

describe('retention', () => {
  it('prunes by arrival, log and store', async () => {
    const pipeline = await start({ retentionMs: 90 * DAY });
    await pipeline.waitFor(await send(pipeline, ['old']), 5000);
    now = NOW + 91 * DAY;
    await pipeline.waitFor(await send(pipeline, ['new']), 5000);
    expect(await pipeline.prune()).toEqual({ at: now, events: 1, runs: 3 });
    expect((await log.read(0, 10)).map((event) => event.position)).toEqual([2]);
    expect(store.prunedBefore).toBe(NOW + DAY);
    expect(pipeline.status()).toMatchObject({ pruned: { events: 1 }, pruneFailure: null });
  });

  it('keeps what the store has not seen, however old', async () => {
    const held = gate();
    store.gate = held.gate;
    const pipeline = await start({ retentionMs: 90 * DAY });
    await send(pipeline, ['old']);
    now = NOW + 91 * DAY;
    expect(await pipeline.prune()).toMatchObject({ events: 0 });
    held.open();
    await pipeline.waitFor(1, 5000);
    expect(await pipeline.prune()).toMatchObject({ events: 1 });
  });

  it('runs by itself, and says why it failed', async () => {
    store.prune = () => Promise.reject(new Error('away'));
    const pipeline = await start({ retentionMs: DAY, retentionEveryMs: 10 });
    await until(() => pipeline.status().pruneFailure === 'away');
    store.prune = () => Promise.resolve({ runs: 0 });
    await until(() => pipeline.status().pruned !== null);
    expect(pipeline.status().pruneFailure).toBeNull();
  });

  it('breaks its round off where the pipeline stops', async () => {
    let stop: { readonly aborted: boolean } | undefined;
    store.prune = async (_before, told) => {
      stop = told;
      await until(() => told?.aborted === true);
      return { runs: 2 };
    };
    const pipeline = await start({ retentionMs: DAY });
    const round = pipeline.prune();
    await until(() => stop !== undefined);
    expect(stop?.aborted).toBe(false);
    await pipeline.stop();
    expect(await round).toMatchObject({ runs: 2 });
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
