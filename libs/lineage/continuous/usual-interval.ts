import type { FlowLimits } from './flow-limits.ts';
import type { Beat, FlowRow } from './flow-row.ts';

/** How often a job speaks. */
export interface Rhythm {
  /** ms; null: one observation only. */
  readonly interval: number | null;
  /** FEW: a single gap, or none: too little to call it usual. */
  readonly basis: 'DECLARED' | 'LEARNT' | 'FEW';
  /** ms of silence that are still no news. */
  readonly patience: number;
}

const SILENT_AFTER = 3;
/** Two gaps: the second is the first that could have contradicted. */
const GAPS_TO_LEARN = 2;

/**
 * The usual interval: declared (`emissionPattern.windowDuration`) or learnt from the newest beats. Learnt, it is the
 * larger of two estimates:
 *
 * - of the gaps between all beats. A run a minute that says START and, 2 s later, COMPLETE: gaps 2, 58, 2, 58 → 58
 * - of the gaps inside each run. Ten pods that each speak once a minute, one after the other: gaps of 6 s between all,
 *   but of 60 s inside each → 60. When the pods all speak in the same few seconds, only this one is right
 */
export function rhythmOf({ beats, window }: Pick<FlowRow, 'beats' | 'window'>, limits: FlowLimits): Rhythm {
  const floor = limits.silentSeconds * 1000;
  if (window !== null) {
    const interval = window[1] * 1000;
    return { interval, basis: 'DECLARED', patience: Math.max(SILENT_AFTER * interval, floor) };
  }
  const gaps = gapsBetween(beats.map(([t]) => t));
  const inRuns = gapsInRuns(beats);
  const interval = usualGap(gaps);
  if (interval === null || gaps.length < GAPS_TO_LEARN) {
    return {
      interval,
      basis: 'FEW',
      patience: Math.max(SILENT_AFTER * (interval ?? 0), limits.unlearntSeconds * 1000),
    };
  }
  const ofRuns = inRuns.length < GAPS_TO_LEARN ? null : usualGap(inRuns);
  const learnt = Math.max(interval, ofRuns ?? 0);
  return { interval: learnt, basis: 'LEARNT', patience: Math.max(SILENT_AFTER * learnt, floor) };
}

/**
 * The median of gaps weighted by their length, without the longest tenth: the gap in which half of the time was spent.
 * A plain median of 2, 58, 2, 58, 2 is 2, and would call the job silent for most of each minute; the longest tenth are
 * outages and restarts, which would weigh most and are not usual.
 */
export function usualGap(gaps: readonly number[]): number | null {
  const sorted = [...gaps].sort((a, b) => a - b);
  const kept = sorted.length < 3 ? sorted : sorted.slice(0, sorted.length - Math.ceil(sorted.length / 10));
  const half = kept.reduce((sum, gap) => sum + gap, 0) / 2;
  let spent = 0;
  for (const gap of kept) {
    spent += gap;
    if (spent >= half) return gap;
  }
  return null;
}

/** Two beats inside one second are one: a run that says START and RUNNING at once has no interval of a millisecond. */
function gapsBetween(times: readonly number[]): number[] {
  const gaps: number[] = [];
  let before: number | null = null;
  for (const t of times) {
    if (before !== null && t - before < 1000) continue;
    if (before !== null) gaps.push(t - before);
    before = t;
  }
  return gaps;
}

function gapsInRuns(beats: readonly Beat[]): number[] {
  const runs = new Map<number, number[]>();
  for (const [t, run] of beats) runs.set(run, [...(runs.get(run) ?? []), t]);
  return [...runs.values()].flatMap(gapsBetween);
}
