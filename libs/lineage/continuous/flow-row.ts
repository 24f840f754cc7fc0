import type { ProgressStatement } from '../delta.ts';
import { fingerprint } from './fingerprint.ts';
import type { FlowObservation } from './flow-observation.ts';
import { newestPerStep, type Step, type Tuple, withNewestByKey, withNewestPerStep } from './kept-tuples.ts';

/** A sign of life: when, and the fingerprint of the run that gave it. One per run and second. */
export type Beat = readonly [t: number, run: number];

/** The last word of a run. */
export type Word = readonly [t: number, said: WordKind, run: string];

/** 0: it goes on. 1–3: the run ended. 4: the source says that the job is gone. Of one instant, the highest counts. */
export type WordKind = 0 | 1 | 2 | 3 | 4;
export const WORDS = ['going on', 'COMPLETE', 'ABORT', 'FAIL', 'gone'] as const;
export const GOING_ON = 0;
export const COMPLETE = 1;
const ABORT = 2;
const FAIL = 3;
export const GONE = 4;

/** What a run last said of its pace: records a second, event-time watermark (ms), the run's fingerprint. */
export type Pace = readonly [t: number, recordsPerSecond: number | null, watermark: number | null, run: number];

/** Flink's counters, which start anew with each run. */
export type Checkpoint = readonly [t: number, completed: number, failed: number, restored: number, run: number];

/** Where a job stood in a partition. */
export type Point = readonly [t: number, position: number | null, end: number | null];

/** When a position was first seen, and the end position then. */
export type Move = readonly [position: number, t: number, end: number | null];

export interface PartitionRow {
  readonly namespace: string;
  readonly name: string;
  readonly partition: string;
  /** At widening steps; the last one is the latest. Oldest first. */
  readonly points: readonly Point[];
  /** The highest positions, lowest first. They date a standstill exactly, however long it lasts. */
  readonly moves: readonly Move[];
  /** When it was last seen at the end of its input, or one short of it (see `isAtEnd`). */
  readonly caughtUp: number | null;
  readonly watermark: readonly [t: number, watermark: number] | null;
}

/**
 * What is kept of a continuous job to tell its flow: plain JSON, a few kilobytes, and for each partition it reads about
 * one more (in all never above some 60 kB of points; beyond 50 partitions each keeps fewer, in the end its latest only).
 * Times are ms since the epoch.
 */
export interface FlowRow {
  /** The latest event, a JobEvent included. */
  readonly heard: number;
  /** The first observation by a run; null while there were only JobEvents. */
  readonly first: number | null;
  readonly beats: readonly Beat[];
  readonly words: readonly Word[];
  /** When runs said COMPLETE. One per run and second. */
  readonly completes: readonly Beat[];
  readonly paces: readonly Pace[];
  readonly checkpoints: readonly Checkpoint[];
  /** Sorted by namespace, name, partition. */
  readonly partitions: readonly PartitionRow[];
  /** The declared windowDuration, seconds. */
  readonly window: readonly [t: number, seconds: number] | null;
}

/** Enough to learn the interval of a dozen pods that speak in turn. */
const BEATS = 48;
const COMPLETES = 8;
/** Runs at one time: pods of a service, a blue and a green deployment. */
const RUNS = 16;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const CHECKPOINT_STEPS: readonly Step[] = [
  { ms: SECOND, keep: 16 },
  { ms: MINUTE, keep: 16 },
  { ms: HOUR, keep: 24 },
];
/** A day back, and close to the present ever finer: how far behind a job is, in seconds, is read off these. */
const POINT_STEPS: readonly Step[] = [
  { ms: SECOND, keep: 4 },
  { ms: MINUTE, keep: 6 },
  { ms: 10 * MINUTE, keep: 6 },
  { ms: HOUR, keep: 24 },
];
const POINTS_PER_PARTITION = 40;
const POINTS_PER_JOB = 2048;
const MOVES = 4;
const MOVES_OF_MANY = 2;

const EMPTY: FlowRow = {
  heard: Number.NEGATIVE_INFINITY,
  first: null,
  beats: [],
  words: [],
  completes: [],
  paces: [],
  checkpoints: [],
  partitions: [],
  window: null,
};

/**
 * The row after one more observation.
 *
 * **Order and repeats don't matter**: every field is a join (minimum, maximum, the newest k), and where two
 * observations of one instant disagree, what they said decides and not which came first: the further position, the
 * more final word. So nothing here relies on events being delivered once. (`activity.ts` does: it counts.)
 */
export function observe(
  row: FlowRow | null,
  { t, runId, eventType, progress, windowSeconds }: FlowObservation,
): FlowRow {
  const before = row ?? EMPTY;
  const heard: FlowRow = {
    ...before,
    heard: Math.max(before.heard, t),
    window:
      windowSeconds !== undefined && windowSeconds > 0 ? latest(before.window, [t, windowSeconds]) : before.window,
  };
  if (runId === null) return heard;

  const run = fingerprint(runId);
  const beat: Beat = [t, run];
  const said = wordOf(eventType, progress);
  return {
    ...heard,
    first: Math.min(before.first ?? t, t),
    beats: withNewestByKey(before.beats, beat, secondOfRun, BEATS),
    words: withNewestByKey<Word>(before.words, [t, said, runId], ([, , of]) => of, RUNS),
    completes: said === COMPLETE ? withNewestByKey(before.completes, beat, secondOfRun, COMPLETES) : before.completes,
    paces: withPace(before.paces, t, run, progress),
    checkpoints: withCheckpoint(before.checkpoints, t, run, progress),
    partitions: progress === null ? before.partitions : withPartitions(before.partitions, t, progress.inputs),
  };
}

const secondOfRun = ([t, run]: Beat): string => `${Math.floor(t / SECOND)}/${run}`;

function wordOf(eventType: FlowObservation['eventType'], progress: ProgressStatement | null): WordKind {
  if (progress?.stopped === true) return GONE;
  switch (eventType) {
    case 'COMPLETE':
      return COMPLETE;
    case 'ABORT':
      return ABORT;
    case 'FAIL':
      return FAIL;
    default:
      return GOING_ON;
  }
}

function withPace(paces: readonly Pace[], t: number, run: number, progress: ProgressStatement | null): readonly Pace[] {
  const rate = amount(progress?.recordsPerSecond);
  const watermark = progress?.watermark ?? null;
  if (rate === null && watermark === null) return paces;
  return withNewestByKey<Pace>(paces, [t, rate, watermark, run], ([, , , of]) => String(of), RUNS);
}

function withCheckpoint(
  kept: readonly Checkpoint[],
  t: number,
  run: number,
  progress: ProgressStatement | null,
): readonly Checkpoint[] {
  const said = progress?.checkpoints ?? null;
  if (said === null) return kept;
  return withNewestPerStep<Checkpoint>(kept, [t, said.completed, said.failed, said.restored, run], CHECKPOINT_STEPS);
}

type Input = ProgressStatement['inputs'][number];

/** Merges two lists sorted alike, so that a job with thousands of partitions costs one pass. */
function withPartitions(kept: readonly PartitionRow[], t: number, inputs: readonly Input[]): readonly PartitionRow[] {
  if (inputs.length === 0) return kept;
  const byKey = new Map(kept.map((row) => [partitionKey(row, row.partition), row]));
  const known = byKey.size;
  for (const input of inputs) {
    const key = partitionKey(input.dataset, input.partition);
    if (!byKey.has(key)) byKey.set(key, emptyPartition(input));
  }
  const room = roomFor(byKey.size);
  for (const input of inputs) {
    const key = partitionKey(input.dataset, input.partition);
    const row = byKey.get(key);
    if (row !== undefined) byKey.set(key, withInput(row, t, input, room));
  }
  const rows = [...byKey.values()];
  if (known === byKey.size) return rows;
  // More partitions, less room for each. Counts only grow, so what is dropped now would have been dropped in any order.
  const trimmed = roomFor(known).points === room.points ? rows : rows.map((row) => trim(row, room));
  return trimmed.sort(comparePartitions);
}

const partitionKey = (dataset: { readonly namespace: string; readonly name: string }, partition: string): string =>
  `${dataset.namespace}\u0000${dataset.name}\u0000${partition}`;

const emptyPartition = ({ dataset, partition }: Input): PartitionRow => ({
  namespace: dataset.namespace,
  name: dataset.name,
  partition,
  points: [],
  moves: [],
  caughtUp: null,
  watermark: null,
});

function withInput(row: PartitionRow, t: number, input: Input, room: Room): PartitionRow {
  const position = amount(input.position);
  const end = amount(input.endPosition);
  const watermark = input.watermark === null ? row.watermark : latest(row.watermark, [t, input.watermark]);
  if (position === null && end === null) return { ...row, watermark };
  return {
    ...row,
    watermark,
    points: withNewestPerStep<Point>(row.points, [t, position, end], room.steps),
    moves: position === null ? row.moves : withMove(row.moves, [position, t, end]).slice(-room.moves),
    caughtUp: isAtEnd(position, end) ? Math.max(row.caughtUp ?? t, t) : row.caughtUp,
  };
}

/**
 * A transaction ends in a marker that takes an offset and is no record, so a group that commits "last record + 1" stays
 * one short of the end of a transactional topic for ever. One short counts as the end.
 */
export const isAtEnd = (position: number | null, end: number | null): boolean =>
  position !== null && end !== null && end - position <= 1;

function withMove(moves: readonly Move[], move: Move): readonly Move[] {
  const [position, t, end] = move;
  const at = moves.findIndex(([of]) => of >= position);
  const rival = moves[at];
  if (rival === undefined) return [...moves, move];
  if (rival[0] !== position) return [...moves.slice(0, at), move, ...moves.slice(at)];
  // The earliest sight of a position; of one instant the least end, since ends grow.
  const earlier = t < rival[1] || (t === rival[1] && (end ?? Infinity) < (rival[2] ?? Infinity));
  return earlier ? [...moves.slice(0, at), move, ...moves.slice(at + 1)] : moves;
}

interface Room {
  /** Of one partition, in all: two rooms are the same when these are. */
  readonly points: number;
  readonly steps: readonly Step[];
  readonly moves: number;
}

function roomFor(partitions: number): Room {
  const share = Math.min(1, POINTS_PER_JOB / (POINTS_PER_PARTITION * Math.max(1, partitions)));
  const steps = POINT_STEPS.map(({ ms, keep }) => ({ ms, keep: Math.max(1, Math.floor(keep * share)) }));
  const moves = share < 0.25 ? MOVES_OF_MANY : MOVES;
  return { points: steps.reduce((sum, step) => sum + step.keep, moves), steps, moves };
}

const trim = (row: PartitionRow, room: Room): PartitionRow => ({
  ...row,
  points: newestPerStep(row.points, room.steps),
  moves: row.moves.slice(-room.moves),
});

function comparePartitions(a: PartitionRow, b: PartitionRow): number {
  const left = partitionKey(a, a.partition);
  const right = partitionKey(b, b.partition);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Kafka says -1 for "no committed offset"; JSON's 1e999 is infinite. Neither is a number of records. */
const amount = (value: number | null | undefined): number | null =>
  value === undefined || value === null || !Number.isFinite(value) || value < 0 ? null : value;

function latest<T extends Tuple>(kept: T | null, said: T): T {
  if (kept === null || said[0] > kept[0]) return said;
  return said[0] === kept[0] && (said[1] ?? 0) > (kept[1] ?? 0) ? said : kept;
}
