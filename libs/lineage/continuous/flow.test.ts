import { describe, expect, it } from 'vitest';
import type { ProgressStatement, RunEventType } from '../delta.ts';
import type { Flow } from '../read-model.ts';
import { flowOf, nextFlowDeadline } from './flow.ts';
import { DEFAULT_FLOW_LIMITS, type FlowLimits } from './flow-limits.ts';
import type { FlowObservation } from './flow-observation.ts';
import { type FlowRow, observe } from './flow-row.ts';

const T0 = Date.UTC(2026, 0, 1, 10);
const at = (seconds: number): number => T0 + seconds * 1000;
const ORDERS = { namespace: 'kafka://b:9092', name: 'orders' };
const NOTHING: ProgressStatement = {
  inputs: [],
  recordsPerSecond: null,
  watermark: null,
  checkpoints: null,
  stopped: false,
};

/** [position, end] of orders/0, orders/1, … */
const reads = (
  ...partitions: readonly (readonly [position: number | null, end: number | null])[]
): ProgressStatement => ({
  ...NOTHING,
  inputs: partitions.map(([position, endPosition], i) => ({
    dataset: ORDERS,
    partition: String(i),
    position,
    endPosition,
    watermark: null,
  })),
});
const checkpoints = (completed: number, failed: number, restored: number): ProgressStatement => ({
  ...NOTHING,
  checkpoints: { completed, failed, restored },
});

const seen = (
  seconds: number,
  progress: ProgressStatement | null = null,
  eventType: RunEventType | null = 'RUNNING',
  runId = 'run-1',
): FlowObservation => ({ t: at(seconds), runId, eventType, progress });

function rowOf(...observations: readonly FlowObservation[]): FlowRow {
  const row = observations.reduce<FlowRow | null>(observe, null);
  if (row === null) throw new Error('no observations');
  return row;
}
const flow = (row: FlowRow, seconds: number, limits: FlowLimits = DEFAULT_FLOW_LIMITS): Flow =>
  flowOf(row, at(seconds), limits);
const brief = ({ state, since }: Flow): string => `${state} ${(since - T0) / 1000}`;
const deadline = (row: FlowRow, seconds: number): number | null => {
  const next = nextFlowDeadline(row, at(seconds), DEFAULT_FLOW_LIMITS);
  return next === null ? null : (next - T0) / 1000;
};

describe('flow from bare observations', () => {
  const eachMinute = rowOf(seen(0), seen(60), seen(120));

  it('FLOWING while it is heard of, SILENT after three usual intervals', () => {
    expect(flow(eachMinute, 299)).toMatchObject({ state: 'FLOWING', since: at(0), usualInterval: 60 });
    expect(deadline(eachMinute, 299)).toBe(300);
    expect(flow(eachMinute, 300)).toMatchObject({
      state: 'SILENT',
      since: at(120),
      reason:
        'Nothing was heard since 2026-01-01T10:02:00.000Z; it usually speaks every 60 s, and silence counts after 3 min.',
    });
    expect(deadline(eachMinute, 300)).toBe(null);
  });

  it('SILENT by the declared interval where there is one', () => {
    const row = observe(eachMinute, { ...seen(121), windowSeconds: 600 });
    expect(flow(row, 1900).state).toBe('FLOWING');
    expect(flow(row, 1921)).toMatchObject({ state: 'SILENT', usualInterval: 600 });
  });

  it('FLOWING again since the word that ended the silence', () => {
    expect(brief(flow(rowOf(seen(0), seen(60), seen(120), seen(180), seen(3000), seen(3060)), 3061))).toBe(
      'FLOWING 3000',
    );
  });

  it('UNKNOWN after an hour where one word is all there is, and where there was only a declaration', () => {
    const once = rowOf(seen(0, null, 'START'));
    expect(brief(flow(once, 3599))).toBe('FLOWING 0');
    expect(deadline(once, 3599)).toBe(3600);
    expect(flow(once, 3600)).toMatchObject({ state: 'UNKNOWN', since: at(3600), usualInterval: null });
    const declared = rowOf({ t: at(0), runId: null, eventType: null, progress: null });
    expect(flow(declared, 1)).toMatchObject({ state: 'UNKNOWN', lastSeen: at(0), inputs: [] });
    expect(deadline(declared, 1)).toBe(null);
  });

  it('SILENT after two words and an hour: two are too few to call their gap usual', () => {
    const twice = rowOf(seen(0), seen(5));
    expect(flow(twice, 3604)).toMatchObject({ state: 'FLOWING', usualInterval: null });
    expect(flow(twice, 3605).reason).toContain('its 2 words were 5 s apart');
  });

  it('is not silent before a future-dated word', () => {
    expect(flow(rowOf(seen(500), seen(560), seen(620)), 0).state).toBe('FLOWING');
  });
});

describe('the end of a job', () => {
  it('STOPPED when its run says so, whatever else it says before', () => {
    const row = rowOf(
      seen(0),
      seen(60),
      seen(120, { ...reads([0, 900_000]), recordsPerSecond: 5 }),
      seen(130, null, 'ABORT'),
    );
    expect(flow(row, 130)).toMatchObject({
      state: 'STOPPED',
      since: at(130),
      reason: 'Run run-1 said ABORT at 2026-01-01T10:02:10.000Z, and no run has spoken since.',
      throughput: null,
    });
    expect(flow(row, 1e6).state).toBe('STOPPED');
    expect(deadline(row, 131)).toBe(null);
  });

  it('STOPPED when its source says that it is gone', () => {
    const row = rowOf(seen(0), seen(60), seen(120), seen(180, { ...NOTHING, stopped: true }));
    expect(flow(row, 181)).toMatchObject({ state: 'STOPPED', reason: expect.stringContaining('gone') });
  });

  it('no stop: a restart under a new run id, even in the millisecond of the old one’s end, or told out of order', () => {
    const history = [seen(0), seen(60), seen(120), seen(130, null, 'FAIL'), seen(150, null, 'START', 'run-2')];
    expect(flow(rowOf(...history), 151).state).toBe('FLOWING');
    expect(flow(rowOf(...[...history].reverse()), 151).state).toBe('FLOWING');
    const atOnce = rowOf(seen(0), seen(60), seen(120, null, 'FAIL'), seen(120, null, 'START', 'a-run'));
    expect(flow(atOnce, 121).state).toBe('FLOWING');
    expect(flow(atOnce, 1e6).state).toBe('SILENT');
  });

  it('no stop: one pod of two ends; but a run that died without a word doesn’t keep the job alive for ever', () => {
    const row = rowOf(seen(0), seen(60), seen(120), seen(121, null, 'RUNNING', 'run-2'), seen(125, null, 'COMPLETE'));
    expect(flow(row, 126).state).toBe('FLOWING');
    expect(deadline(row, 126)).toBe(301);
    expect(brief(flow(row, 301))).toBe('STOPPED 301');
  });

  it('no stop: a bridge reports the job as COMPLETE each minute, under one run id or under ever new ones', () => {
    for (const runId of [() => 'run-1', (i: number) => `run-${i}`]) {
      const completes = [0, 1, 2, 3].map((i) => seen(i * 60, null, 'COMPLETE', runId(i)));
      expect(flow(rowOf(...completes.slice(0, 1)), 1).state).toBe('STOPPED');
      expect(flow(rowOf(...completes.slice(0, 2)), 61).state).toBe('FLOWING');
      expect(flow(rowOf(...completes), 359).state).toBe('FLOWING');
      expect(flow(rowOf(...completes), 360).state).toBe('SILENT');
    }
    const withStart = [0, 1, 2].flatMap((i) => [
      seen(i * 60, null, 'START', `run-${i}`),
      seen(i * 60 + 2, null, 'COMPLETE', `run-${i}`),
    ]);
    expect(flow(rowOf(...withStart), 125).state).toBe('FLOWING');
  });

  it('STOPPED all the same: two tellers say COMPLETE at once, pods go down one after the other, or it is FAIL', () => {
    const twoTellers = rowOf(seen(0), seen(60), seen(120), seen(130, null, 'COMPLETE'), seen(131, null, 'COMPLETE'));
    expect(flow(twoTellers, 132).state).toBe('STOPPED');
    const pods = rowOf(
      ...[0, 60, 120].flatMap((t) => [seen(t, null, 'RUNNING', 'a'), seen(t + 1, null, 'RUNNING', 'b')]),
      seen(130, null, 'COMPLETE', 'a'),
      seen(190, null, 'COMPLETE', 'b'),
    );
    expect(flow(pods, 191).state).toBe('STOPPED');
    const fails = [0, 1, 2].map((i) => seen(i * 60, null, 'FAIL', `run-${i}`));
    expect(flow(rowOf(...fails), 121).state).toBe('STOPPED');
    const bridge = [0, 1, 2].map((i) => seen(i * 60, null, 'COMPLETE'));
    expect(flow(rowOf(...bridge, seen(180, null, 'ABORT')), 181).state).toBe('STOPPED');
  });
});

describe('flow from positions', () => {
  it('FLOWING while positions move, though it is at the end at each look', () => {
    const row = rowOf(seen(0, reads([100, 100])), seen(60, reads([160, 160])), seen(120, reads([220, 220])));
    expect(flow(row, 121)).toMatchObject({
      state: 'FLOWING',
      lag: 0,
      lagSeconds: 0,
      throughput: 1,
      reason: '1 records a second; 0 records behind over 1 partition; last heard of at 2026-01-01T10:02:00.000Z.',
    });
    expect(flow(row, 121).inputs).toEqual([
      {
        dataset: 'dataset:kafka://b:9092:orders',
        partition: '0',
        position: 220,
        endPosition: 220,
        lag: 0,
        watermark: null,
        at: at(120),
      },
    ]);
  });

  it('IDLE at the end of its input when nothing came since the last look, and at the first look', () => {
    expect(flow(rowOf(seen(0, reads([100, 100]))), 1).state).toBe('IDLE');
    const row = rowOf(seen(0, reads([100, 100])), seen(60, reads([160, 160])), seen(120, reads([160, 160])));
    expect(flow(row, 121)).toMatchObject({
      state: 'IDLE',
      since: at(60),
      reason: 'It is at the end of 1 partition and nothing new came since 2026-01-01T10:01:00.000Z.',
    });
  });

  it('IDLE one short of the end of a transactional topic, where the last offset is a marker', () => {
    const row = rowOf(...[0, 60, 120, 180, 1200].map((t) => seen(t, reads([100, 101]))));
    expect(flow(row, 1201)).toMatchObject({ state: 'IDLE', lag: 1, lagSeconds: 0 });
  });

  it('FLOWING, not IDLE, when it says that it handles records; IDLE when it says 0 and nothing else', () => {
    expect(flow(rowOf(seen(0, { ...reads([9, 9]), recordsPerSecond: 12.5 })), 1)).toMatchObject({
      state: 'FLOWING',
      throughput: 12.5,
    });
    expect(flow(rowOf(seen(0, { ...NOTHING, recordsPerSecond: 0 })), 1).state).toBe('IDLE');
  });

  it('LAGGING beyond its limit of records, and not at it', () => {
    const limits = { ...DEFAULT_FLOW_LIMITS, records: 10 };
    const row = rowOf(seen(0, reads([100, 105], [100, 105])), seen(60, reads([110, 116], [110, 115])));
    expect(flow(rowOf(seen(0, reads([100, 105], [100, 105]))), 1, limits).state).toBe('FLOWING');
    expect(flow(row, 61, limits)).toMatchObject({
      state: 'LAGGING',
      since: at(60),
      lag: 11,
      reason: 'It is 11 records behind (limit 10), over 2 partitions.',
    });
    expect(flow(row, 61, { ...limits, records: null }).state).toBe('FLOWING');
  });

  it('LAGGING beyond its limit of seconds: the age of what it reads, from where the input ended when', () => {
    const looks = [
      seen(0, reads([90, 100])),
      seen(60, reads([100, 160])),
      seen(120, reads([110, 220])),
      seen(180, reads([130, 280])),
    ];
    expect(flow(rowOf(...looks), 181)).toMatchObject({ state: 'FLOWING', lagSeconds: 150 });
    const limits = { ...DEFAULT_FLOW_LIMITS, seconds: 100 };
    expect(flow(rowOf(...looks), 181, limits)).toMatchObject({
      state: 'LAGGING',
      // 110 was the end at 0:10, so at 2:00 it was 110 s behind; at 1:00, 60 s.
      since: at(120),
      reason: 'It is 2 min 30 s behind (limit 100 s), over 1 partition.',
    });
  });

  it('LAGGING by at least what is kept, where its positions are older than that', () => {
    const row = rowOf(...Array.from({ length: 30 }, (_, i) => seen(i * 60, reads([i * 10, 100 + i * 100]))));
    // Kept: each minute from 24 on, then minutes 19 and 9, where the input ended at 1,000.
    expect(flow(row, 1741)).toMatchObject({
      state: 'LAGGING',
      lagSeconds: null,
      reason: 'It is at least 20 min behind (limit 5 min), over 1 partition.',
    });
  });

  it('LAGGING by its watermark where it tells no positions, but not when it says that it reads nothing', () => {
    const late = { ...NOTHING, watermark: at(-400) };
    expect(flow(rowOf(seen(0, late)), 1)).toMatchObject({ state: 'LAGGING', lagSeconds: 400, watermark: at(-400) });
    expect(flow(rowOf(seen(0, { ...late, recordsPerSecond: 0 })), 1).state).toBe('IDLE');
  });

  it('STALLED when input grows before a position that stands', () => {
    const looks = [
      seen(0, reads([100, 100], [50, 50])),
      seen(60, reads([100, 150], [80, 80])),
      seen(120, reads([100, 200], [110, 110])),
    ];
    expect(flow(rowOf(...looks.slice(0, 2)), 61).state).toBe('FLOWING');
    expect(flow(rowOf(...looks), 121)).toMatchObject({
      state: 'STALLED',
      since: at(0),
      lag: 100,
      reason: 'orders/0 stands at 100 since 2026-01-01T10:00:00.000Z while 100 records came in: 1 of 2 partitions.',
    });
    expect(flow(rowOf(...looks, seen(180, reads([260, 260], [140, 140]))), 181).state).toBe('FLOWING');
  });

  it('no stall: input that doesn’t grow, and the first record after hours at the end', () => {
    const behind = rowOf(...[0, 60, 120, 180].map((t) => seen(t, reads([100, 110]))));
    expect(flow(behind, 181).state).toBe('FLOWING');
    const asleep = [0, 60, 120, 7200].map((t) => seen(t, reads([100, 100])));
    expect(flow(rowOf(...asleep, seen(7260, reads([100, 130]))), 7261).state).toBe('FLOWING');
  });

  it('no stall: a rebalance of half a minute, looked at every ten seconds', () => {
    const moving = [0, 10, 20, 30].map((t) => seen(t, reads([t * 10, t * 10])));
    const rebalance = [40, 50, 60].map((t) => seen(t, reads([300, t * 10])));
    expect(flow(rowOf(...moving, ...rebalance), 61).state).toBe('FLOWING');
    const on = [70, 80, 90, 100].map((t) => seen(t, reads([300, t * 10])));
    expect(flow(rowOf(...moving, ...rebalance, ...on), 101)).toMatchObject({ state: 'STALLED', since: at(30) });
  });

  it('no stall: offsets that are committed every five minutes, looked at every half', () => {
    const looks = Array.from({ length: 40 }, (_, i) => {
      const t = i * 30;
      return seen(t, reads([Math.floor(t / 300) * 300, t]));
    });
    for (let i = 25; i <= looks.length; i++) {
      expect(flow(rowOf(...looks.slice(0, i)), (i - 1) * 30 + 1).state).toBe('FLOWING');
    }
  });

  it('STALLED also below a position it had before: after a rewind, from the kept points', () => {
    const looks = [
      seen(0, reads([1000, 1000])),
      seen(60, reads([10, 1060])),
      seen(120, reads([10, 1120])),
      seen(180, reads([10, 1180])),
    ];
    expect(flow(rowOf(...looks), 181)).toMatchObject({ state: 'STALLED', since: at(60) });
    expect(flow(rowOf(...looks.slice(0, 3), seen(180, reads([500, 1180]))), 181).state).toBe('FLOWING');
  });

  it('doesn’t date a standstill after a rewind where it kept too few points to do so', () => {
    const partitions = 2100;
    const look = (t: number, position: number): FlowObservation =>
      seen(t, reads(...Array.from({ length: partitions }, () => [position, 1000 + t] as const)));
    const row = rowOf(look(0, 1000), look(60, 10), look(120, 10), look(180, 10));
    expect(row.partitions[0]?.points.length).toBe(1);
    expect(flow(row, 181, { ...DEFAULT_FLOW_LIMITS, records: null }).state).toBe('FLOWING');
  });

  it('takes Kafka’s -1 for no position', () => {
    expect(flow(rowOf(seen(0, reads([-1, 100]))), 1)).toMatchObject({ lag: null, inputs: [{ position: null }] });
  });

  it('forgets a partition that is no longer told of, and progress that nobody tells any more', () => {
    const row = rowOf(seen(0, reads([0, 900_000])), ...[60, 120, 2000].map((t) => seen(t, reads())));
    expect(flow(row, 2001)).toMatchObject({ state: 'FLOWING', lag: null, inputs: [] });
    const moved = rowOf(
      seen(0, { ...reads([0, 900_000]) }),
      ...[1000, 1060, 1120].map((t) =>
        seen(t, {
          ...NOTHING,
          inputs: [{ dataset: ORDERS, partition: '7', position: t, endPosition: t, watermark: null }],
        }),
      ),
    );
    expect(flow(moved, 1121)).toMatchObject({ state: 'FLOWING', lag: 0, inputs: [{ partition: '7' }] });
  });

  it('adds up what several live runs say of their pace, and takes the least watermark', () => {
    const pace = (recordsPerSecond: number, watermark: number) => ({ ...NOTHING, recordsPerSecond, watermark });
    const row = rowOf(
      seen(0, pace(99, at(0)), 'COMPLETE', 'old'),
      ...[0, 60, 120].flatMap((t) => [
        seen(t + 1, pace(10, at(t - 5)), 'RUNNING', 'a'),
        seen(t + 2, pace(5, at(t - 9)), 'RUNNING', 'b'),
      ]),
    );
    expect(flow(row, 123)).toMatchObject({ state: 'FLOWING', throughput: 15, watermark: at(111) });
  });
});

describe('flow from checkpoints', () => {
  it('FLOWING while they complete, or while one fails or one restart comes between', () => {
    const row = rowOf(
      seen(0, checkpoints(1, 0, 0)),
      seen(10, checkpoints(2, 1, 0)),
      seen(20, checkpoints(2, 2, 1)),
      seen(30, checkpoints(3, 2, 1)),
    );
    expect(flow(row, 31).reason).toBe('3 checkpoints completed, 2 failed; last heard of at 2026-01-01T10:00:30.000Z.');
    expect(flow(rowOf(seen(0, checkpoints(2, 1, 0)), seen(10, checkpoints(2, 2, 1))), 11).state).toBe('FLOWING');
  });

  it('STALLED when they stand while failures climb; counters of an earlier run don’t count', () => {
    const loop = [seen(0, checkpoints(4, 1, 0)), seen(10, checkpoints(4, 2, 1)), seen(20, checkpoints(4, 3, 2))];
    expect(brief(flow(rowOf(...loop), 21))).toBe('STALLED 0');
    const next = seen(30, checkpoints(4, 4, 3), 'RUNNING', 'run-2');
    expect(flow(rowOf(...loop, next), 31).state).toBe('FLOWING');
  });

  it('SILENT, and it says that it was stalled by then', () => {
    const loop = [0, 10, 20, 30].map((t, i) => seen(t, checkpoints(4, i, i)));
    expect(flow(rowOf(...loop), 60)).toMatchObject({
      state: 'SILENT',
      reason: expect.stringContaining('STALLED by then'),
    });
  });
});

describe('deadlines', () => {
  it('the state changes at none but the announced instants', () => {
    const rows = [
      rowOf(seen(0), seen(7), seen(14)),
      rowOf(seen(0)),
      rowOf(seen(0), seen(30)),
      rowOf(seen(0), seen(60), seen(120), seen(121, null, 'RUNNING', 'b'), seen(125, null, 'COMPLETE')),
      rowOf(...[0, 60, 120].map((t) => seen(t, null, 'COMPLETE'))),
      rowOf(...[0, 60, 120].map((t) => seen(t, reads([5, t + 5])))),
    ];
    for (const row of rows) {
      let now = row.heard;
      const first = nextFlowDeadline(row, now, DEFAULT_FLOW_LIMITS);
      for (let next = first; next !== null; next = nextFlowDeadline(row, now, DEFAULT_FLOW_LIMITS)) {
        expect(next).toBeGreaterThan(now);
        const state = flowOf(row, now, DEFAULT_FLOW_LIMITS).state;
        expect(flowOf(row, next - 1, DEFAULT_FLOW_LIMITS).state).toBe(state);
        expect(flowOf(row, next, DEFAULT_FLOW_LIMITS).state).not.toBe(state);
        now = next;
      }
      expect(flowOf(row, now + 1e12, DEFAULT_FLOW_LIMITS).state).toBe(flowOf(row, now, DEFAULT_FLOW_LIMITS).state);
    }
  });
});
