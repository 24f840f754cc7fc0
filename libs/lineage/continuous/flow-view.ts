import { fingerprint } from './fingerprint.ts';
import type { FlowLimits } from './flow-limits.ts';
import { type FlowRow, GOING_ON, type Pace } from './flow-row.ts';
import { type PartitionProgress, partitionsNow } from './partition-progress.ts';
import { type Rhythm, rhythmOf } from './usual-interval.ts';

/** What all judgements of one row share. Times and durations are ms. */
export interface FlowView {
  readonly row: FlowRow;
  readonly rhythm: Rhythm;
  readonly lastSeen: number;
  /** Whether what was said at `t` is recent enough to decide something. */
  readonly fresh: (t: number) => boolean;
  readonly partitions: readonly PartitionProgress[];
  readonly lag: number | null;
  readonly behind: PartitionProgress['behind'];
  readonly watermark: number | null;
  readonly throughput: number | null;
  /** What the runs themselves said, as against worked out from positions. */
  readonly saidRate: number | null;
}

export function flowViewOf(row: FlowRow, limits: FlowLimits): FlowView {
  const rhythm = rhythmOf(row, limits);
  const lastSeen = row.beats.at(-1)?.[0] ?? row.heard;
  const patience = rhythm.basis === 'FEW' ? 0 : rhythm.patience;
  const fresh = (t: number): boolean => lastSeen - t <= Math.max(patience, limits.staleSeconds * 1000);
  const partitions = partitionsNow(row, rhythm, limits).filter(({ at }) => fresh(at));
  const paces = pacesNow(row, rhythm, lastSeen).filter(([t]) => fresh(t));
  const lags = partitions.flatMap(({ lag }) => lag ?? []);
  const lag = lags.length === 0 ? null : sum(lags);
  const watermark =
    least(paces.flatMap(([, , of]) => of ?? [])) ?? least(partitions.flatMap((one) => one.watermark ?? []));
  const rates = paces.flatMap(([, rate]) => rate ?? []);
  const saidRate = rates.length === 0 ? null : sum(rates);
  return {
    row,
    rhythm,
    lastSeen,
    fresh,
    partitions,
    lag,
    behind: furthestBehind(partitions, lag, watermark, paces),
    watermark,
    throughput: saidRate ?? rateOf(partitions),
    saidRate,
  };
}

/** The paces of the runs that go on; of a job whose runs all ended, the last one. */
export function pacesNow({ paces, words }: FlowRow, { patience }: Rhythm, lastSeen: number): readonly Pace[] {
  const live = new Set(
    words.filter(([t, said]) => said === GOING_ON && lastSeen - t < patience).map(([, , run]) => fingerprint(run)),
  );
  const now = paces.filter(([, , , run]) => live.has(run));
  return now.length > 0 ? now : paces.slice(-1);
}

/** The furthest behind of what can be told; by the watermark where no partition tells it. */
function furthestBehind(
  partitions: readonly PartitionProgress[],
  lag: number | null,
  watermark: number | null,
  paces: readonly Pace[],
): FlowView['behind'] {
  let worst: FlowView['behind'] = null;
  for (const { behind, settled } of partitions) {
    const one = settled ? { ms: 0, exact: true } : behind;
    if (one !== null && (worst === null || one.ms > worst.ms)) worst = one;
  }
  if (worst !== null && (worst.exact || watermark === null)) return worst;
  if (watermark === null || lag === 0) return worst;
  const at = [...paces.map(([t]) => t), ...partitions.map((one) => one.at)].reduce(
    (max, t) => Math.max(max, t),
    watermark,
  );
  return { ms: at - watermark, exact: true };
}

/** From the last two points of each partition. null: none was seen twice. */
function rateOf(partitions: readonly PartitionProgress[]): number | null {
  const rates = partitions.flatMap(({ row: { points } }) => {
    const [before, after] = points.slice(-2);
    if (before === undefined || after === undefined || before[1] === null || after[1] === null) return [];
    return Math.max(0, after[1] - before[1]) / ((after[0] - before[0]) / 1000);
  });
  return rates.length === 0 ? null : sum(rates);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const least = (values: readonly number[]): number | null =>
  values.reduce<number | null>((min, value) => (min === null || value < min ? value : min), null);
