/**
 * A stream that stalls, over HTTP: its job is one incident and one webhook, what grows old behind it is folded, and its end is
 * told once. The same on either size.
 *
 * ```
 * kafka orders ──▶ mirror (a stream) ──▶ live ──▶ twelve marts, a batch job each
 *   end       100  200  300  400  500
 *   position  100  200  200  200  200      stands since three minutes: STALLED; live and the marts stay at that time
 * ```
 */
import { afterEach, expect, it } from 'vitest';
import type { TestHub } from '../harness.ts';
import { runEvent, table } from './events.ts';
import { incidentsIn, type RulesHub, type StartHub, sendAll, startRulesHub, untilFolded } from './rules-hub.ts';

const TOPIC = { namespace: 'kafka://broker:9092', name: 'orders' };
const DB = 'postgres://db:5432';
const FACET = { _producer: 'https://example.com/e2e', _schemaURL: 'https://example.com/facet.json' };
const MARTS = Array.from({ length: 12 }, (_, i) => `mart_${i}`);
const MINUTE = 60_000;

const nameOf = (name: string) => `shop.public.${name}`;

function word(at: number, position: number, endPosition: number): object {
  const partitions = [{ partition: '0', position, endPosition }];
  return {
    ...runEvent('mirror', {}, { eventType: 'RUNNING', eventTime: new Date(at).toISOString() }),
    run: {
      runId: '019b76da-a800-7000-9000-000000000001',
      facets: { headwater_progress: { ...FACET, inputs: [{ ...TOPIC, partitions }] } },
    },
    job: {
      namespace: 'shop',
      name: 'mirror',
      facets: { jobType: { ...FACET, processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' } },
    },
    inputs: [TOPIC],
    outputs: [{ namespace: DB, name: nameOf('live') }],
  };
}

const policy = (name: string, seconds: number): object => ({
  eventTime: new Date().toISOString(),
  producer: 'https://example.com/e2e',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: DB,
    name: nameOf(name),
    facets: { headwater_freshness: { ...FACET, maxAge: { fail: `${seconds}s` } } },
  },
});

let runs = 0;
/** Each mart is built from the table of the stream, at this time. */
const builds = (at: number): readonly object[] =>
  MARTS.map((mart, i) => ({
    ...runEvent(`build_${i}`, { reads: ['live'], writes: [mart] }, { eventTime: new Date(at).toISOString() }),
    run: { runId: `019b76da-a800-7000-9001-${String(++runs).padStart(12, '0')}` },
  }));

/** @param lateAfter seconds: all of the story's events are to be applied by then */
export function stalledStreamStory(size: string, lateAfter: number, startHub: StartHub): void {
  let open: RulesHub | null = null;
  afterEach(async () => {
    await open?.close();
    open = null;
  });

  it(`a stream that stalls is one webhook, its end another; twelve tables behind it are folded: ${size}`, {
    timeout: 180_000,
  }, async () => {
    const { hub, receiver } = await begun();
    const now = Date.now();
    const stood = now - 3 * MINUTE;
    const behind = ['live', ...MARTS];
    await sendAll(hub, [
      ...behind.map((name) => policy(name, 180 + lateAfter)),
      word(stood - MINUTE, 100, 100),
      word(stood, 200, 200),
      ...builds(stood + 1_000),
      ...[1, 2, 3].map((n) => word(stood + n * MINUTE, 200, 200 + 100 * n)),
    ]);
    await receiver.wait(1);
    expect(receiver.received[0]).toMatchObject({
      type: 'job.stalled',
      data: {
        rule: 'late',
        subject: 'job:shop:mirror',
        hit: behind.map(table).sort(),
        why: expect.stringContaining('late fired'),
      },
    });
    await untilFolded(hub, behind.map(table));
    // Time for the others to be told, were they.
    await pause();
    expect(receiver.received.length).toBe(1);

    const again = Date.now();
    await sendAll(hub, [word(again, 600, 600), ...builds(again + 1)]);
    await receiver.wait(2);
    await pause();
    const [stalled, over] = receiver.received;
    expect(over).toMatchObject({ type: 'incident.resolved', data: { rule: 'over', subject: 'job:shop:mirror' } });
    expect(over?.data.incident).toBe(stalled?.data.incident);
    expect(receiver.received.length).toBe(2);
    expect(receiver.refused).toEqual([]);
    expect(await incidentsIn(hub)).toEqual([
      { id: stalled?.data.incident, state: 'RESOLVED', folded: behind.map(table).sort() },
    ]);
  });

  async function begun(): Promise<{ readonly hub: TestHub; readonly receiver: RulesHub['receiver'] }> {
    open = await startRulesHub(startHub);
    return open;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_500));
