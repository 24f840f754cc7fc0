/** What is told when a dataset's freshness changes, once, whatever made it change: time, data, or a late event. */
import { formatInstant } from '../instant.ts';
import type { FreshnessState, FreshnessVerdict } from './evaluate-freshness.ts';

export type FreshnessChangeKind = 'freshness.warned' | 'freshness.failed' | 'freshness.recovered';

/** What was last known and told of one dataset. */
export interface FreshnessMemory {
  readonly state: FreshnessState;
  /** The breach that was told and not yet taken back. */
  readonly open: { readonly state: 'WARN' | 'FAIL'; readonly missed: number } | null;
  /** When the state was last judged, ms, and by which policy. */
  readonly judged: number;
  readonly policy: string | null;
}

export interface FreshnessChange {
  readonly kind: FreshnessChangeKind;
  /** When it holds in the world, ms: the missed deadline, or when the data that ended the breach came. */
  readonly at: number;
  readonly text: string;
  /** A late or out-of-order event undid what had been told, or not been told. */
  readonly corrected: boolean;
  readonly before: FreshnessState;
  readonly after: FreshnessState;
}

export interface Judged {
  /** Of the dataset, for people. */
  readonly name: string;
  /** The policy's text, null without one: a stricter policy is no late event. */
  readonly policy: string | null;
  readonly verdict: FreshnessVerdict;
  /** Event time (ms) at which the dataset came to reach as far as it does; null: unknown. */
  readonly reachedAt: number | null;
  readonly now: number;
}

/**
 * The change from what was told to the verdict; null: nothing to tell. A breach that turns UNKNOWN stays open, for
 * nobody knows that it is over; one that no policy asks about any more is over.
 *
 * ```
 * told            08:00 failed             data of 07:50 arrives at 08:10, by an event of 07:50
 * then            recovered, corrected: it was never late, only the word of it was
 * ```
 */
export function freshnessChange(memory: FreshnessMemory | null, judged: Judged): FreshnessChange | null {
  const { verdict, now } = judged;
  const open = memory?.open ?? null;
  const change = { before: memory?.state ?? 'NOT_APPLICABLE', after: verdict.state };
  if ((verdict.state === 'WARN' || verdict.state === 'FAIL') && verdict.missed !== null) {
    if (open?.state === verdict.state) return null;
    // It was judged good after this deadline had passed: what it was judged by has been undone since.
    const corrected = memory?.state === 'PASS' && memory.policy === judged.policy && memory.judged >= verdict.missed;
    return {
      ...change,
      kind: verdict.state === 'FAIL' ? 'freshness.failed' : 'freshness.warned',
      at: verdict.missed,
      text: `${judged.name} is ${verdict.state === 'FAIL' ? 'late' : 'getting late'}${corrected ? ', as a late event shows' : ''}: ${verdict.reason}`,
      corrected,
    };
  }
  if (open === null || verdict.state === 'UNKNOWN') return null;
  if (verdict.state === 'NOT_APPLICABLE') {
    const text = `${judged.name} is no longer late: ${verdict.reason}`;
    return { ...change, kind: 'freshness.recovered', at: now, text, corrected: false };
  }
  const corrected = judged.reachedAt !== null && judged.reachedAt <= open.missed;
  const text = corrected
    ? `${judged.name} was not late at ${formatInstant(open.missed)}: word of it came late. ${verdict.reason}`
    : `${judged.name} is fresh again: ${verdict.reason}`;
  return { ...change, kind: 'freshness.recovered', at: judged.reachedAt ?? now, text, corrected };
}

/** What to keep after a verdict was judged and its change told. */
export function rememberFreshness(memory: FreshnessMemory | null, { verdict, policy, now }: Judged): FreshnessMemory {
  const { state, missed } = verdict;
  const judged = Math.max(now, memory?.judged ?? now);
  if ((state === 'WARN' || state === 'FAIL') && missed !== null) {
    const open = memory?.open?.state === state ? memory.open : { state, missed };
    return { state, open, judged, policy };
  }
  return { state, open: state === 'UNKNOWN' ? (memory?.open ?? null) : null, judged, policy };
}
