import type { FlowLimits } from './flow-limits.ts';
import { type FlowRow, isAtEnd, type PartitionRow, type Point } from './flow-row.ts';
import type { Rhythm } from './usual-interval.ts';

/** One partition as its row tells it now. Times and durations are ms. */
export interface PartitionProgress {
  readonly row: PartitionRow;
  readonly at: number;
  readonly position: number | null;
  readonly end: number | null;
  readonly lag: number | null;
  readonly watermark: number | null;
  /** How long ago (before `at`) its input ended where the job is now; `exact` false: at least this. */
  readonly behind: { readonly ms: number; readonly exact: boolean } | null;
  /** When its position was first seen where it is; null where no position is known. */
  readonly stoodSince: number | null;
  /** It was seen elsewhere before: `stoodSince` is a move, not just the first sight. */
  readonly hasMoved: boolean;
  /** At the end of its input, with nothing new there since the observation before. */
  readonly settled: boolean;
  /** Records that came in while it stood, and since when they wait; null where it doesn't stand still before input. */
  readonly standstill: { readonly since: number; readonly records: number } | null;
}

/**
 * The partitions that count: those heard of about as lately as the newest. One that a job no longer reads keeps its last
 * position for ever, and would otherwise keep the job behind for ever.
 */
export function partitionsNow(row: FlowRow, rhythm: Rhythm, limits: FlowLimits): readonly PartitionProgress[] {
  const all = row.partitions.flatMap((partition) => progressOf(partition) ?? []);
  const newest = all.reduce((max, { at }) => Math.max(max, at), Number.NEGATIVE_INFINITY);
  const patience = Math.max(rhythm.basis === 'FEW' ? 0 : rhythm.patience, limits.staleSeconds * 1000);
  return all.filter(({ at }) => at >= newest - patience);
}

function progressOf(row: PartitionRow): PartitionProgress | null {
  const latest = row.points.at(-1);
  const at = Math.max(latest?.[0] ?? Number.NEGATIVE_INFINITY, row.watermark?.[0] ?? Number.NEGATIVE_INFINITY);
  if (at === Number.NEGATIVE_INFINITY) return null;
  const [, position, end] = latest ?? [at, null, null];
  const stand = latest === undefined ? null : standOf(row, latest);
  return {
    row,
    at,
    position,
    end,
    lag: position === null || end === null ? null : Math.max(0, end - position),
    watermark: row.watermark?.[1] ?? null,
    behind: behindOf(row.points),
    stoodSince: stand?.since ?? null,
    hasMoved: stand?.hasMoved ?? false,
    settled: latest !== undefined && stand !== null && isSettled(latest, stand),
    standstill: latest === undefined || stand === null ? null : standstillOf(row, latest, stand),
  };
}

interface Stand {
  readonly since: number;
  /** The end position then. */
  readonly end: number | null;
  readonly hasMoved: boolean;
}

/**
 * Since when the position is where it is. Positions rise, so the highest one's first sight tells it exactly, however
 * long ago. After a rewind (offsets reset, a topic made anew) the position is below the highest, and the kept points
 * tell it as far back as they reach.
 */
function standOf({ points, moves }: PartitionRow, [, position]: Point): Stand | null {
  if (position === null) return null;
  let first: Point | undefined;
  let elsewhere: Point | undefined;
  for (let i = points.length - 1; i >= 0 && elsewhere === undefined; i--) {
    const point = points[i];
    if (point === undefined || point[1] === null) continue;
    if (point[1] === position) first = point;
    else elsewhere = point;
  }
  const top = moves.at(-1);
  if (top !== undefined && top[0] === position && (elsewhere === undefined || elsewhere[0] < top[1])) {
    return { since: top[1], end: top[2], hasMoved: moves.length > 1 || elsewhere !== undefined };
  }
  return first === undefined ? null : { since: first[0], end: first[2], hasMoved: elsewhere !== undefined };
}

function isSettled([t, position, end]: Point, stand: Stand): boolean {
  if (position === null || end === null) return false;
  return end <= position || (isAtEnd(position, end) && stand.since < t && stand.end === end);
}

/**
 * Input that grew before a position that stands. It waits since the position came to stand or, later than that, since
 * it was last at the end: a job that slept at the end of its input for hours is not stalled by the first new record.
 */
function standstillOf(
  { caughtUp }: PartitionRow,
  [, position, end]: Point,
  stand: Stand,
): PartitionProgress['standstill'] {
  if (position === null || end === null || isAtEnd(position, end)) return null;
  if (caughtUp !== null && caughtUp >= stand.since) return { since: caughtUp, records: end - position };
  return stand.end !== null && end > stand.end ? { since: stand.since, records: end - stand.end } : null;
}

/**
 * The age of what the job reads at the last of `points`: its time minus the time at which the input ended at the job's position.
 *
 * ```
 * t         10:00   10:01   10:02   10:03
 * end         100     160     220     280
 * position     90     100     110     130      130 lies halfway between 100 (10:00) and 160 (10:01): 10:00:30
 *                                              behind by 2 min 30 s
 * ```
 */
export function behindOf(points: readonly Point[]): PartitionProgress['behind'] {
  const [t, position, end] = points.at(-1) ?? [0, null, null];
  if (position === null || end === null) return null;
  if (end <= position) return { ms: 0, exact: true };
  let after: readonly [t: number, end: number] = [t, end];
  for (let i = points.length - 1; i >= 0; i--) {
    const [at, , before] = points[i] ?? [0, null, null];
    if (before === null) continue;
    if (before <= position) {
      const share = (position - before) / (after[1] - before);
      return { ms: Math.round(t - (at + share * (after[0] - at))), exact: true };
    }
    after = [at, before];
  }
  return after[0] < t ? { ms: t - after[0], exact: false } : null;
}
