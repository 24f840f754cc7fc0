/** SEMANTICS §2: runs. */
import type { Delta, Name, Processing, RunEventType, RunRef } from '../../libs/lineage/delta.ts';
import type { RunState } from '../../libs/lineage/read-model.ts';
import { assetKey, byStamp, grouped, keyOf, least, nameKey, runKey, runOf } from './order.ts';

export interface Run {
  readonly key: string;
  readonly job: Name;
  readonly runId: string;
  /** Its events in order. */
  readonly events: readonly Delta[];
  readonly start: number;
  readonly lastSeen: number;
  /** null: neither its own events nor its job's earlier ones say; then it is read as BATCH. */
  readonly statedProcessing: Processing | null;
  readonly processing: Processing;
  readonly status: 'LIVE' | 'DONE' | 'FAILED' | 'OPEN';
  /** t of the first COMPLETE of a DONE run. */
  readonly done: number | null;
  readonly execution: string;
  readonly state: RunState;
  readonly endedAt: number | null;
  readonly parent: RunRef | null;
  readonly root: RunRef | null;
  readonly nominalStart: number | null;
  readonly nominalEnd: number | null;
  readonly error: string | null;
}

/** A jobType statement as later runs of the job may inherit it. */
interface Stated {
  readonly start: number;
  readonly said: Delta;
  readonly processing: Processing;
}

export const DEFAULT_PROCESSING: Processing = { type: 'BATCH', content: 'ACCUMULATIVE' };

/** By run key. */
export function foldRuns(events: readonly Delta[]): Map<string, Run> {
  const byRun = grouped(
    events.filter((event) => event.kind === 'RUN'),
    (event) => runOf(event) ?? '',
  );
  const stated = statedProcessings(events, byRun);
  const runs = new Map<string, Run>();
  for (const own of byRun.values()) {
    const run = foldRun(own, stated);
    if (run !== null) runs.set(run.key, run);
  }
  return runs;
}

/** By job: runs with a statement of their own, and JobEvents with one. */
function statedProcessings(
  events: readonly Delta[],
  byRun: ReadonlyMap<string, readonly Delta[]>,
): Map<string, Stated[]> {
  const all: Stated[] = [];
  for (const own of byRun.values()) {
    const said = own.findLast((event) => event.run?.processing !== undefined);
    const start = least(own.map((event) => event.stamp.t));
    if (said?.run?.processing !== undefined && start !== null)
      all.push({ start, said, processing: said.run.processing });
  }
  for (const said of events) {
    if (said.declaredProcessing !== null) all.push({ start: said.stamp.t, said, processing: said.declaredProcessing });
  }
  return grouped(all, ({ said }) => (said.job === null ? '' : nameKey(said.job)));
}

function foldRun(events: readonly Delta[], stated: ReadonlyMap<string, readonly Stated[]>): Run | null {
  const first = events[0];
  if (first === undefined || first.job === null || first.run === null) return null;
  const { job } = first;
  const { runId } = first.run;
  const key = runKey(job, runId);
  const times = events.map((event) => event.stamp.t);
  const start = Math.min(...times);

  // jobType: the last of its own events; else that of the job's latest run or JobEvent which began before it.
  const own = events.findLast((event) => event.run?.processing !== undefined)?.run?.processing ?? null;
  const inherited = [...(stated.get(nameKey(job)) ?? [])]
    .filter((statement) => statement.start < start)
    .sort((a, b) => a.start - b.start || byStamp(a.said.stamp, b.said.stamp))
    .at(-1);
  const statedProcessing = own ?? inherited?.processing ?? null;
  const processing = statedProcessing ?? DEFAULT_PROCESSING;
  const live = processing.type !== 'BATCH';

  const terminal = lastTerminal(events);
  const status = live ? 'LIVE' : terminal === null ? 'OPEN' : terminal.type === 'COMPLETE' ? 'DONE' : 'FAILED';
  const completes = events.filter((event) => event.run?.type === 'COMPLETE').map((event) => event.stamp.t);
  // One statement: the start of one and the end of another would be a time that nobody named.
  const nominal = events.findLast(({ run }) => run?.nominalStart !== undefined || run?.nominalEnd !== undefined)?.run;
  const parent = events.find((event) => event.run?.parent !== undefined)?.run?.parent ?? null;
  const state = live ? liveState(events) : batchState(events, terminal?.type ?? null);
  const ended = state === 'COMPLETED' || state === 'FAILED' || state === 'ABORTED';
  return {
    key,
    job,
    runId,
    events,
    start,
    lastSeen: Math.max(...times),
    statedProcessing,
    processing,
    status,
    done: status === 'DONE' ? least(completes) : null,
    // Mapped tasks and retries share their parent's run id: one execution. A continuous run stands alone.
    execution: !live && parent !== null ? keyOf('parent', nameKey(job), parent.runId) : keyOf('run', key),
    state,
    endedAt: ended ? (terminal?.t ?? null) : null,
    parent,
    root: events.find((event) => event.run?.root !== undefined)?.run?.root ?? null,
    nominalStart: nominal?.nominalStart ?? null,
    nominalEnd: nominal?.nominalEnd ?? null,
    error: events.findLast((event) => event.run?.error !== undefined)?.run?.error ?? null,
  };
}

type Terminal = 'COMPLETE' | 'ABORT' | 'FAIL';
const TERMINAL_RANK: Readonly<Record<Terminal, number>> = { COMPLETE: 1, ABORT: 2, FAIL: 3 };
const isTerminal = (type: RunEventType | null | undefined): type is Terminal =>
  type === 'COMPLETE' || type === 'ABORT' || type === 'FAIL';
const rank = (type: RunEventType | null | undefined): number => (isTerminal(type) ? TERMINAL_RANK[type] : 0);

/** The event that speaks last: by t, at one instant FAIL over ABORT over COMPLETE over the rest. */
const lastSpoken = (events: readonly Delta[]): Delta | undefined =>
  [...events].sort((a, b) => a.stamp.t - b.stamp.t || rank(a.run?.type) - rank(b.run?.type)).at(-1);

function lastTerminal(events: readonly Delta[]): { readonly t: number; readonly type: Terminal } | null {
  const last = lastSpoken(events.filter((event) => isTerminal(event.run?.type)));
  const type = last?.run?.type;
  return last === undefined || !isTerminal(type) ? null : { t: last.stamp.t, type };
}

const ENDED: Readonly<Record<Terminal, RunState>> = { COMPLETE: 'COMPLETED', ABORT: 'ABORTED', FAIL: 'FAILED' };

function batchState(events: readonly Delta[], terminal: Terminal | null): RunState {
  if (terminal !== null) return ENDED[terminal];
  const types = new Set(events.map((event) => event.run?.type));
  if (types.has('START') || types.has('RUNNING')) return 'RUNNING';
  return types.has('OTHER') ? 'OTHER' : 'NEW';
}

function liveState(events: readonly Delta[]): RunState {
  const type = lastSpoken(events)?.run?.type;
  return isTerminal(type) ? ENDED[type] : 'RUNNING';
}

/** A job's kind: that of its latest run or JobEvent which has one. */
export function processingOfJobs(events: readonly Delta[], runs: ReadonlyMap<string, Run>): Map<string, Processing> {
  const all: { job: Name; start: number; first: Delta; processing: Processing }[] = [];
  for (const { job, start, events: own, statedProcessing: processing } of runs.values()) {
    const first = own[0];
    if (processing !== null && first !== undefined) all.push({ job, start, first, processing });
  }
  for (const first of events) {
    const { job, declaredProcessing: processing } = first;
    if (job !== null && processing !== null) all.push({ job, start: first.stamp.t, first, processing });
  }
  all.sort((a, b) => a.start - b.start || byStamp(a.first.stamp, b.first.stamp));
  return new Map(all.map(({ job, processing }) => [assetKey({ kind: 'job', ...job }), processing]));
}
