import { formatInstant } from '../instant.ts';
import type { FlowState } from '../read-model.ts';
import type { FlowLimits } from './flow-limits.ts';
import type { Checkpoint } from './flow-row.ts';
import type { FlowView } from './flow-view.ts';
import { behindOf, type PartitionProgress } from './partition-progress.ts';
import { sayCount, sayDuration, sayNumber } from './say.ts';
import type { Rhythm } from './usual-interval.ts';

export interface Evidence {
  readonly state: Extract<FlowState, 'STALLED' | 'LAGGING' | 'IDLE' | 'FLOWING'>;
  readonly since: number;
  readonly reason: string;
}

/** The state of a job that is heard of, by what it said of its progress: STALLED before LAGGING before IDLE before FLOWING. */
export function flowEvidence(view: FlowView, limits: FlowLimits): Evidence {
  return stalledPartitions(view, limits) ?? crashLoop(view) ?? lagging(view, limits) ?? idle(view) ?? flowing(view);
}

function stalledPartitions({ partitions, rhythm }: FlowView, limits: FlowLimits): Evidence | null {
  const grace = graceOf(partitions, rhythm, limits);
  const stalled = partitions.flatMap((partition) => {
    const { standstill, at } = partition;
    return standstill !== null && at - standstill.since >= grace ? [{ ...standstill, partition }] : [];
  });
  const [first, ...others] = [...stalled].sort((a, b) => a.since - b.since);
  if (first === undefined) return null;
  const { name, partition } = first.partition.row;
  const records = stalled.reduce((sum, one) => sum + one.records, 0);
  const of = partitions.length === 1 ? '' : `: ${others.length + 1} of ${partitions.length} partitions`;
  return {
    state: 'STALLED',
    since: first.since,
    reason:
      `${name}/${partition} stands at ${sayNumber(first.partition.position ?? 0)} since ${formatInstant(first.since)} ` +
      `while ${sayCount(records, 'record')} came in${of}.`,
  };
}

/**
 * How long a position may stand before input. Two looks at it at least; and where positions move in steps (Flink commits
 * at checkpoints, every few minutes perhaps), two such steps, learnt from the partition that moves most often. Capped:
 * where each partition gets a record an hour, the steps are the input's and not the job's.
 */
function graceOf(partitions: readonly PartitionProgress[], { interval }: Rhythm, limits: FlowLimits): number {
  const floor = limits.stallSeconds * 1000;
  let step = Number.POSITIVE_INFINITY;
  for (const { row } of partitions) {
    const gaps: number[] = [];
    for (const [i, [, t]] of row.moves.entries()) {
      const before = row.moves[i - 1];
      if (before !== undefined && t > before[1]) gaps.push(t - before[1]);
    }
    const median = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
    if (median !== undefined) step = Math.min(step, median);
  }
  const steps = step === Number.POSITIVE_INFINITY ? 0 : Math.min(2 * step, 15 * floor);
  return Math.max(floor, 2 * (interval ?? 0), steps);
}

/**
 * Flink tells a crash loop only in its counters: `completed` stands while `failed` and `restored` climb. One failed
 * checkpoint or one restart is no loop; the second look that finds more of them, and still nothing completed, is.
 *
 * ```
 * completed  1  2  4  4  4  4        since the first 4; `failed` climbed at the 2nd and the 3rd 4: STALLED
 * failed     1  1  1  2  3  4
 * ```
 */
function crashLoop(view: FlowView): Evidence | null {
  const points = checkpointsNow(view);
  const latest = points.at(-1);
  if (latest === undefined) return null;
  const [at, completed, failed, restored] = latest;
  let first = latest;
  let climbs = 0;
  for (let i = points.length - 1; i > 0; i--) {
    const before = points[i - 1];
    const after = points[i];
    if (before === undefined || after === undefined || before[1] !== completed) break;
    if (after[2] > before[2] || after[3] > before[3]) climbs++;
    first = before;
  }
  if (climbs < 2) return null;
  return {
    state: 'STALLED',
    since: first[0],
    reason:
      `${sayCount(completed, 'checkpoint')} completed and none since ${formatInstant(first[0])}, while failed went from ` +
      `${sayNumber(first[2])} to ${sayNumber(failed)} and restarts from ${sayNumber(first[3])} to ${sayNumber(restored)} ` +
      `(${sayDuration(at - first[0])}).`,
  };
}

/** Those of the newest run: a new run counts from nothing. */
function checkpointsNow({ row, fresh }: FlowView): readonly Checkpoint[] {
  const latest = row.checkpoints.at(-1);
  if (latest === undefined || !fresh(latest[0])) return [];
  return row.checkpoints.filter(([, , , , run]) => run === latest[4]);
}

function lagging(view: FlowView, limits: FlowLimits): Evidence | null {
  const { partitions, lag, behind, saidRate } = view;
  const over: string[] = [];
  if (lag !== null && limits.records !== null && lag > limits.records) {
    over.push(`${sayCount(lag, 'record')} behind (limit ${sayNumber(limits.records)})`);
  }
  // By its watermark alone a job that has nothing to read falls behind too.
  const nothingToRead = lag === null && saidRate === 0;
  if (behind !== null && limits.seconds !== null && behind.ms > limits.seconds * 1000 && !nothingToRead) {
    const least = behind.exact ? '' : 'at least ';
    over.push(`${least}${sayDuration(behind.ms)} behind (limit ${sayDuration(limits.seconds * 1000)})`);
  }
  if (over.length === 0) return null;
  return {
    state: 'LAGGING',
    since: laggingSince(view, limits),
    reason: `It is ${over.join(' and ')}${lag === null ? '' : `, over ${sayCount(partitions.length, 'partition')}`}.`,
  };
}

/** How far back the kept points of the partition that is furthest behind show it beyond its share of a limit. */
function laggingSince({ partitions, lag, lastSeen }: FlowView, limits: FlowLimits): number {
  const [worst] = [...partitions].sort(
    (a, b) => (b.behind?.ms ?? 0) - (a.behind?.ms ?? 0) || (b.lag ?? 0) - (a.lag ?? 0),
  );
  if (worst === undefined) return lastSeen;
  const { points } = worst.row;
  const share = (limits.records ?? Infinity) * ((worst.lag ?? 0) / (lag || 1));
  let since = worst.at;
  for (let i = points.length - 1; i >= 0; i--) {
    const [t, position, end] = points[i] ?? [0, null, null];
    const behind = behindOf(points.slice(0, i + 1))?.ms ?? 0;
    const isOver = position !== null && end !== null && end - position > share;
    if (!isOver && behind <= (limits.seconds ?? Infinity) * 1000) break;
    since = t;
  }
  return since;
}

/** At the end of all that it reads, and nothing came in the last interval; or it says itself that it reads nothing. */
function idle(view: FlowView): Evidence | null {
  const { partitions, saidRate } = view;
  if (saidRate !== null && saidRate > 0) return null;
  const told = partitions.filter(({ lag }) => lag !== null);
  if (told.length === 0) {
    if (saidRate !== 0 || checkpointsNow(view).length > 0) return null;
    return {
      state: 'IDLE',
      since: unbrokenSince(view),
      reason: 'It handles 0 records a second; how far it is behind is not known.',
    };
  }
  if (told.some(({ settled }) => !settled) || partitions.some((partition) => movedLately(partition, view))) return null;
  const since = told.reduce((max, { stoodSince }) => Math.max(max, stoodSince ?? max), unbrokenSince(view));
  return {
    state: 'IDLE',
    since,
    reason: `It is at the end of ${sayCount(told.length, 'partition')} and nothing new came since ${formatInstant(since)}.`,
  };
}

/** In the newest look, give or take half an interval: pods look at their own partitions each in its own time. */
function movedLately({ hasMoved, stoodSince }: PartitionProgress, { partitions, rhythm }: FlowView): boolean {
  const newest = partitions.reduce((max, { at }) => Math.max(max, at), Number.NEGATIVE_INFINITY);
  return hasMoved && stoodSince !== null && stoodSince >= newest - (rhythm.interval ?? 0) / 2;
}

function flowing(view: FlowView): Evidence {
  const { partitions, lag, behind, throughput, rhythm, lastSeen } = view;
  const said: string[] = [];
  if (throughput !== null) said.push(`${sayNumber(throughput)} records a second`);
  if (lag !== null) said.push(`${sayCount(lag, 'record')} behind over ${sayCount(partitions.length, 'partition')}`);
  if (behind?.exact === true && behind.ms > 0) said.push(`${sayDuration(behind.ms)} behind`);
  const checkpoint = checkpointsNow(view).at(-1);
  if (checkpoint !== undefined) {
    said.push(`${sayCount(checkpoint[1], 'checkpoint')} completed, ${sayNumber(checkpoint[2])} failed`);
  }
  const last = `last heard of at ${formatInstant(lastSeen)}`;
  const often =
    rhythm.interval === null || rhythm.basis === 'FEW' ? '' : `, one word every ${sayDuration(rhythm.interval)}`;
  return {
    state: 'FLOWING',
    since: unbrokenSince(view),
    reason: said.length === 0 ? `It was ${last}${often}.` : `${said.join('; ')}; ${last}.`,
  };
}

/** The word after the last silence that the kept beats show; without one, the first word ever. */
function unbrokenSince({ row, rhythm, lastSeen }: FlowView): number {
  for (let i = row.beats.length - 1; i > 0; i--) {
    const [after] = row.beats[i] ?? [lastSeen];
    const [before] = row.beats[i - 1] ?? [lastSeen];
    if (after - before >= rhythm.patience) return after;
  }
  return row.first ?? lastSeen;
}
