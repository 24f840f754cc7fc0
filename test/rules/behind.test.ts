/** What arrived while nobody applied it: no deadline was missed by what lies in the log in time. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { SqliteGraphStore } from '#graph';
import type { Change } from '#lineage';
import { createPipeline, type Pipeline } from '#pipeline';
import { SqliteEventLog } from '#queue';
import { temporaryFolder } from '../harness.ts';
import { HOUR, MINUTE, T0 } from './rule-world.ts';

const PRODUCER = 'https://example.com/behind';

/** A dataset that reaches as far as `at`, and says so then. */
function told(name: string, at: number): { hash: string; body: string; receivedAt: number } {
  const facet = { _producer: PRODUCER, _schemaURL: 'https://example.com/facet.json' };
  const body = JSON.stringify({
    eventTime: new Date(at).toISOString(),
    producer: PRODUCER,
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
    dataset: {
      namespace: 'db',
      name,
      facets: {
        headwater_freshness: { ...facet, watermark: new Date(at).toISOString(), maxAge: { fail: '1h' } },
      },
    },
  });
  return { hash: createHash('sha256').update(body).digest('hex'), body, receivedAt: at };
}

interface Behind {
  now: number;
  readonly store: SqliteGraphStore;
  readonly log: SqliteEventLog;
  /** What was told of freshness: kind, dataset, hours after T0. */
  told(): readonly string[];
  start(): Promise<Pipeline>;
}

/** A log and a graph, and pipelines from one to the other with batches that are small beside what waits. */
async function behind(work: (parts: Behind) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  const log = await SqliteEventLog.open({ directory: folder });
  const store = await SqliteGraphStore.open(folder, { now: () => parts.now });
  const changes: Change[] = [];
  const started: Pipeline[] = [];
  const parts: Behind = {
    now: T0,
    store,
    log,
    told: () =>
      changes
        .filter(({ kind }) => kind.startsWith('freshness.'))
        .map(({ kind, subject, at }) => `${kind} ${subject} ${(at - T0) / HOUR} h`),
    async start() {
      const pipeline = createPipeline({ log, store, clock: { now: () => parts.now }, limits: { applyEvents: 1 } });
      started.push(pipeline);
      pipeline.onChanges((some) => changes.push(...some));
      await pipeline.start();
      return pipeline;
    },
  };
  try {
    await work(parts);
  } finally {
    for (const pipeline of started) await pipeline.stop();
    await store.close();
    await log.close();
  }
}

it('a graph that is behind misses no deadline that was met, and finds those that were not', () =>
  behind(async (parts) => {
    // Every ten minutes for six hours one table was told to be up to date, the other once.
    const times = Array.from({ length: 37 }, (_, n) => T0 + n * 10 * MINUTE);
    await parts.log.append([told('left', T0), ...times.map((at) => told('fresh', at))]);
    parts.now = T0 + 6 * HOUR + MINUTE;
    const pipeline = await parts.start();
    await pipeline.waitFor(pipeline.status().head, 20_000);
    await expect.poll(parts.told, { timeout: 10_000 }).toEqual(['freshness.failed dataset:db:left 1 h']);
    parts.now = T0 + 8 * HOUR;
    await expect
      .poll(() => parts.told().slice(1), { timeout: 10_000 })
      .toEqual(['freshness.failed dataset:db:fresh 7 h']);
  }));

it('for a graph that stands still, time does', () =>
  behind(async (parts) => {
    const { log, store } = parts;
    await log.append([told('fresh', T0)]);
    const before = await parts.start();
    await before.waitFor(1, 20_000);
    await before.stop();

    parts.now = T0 + 2 * HOUR;
    await log.append([told('fresh', T0 + 90 * MINUTE)]);
    const apply = store.apply.bind(store);
    let goOn = (): void => undefined;
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.apply = async (...asked) => {
      await waits;
      return apply(...asked);
    };
    const pipeline = await parts.start();
    // Time is looked at twice a second.
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    const meanwhile = parts.told();
    goOn();
    expect(meanwhile).toEqual([]);
    await pipeline.waitFor(2, 20_000);
    parts.now = T0 + 3 * HOUR;
    await expect.poll(parts.told, { timeout: 10_000 }).toEqual(['freshness.failed dataset:db:fresh 2.5 h']);
  }));
