/**
 * What real Flink jobs sent (Flink 2.2.1, openlineage-flink 1.53; times and counters as recorded, the rest left out),
 * played up to each word and beyond the last one.
 */
import { describe, expect, it } from 'vitest';
import type { RunEventType } from '../delta.ts';
import { flowOf, nextFlowDeadline } from './flow.ts';
import { type FlowMemory, flowChange, rememberFlow } from './flow-changes.ts';
import { DEFAULT_FLOW_LIMITS } from './flow-limits.ts';
import { type FlowRow, observe } from './flow-row.ts';

type Told = readonly [
  time: string,
  type: RunEventType,
  counters?: readonly [completed: number, failed: number, restored: number],
];

const instant = (time: string): number => Date.parse(`2026-11-20T${time}Z`);

/** Plays a recording with its deadlines, as a store would: 'time kind' for each change. */
function play(
  recording: readonly Told[],
  until: string,
): { readonly row: FlowRow; readonly changes: readonly string[] } {
  let row: FlowRow | null = null;
  let memory: FlowMemory | null = null;
  let now = 0;
  const changes: string[] = [];
  const look = (at: number): void => {
    if (row === null) return;
    now = at;
    const flow = flowOf(row, now, DEFAULT_FLOW_LIMITS);
    const change = flowChange('job', memory, flow);
    if (change !== null) changes.push(`${new Date(now).toISOString().slice(11, 19)} ${change.kind}`);
    memory = rememberFlow(memory, flow);
  };
  const wait = (to: number): void => {
    for (;;) {
      const next = row === null ? null : nextFlowDeadline(row, now, DEFAULT_FLOW_LIMITS);
      if (next === null || next > to) return;
      look(next);
    }
  };
  for (const [time, eventType, counters] of recording) {
    const t = instant(time);
    wait(t);
    const [completed = 0, failed = 0, restored = 0] = counters ?? [];
    row = observe(row, {
      t,
      runId: '01a1fb01-b182-7952-b8e6-35792a3e3b4f',
      eventType,
      progress:
        counters === undefined
          ? null
          : {
              inputs: [],
              recordsPerSecond: null,
              watermark: null,
              checkpoints: { completed, failed, restored },
              stopped: false,
            },
    });
    look(t);
  }
  wait(instant(until));
  if (row === null) throw new Error('an empty recording');
  return { row, changes };
}

const CRASH_LOOP: readonly Told[] = [
  ['22:09:16.782', 'START'],
  ['22:09:21.962', 'RUNNING', [1, 1, 0]],
  ['22:09:26.992', 'RUNNING', [2, 1, 0]],
  ['22:09:32.024', 'RUNNING', [4, 1, 0]],
  ['22:09:37.056', 'RUNNING', [4, 2, 2]],
  ['22:09:42.171', 'RUNNING', [4, 3, 3]],
  ['22:09:47.209', 'RUNNING', [4, 4, 4]],
  ['22:10:19.866', 'ABORT'],
];
/** The default listener: after the cancel nothing came. */
const DEFAULT_LISTENER_CANCEL: readonly Told[] = [
  ['22:02:13.368', 'START'],
  ['22:02:22.297', 'RUNNING', [3, 2, 0]],
  ['22:02:27.344', 'RUNNING', [5, 2, 0]],
  ['22:02:32.375', 'RUNNING', [8, 2, 0]],
  ['22:02:37.405', 'RUNNING', [10, 2, 0]],
  ['22:02:42.429', 'RUNNING', [13, 2, 0]],
  ['22:02:47.453', 'RUNNING', [15, 2, 0]],
  ['22:02:52.480', 'RUNNING', [18, 2, 0]],
  ['22:02:57.498', 'RUNNING', [20, 2, 0]],
  ['22:03:02.517', 'RUNNING', [23, 2, 0]],
  ['22:03:07.530', 'RUNNING', [25, 2, 0]],
  ['22:03:12.552', 'RUNNING', [28, 2, 0]],
  ['22:03:17.579', 'RUNNING', [30, 2, 0]],
  ['22:03:22.590', 'RUNNING', [33, 2, 0]],
  ['22:03:27.606', 'RUNNING', [35, 2, 0]],
  ['22:03:32.630', 'RUNNING', [38, 2, 0]],
  ['22:03:37.668', 'RUNNING', [40, 2, 0]],
  ['22:03:42.740', 'RUNNING', [43, 2, 0]],
  ['22:03:47.836', 'RUNNING', [45, 2, 0]],
  ['22:03:52.850', 'RUNNING', [48, 2, 0]],
  ['22:03:57.872', 'RUNNING', [51, 2, 0]],
];
const EXACTLY_ONCE_STOP_WITH_SAVEPOINT: readonly Told[] = [
  ['22:05:46.805', 'START'],
  ['22:05:52.586', 'RUNNING', [0, 2, 0]],
  ['22:05:57.711', 'RUNNING', [1, 2, 0]],
  ['22:06:02.744', 'RUNNING', [2, 2, 0]],
  ['22:06:07.759', 'RUNNING', [3, 2, 0]],
  ['22:06:12.776', 'RUNNING', [4, 2, 0]],
  ['22:06:15.948', 'COMPLETE'],
];
const FAIL: readonly Told[] = [
  ['22:07:42.100', 'START'],
  ['22:07:48.143', 'RUNNING', [0, 1, 0]],
  ['22:07:49.130', 'FAIL'],
];
const NEVER_READY: readonly Told[] = [
  ['22:04:20.816', 'START'],
  ['22:04:25.941', 'RUNNING', [0, 1, 0]],
  ['22:05:15.281', 'ABORT'],
];
const SQL_JOIN: readonly Told[] = [
  ['22:12:09.104', 'START'],
  ['22:12:14.141', 'RUNNING', [0, 1, 0]],
  ['22:12:19.203', 'RUNNING', [1, 1, 0]],
  ['22:12:24.225', 'RUNNING', [2, 1, 0]],
  ['22:12:29.255', 'RUNNING', [3, 1, 0]],
  ['22:12:34.277', 'RUNNING', [4, 1, 0]],
  ['22:12:39.300', 'RUNNING', [5, 1, 0]],
  ['22:12:41.584', 'ABORT'],
];

describe('recordings of Flink', () => {
  it('a crash loop: stalled at its second restart, silent while it backs off, stopped by the cancel', () => {
    const { row, changes } = play(CRASH_LOOP, '23:00:00');
    expect(changes).toEqual([
      '22:09:16 job.flowing',
      '22:09:42 job.stalled',
      '22:10:02 job.silent',
      '22:10:19 job.stopped',
    ]);
    const looping = play(CRASH_LOOP.slice(0, -1), '22:09:48').row;
    expect(flowOf(looping, instant('22:09:48'), DEFAULT_FLOW_LIMITS)).toMatchObject({
      state: 'STALLED',
      since: instant('22:09:32.024'),
      reason:
        '4 checkpoints completed and none since 2026-11-20T22:09:32.024Z, while failed went from 1 to 4 and restarts from 0 to 4 (15.2 s).',
    });
    expect(flowOf(row, instant('23:00:00'), DEFAULT_FLOW_LIMITS).since).toBe(instant('22:10:19.866'));
  });

  it('a cancel that the default listener doesn’t tell: silent after three intervals of five seconds', () => {
    const { row, changes } = play(DEFAULT_LISTENER_CANCEL, '23:00:00');
    expect(changes).toEqual(['22:02:13 job.flowing', '22:04:12 job.silent']);
    const flow = flowOf(row, instant('23:00:00'), DEFAULT_FLOW_LIMITS);
    expect(flow).toMatchObject({ state: 'SILENT', since: instant('22:03:57.872') });
    expect(flow.usualInterval).toBeCloseTo(5.02, 1);
  });

  it('a stop with a savepoint: two failed checkpoints at the start are no stall, COMPLETE is the stop', () => {
    expect(play(EXACTLY_ONCE_STOP_WITH_SAVEPOINT, '23:00:00').changes).toEqual([
      '22:05:46 job.flowing',
      '22:06:15 job.stopped',
    ]);
  });

  it('a failure', () => {
    const { row, changes } = play(FAIL, '23:00:00');
    expect(changes).toEqual(['22:07:42 job.flowing', '22:07:49 job.stopped']);
    expect(flowOf(row, instant('23:00:00'), DEFAULT_FLOW_LIMITS).reason).toContain(
      'said FAIL at 2026-11-20T22:07:49.130Z',
    );
  });

  it('a job that never got ready: two words are too few for silence, so only its cancel tells', () => {
    expect(play(NEVER_READY, '23:00:00').changes).toEqual(['22:04:20 job.flowing', '22:05:15 job.stopped']);
  });

  it('a SQL join that is cancelled', () => {
    const { row, changes } = play(SQL_JOIN, '23:00:00');
    expect(changes).toEqual(['22:12:09 job.flowing', '22:12:41 job.stopped']);
    expect(flowOf(row, instant('22:12:42'), DEFAULT_FLOW_LIMITS)).toMatchObject({
      lag: null,
      watermark: null,
      inputs: [],
    });
  });

  it('each of them cut off before its end falls silent, and flows again when it speaks again', () => {
    const cut = EXACTLY_ONCE_STOP_WITH_SAVEPOINT.slice(0, -1);
    expect(play([...cut, ['22:07:00.000', 'RUNNING', [5, 2, 0]]], '22:07:01').changes).toEqual([
      '22:05:46 job.flowing',
      '22:06:27 job.silent',
      '22:07:00 job.recovered',
    ]);
  });
});
