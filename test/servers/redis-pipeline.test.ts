/** Two processes that accept and one that applies, on one log in Redis: what each sees, and what a fault of Redis does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SqliteGraphStore } from '#graph';
import { type Change, LOCAL_VIEWER } from '#lineage';
import { createPipeline, type Pipeline, type PipelineState } from '#pipeline';
import { RedisEventLog, RedisSignals } from '#queue';
import { ownRedisServer } from './redis-server.ts';
import { SlowProxy } from './slow-proxy.ts';

const TROUBLE = ['running', 'retrying', 'running'];
const WAIT = { timeout: 30_000, interval: 20 };

let url: string;
let folder: string;
let store: SqliteGraphStore;
let closes: (() => Promise<void>)[];

beforeAll(async () => {
  url = await ownRedisServer('start', '--fresh');
});
afterAll(async () => {
  await ownRedisServer('stop');
});
beforeEach(async () => {
  url = await ownRedisServer('start');
  await admin((redis) => redis.flushall());
  folder = await mkdtemp(join(tmpdir(), 'headwater-together-'));
  store = await SqliteGraphStore.open(folder);
  closes = [];
});
afterEach(async () => {
  for (const close of closes.reverse()) await close();
  await store.close();
  await rm(folder, { recursive: true });
});

async function admin<T>(ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

interface Process {
  readonly pipeline: Pipeline;
  readonly changes: Change[];
  /** Each state it entered. */
  readonly states: PipelineState[];
}

async function start(applies: boolean, at: string = url): Promise<Process> {
  const onError = (): void => undefined;
  const log = await RedisEventLog.open({ url: at, onError });
  closes.push(() => log.close());
  const signals = await RedisSignals.open({ url: at, onError });
  closes.push(() => signals.close());
  const pipeline = createPipeline({
    log,
    store,
    clock: { now: Date.now },
    limits: { lookMs: 200, drainMs: 1000 },
    together: { signals, applies },
  });
  const process: Process = { pipeline, changes: [], states: [] };
  pipeline.onChanges((changes) => process.changes.push(...changes));
  pipeline.onState((state) => process.states.push(state));
  await pipeline.start();
  closes.push(() => pipeline.stop());
  return process;
}

const event = (id: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      eventTime: '2026-01-01T00:00:00Z',
      eventType: 'COMPLETE',
      producer: 'test',
      run: { runId: `00000000-0000-4000-8000-${id.padStart(12, '0')}` },
      job: { namespace: 'n', name: `job ${id}` },
      outputs: [{ namespace: 'n', name: `out ${id}` }],
    }),
  );

async function accepted(process: Process, id: string): Promise<number> {
  const outcome = await process.pipeline.accept(event(id), LOCAL_VIEWER);
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.position;
}

describe('several processes', () => {
  it('wait for what another accepted and a third applied, and hear its changes, once and in order', async () => {
    const [one, two, worker] = [await start(false), await start(false), await start(true)];
    const early = one.changes.length;
    const positions: number[] = [];
    for (let i = 1; i <= 20; i++) positions.push(await accepted(i % 2 === 0 ? one : two, String(i)));
    expect(positions).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    for (const { pipeline } of [one, two, worker])
      expect(await pipeline.waitFor(20, 20_000)).toEqual({ reached: true, applied: 20 });
    expect(early).toBe(0);
    const feed = await store
      .reader(LOCAL_VIEWER)
      .changes({ kinds: null, subjects: null, since: null, breaking: null, first: 10_000, after: null });
    expect(feed.items.length).toBeGreaterThan(40);
    for (const { changes } of [one, two, worker]) {
      await expect.poll(() => changes.length, WAIT).toBe(feed.items.length);
      expect(changes).toEqual(feed.items);
    }
    // Who comes later hears what comes later.
    const late = await start(false);
    await accepted(late, '21');
    expect(await late.pipeline.waitFor(21, 20_000)).toMatchObject({ reached: true });
    await expect.poll(() => late.changes.length, WAIT).toBeGreaterThan(0);
    expect(late.changes[0]?.sequence).toBe((feed.items.at(-1)?.sequence ?? 0) + 1);
  });

  it('let events wait where none applies, and are told when one does', async () => {
    const one = await start(false);
    await accepted(one, '1');
    expect(await one.pipeline.waitFor(1, 300)).toEqual({ reached: false, applied: 0 });
    const waiting = one.pipeline.waitFor(1, 20_000);
    await start(true);
    expect(await waiting).toEqual({ reached: true, applied: 1 });
  });
});

describe('Redis', () => {
  it('away: said once, nothing taken, nothing lost, and on by itself when it is back', async () => {
    const [one, worker] = [await start(false), await start(true)];
    for (let i = 1; i <= 10; i++) await accepted(one, String(i));
    await ownRedisServer('crash');
    await expect
      .poll(() => [one, worker].map(({ pipeline }) => pipeline.status().state), WAIT)
      .toEqual(['retrying', 'retrying']);
    expect(one.pipeline.status().reason).toMatch(/Redis at 127.0.0.1/);
    expect(await one.pipeline.accept(event('11'), LOCAL_VIEWER)).toMatchObject({ kind: 'unavailable' });
    await ownRedisServer('start');
    await expect
      .poll(() => [one, worker].map(({ pipeline }) => pipeline.status().state), WAIT)
      .toEqual(['running', 'running']);
    for (const { states } of [one, worker]) {
      // Another reason while Redis is away (closed, then refused) is news as well; the same one is told once.
      expect(states.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1])).toEqual(TROUBLE);
      const reasons = states.map(({ reason }) => reason);
      expect(reasons.filter((reason, i) => reason !== reasons[i - 1])).toEqual(reasons);
    }
    expect(await accepted(one, '10')).toBe(10);
    expect(await accepted(one, '11')).toBe(11);
    expect(await worker.pipeline.waitFor(11, 20_000)).toMatchObject({ reached: true });
    await expect.poll(() => one.changes.at(-1)?.sequence, WAIT).toBe(worker.changes.at(-1)?.sequence);
  });

  it('full: refuses what is new and keeps what was accepted; goes on once there is room', async () => {
    const [one, worker] = [await start(false), await start(true)];
    await accepted(one, '1');
    await admin((redis) => redis.config('SET', 'maxmemory', '1mb'));
    const outcome = await one.pipeline.accept(event('2'), LOCAL_VIEWER);
    expect(outcome).toMatchObject({ kind: 'unavailable' });
    expect(await worker.pipeline.waitFor(1, 20_000)).toMatchObject({ reached: true });
    await admin((redis) => redis.config('SET', 'maxmemory', '0'));
    expect(await accepted(one, '2')).toBe(2);
    expect(await worker.pipeline.waitFor(2, 20_000)).toMatchObject({ reached: true });
  });

  it('slow: everything takes longer, and nothing goes wrong', async () => {
    const proxy = await SlowProxy.start(new URL(url));
    closes.push(() => proxy.stop());
    const through = `redis://127.0.0.1:${proxy.port}`;
    const [one, worker] = [await start(false, through), await start(true, through)];
    proxy.delayMs = 300;
    const positions = await Promise.all(Array.from({ length: 30 }, (_, i) => accepted(one, String(i + 1))));
    expect([...positions].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(await worker.pipeline.waitFor(30, 20_000)).toMatchObject({ reached: true });
    expect(await one.pipeline.waitFor(30, 20_000)).toMatchObject({ reached: true });
    proxy.delayMs = 0;
    for (const { states } of [one, worker]) expect(states.map(({ state }) => state)).toEqual(['running']);
  });

  it('empty again: says that it lost events and takes none, for their positions would be given out twice', async () => {
    const [one, worker] = [await start(false), await start(true)];
    for (let i = 1; i <= 3; i++) await accepted(one, String(i));
    expect(await worker.pipeline.waitFor(3, 20_000)).toMatchObject({ reached: true });
    await admin((redis) => redis.flushall());
    await expect
      .poll(() => [one, worker].map(({ pipeline }) => pipeline.status().state), WAIT)
      .toEqual(['retrying', 'retrying']);
    expect(worker.pipeline.status().reason).toMatch(/don't belong together/);
    expect(await one.pipeline.accept(event('4'), LOCAL_VIEWER)).toMatchObject({ kind: 'unavailable' });
    await expect(start(true)).rejects.toThrow(/don't belong together/);
  });
});
