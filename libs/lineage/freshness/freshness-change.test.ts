import { describe, expect, it } from 'vitest';
import type { FreshnessVerdict } from './evaluate-freshness.ts';
import { type FreshnessMemory, freshnessChange, type Judged, rememberFreshness } from './freshness-change.ts';

const verdict = (state: FreshnessVerdict['state'], missed: number | null = null): FreshnessVerdict => ({
  state,
  reason: 'so it is.',
  deadline: missed,
  next: null,
  missed,
});

interface Step {
  readonly now: number;
  readonly verdict: FreshnessVerdict;
  readonly reachedAt?: number;
  readonly policy?: string;
}

/** What is told, step by step. */
function told(steps: readonly Step[]): (string | null)[] {
  let memory: FreshnessMemory | null = null;
  return steps.map(({ now, verdict: of, reachedAt, policy }) => {
    const judged: Judged = { name: 'orders', policy: policy ?? 'p', verdict: of, reachedAt: reachedAt ?? null, now };
    const change = freshnessChange(memory, judged);
    memory = rememberFreshness(memory, judged);
    return change === null ? null : `${change.kind}@${change.at}${change.corrected ? ' corrected' : ''}`;
  });
}

describe('freshnessChange', () => {
  it('tells each state once', () => {
    expect(
      told([
        { now: 5, verdict: verdict('PASS') },
        { now: 10, verdict: verdict('WARN', 10) },
        { now: 12, verdict: verdict('WARN', 10) },
        { now: 20, verdict: verdict('FAIL', 20) },
        { now: 25, verdict: verdict('FAIL', 20) },
        { now: 30, verdict: verdict('PASS'), reachedAt: 29 },
        { now: 31, verdict: verdict('PASS'), reachedAt: 29 },
      ]),
    ).toEqual([null, 'freshness.warned@10', null, 'freshness.failed@20', null, 'freshness.recovered@29', null]);
  });

  it('takes back what a late event shows never to have been', () => {
    expect(
      told([
        { now: 5, verdict: verdict('PASS') },
        { now: 20, verdict: verdict('FAIL', 20) },
        { now: 25, verdict: verdict('PASS'), reachedAt: 18 },
      ]),
    ).toEqual([null, 'freshness.failed@20', 'freshness.recovered@18 corrected']);
  });

  it('tells late what a late event shows to have been', () => {
    expect(
      told([
        { now: 25, verdict: verdict('PASS') },
        { now: 26, verdict: verdict('FAIL', 20) },
      ]),
    ).toEqual([null, 'freshness.failed@20 corrected']);
  });

  it('takes a stricter policy for what it is', () => {
    expect(
      told([
        { now: 25, verdict: verdict('PASS'), policy: 'lenient' },
        { now: 26, verdict: verdict('FAIL', 20), policy: 'strict' },
      ]),
    ).toEqual([null, 'freshness.failed@20']);
  });

  it('keeps a breach open while nobody knows', () => {
    expect(
      told([
        { now: 20, verdict: verdict('FAIL', 20) },
        { now: 21, verdict: verdict('UNKNOWN') },
        { now: 22, verdict: verdict('FAIL', 20) },
        { now: 23, verdict: verdict('UNKNOWN') },
        { now: 24, verdict: verdict('PASS'), reachedAt: 24 },
      ]),
    ).toEqual(['freshness.failed@20', null, null, null, 'freshness.recovered@24']);
  });

  it('ends a breach with its policy', () => {
    expect(
      told([
        { now: 20, verdict: verdict('FAIL', 20) },
        { now: 21, verdict: verdict('NOT_APPLICABLE') },
      ]),
    ).toEqual(['freshness.failed@20', 'freshness.recovered@21']);
  });
});
