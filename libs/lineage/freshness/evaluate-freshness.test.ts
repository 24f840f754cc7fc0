import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateFreshness } from './evaluate-freshness.ts';
import { type FreshnessPolicy, policyText, readPolicy } from './freshness-policy.ts';

const at = Date.parse;
const HOUR = 3_600_000;

function policy(value: unknown): FreshnessPolicy {
  const read = readPolicy(value, 'p', 'test');
  if ('faults' in read || read.policy === null) throw new Error(JSON.stringify(read));
  return read.policy;
}

const HOURLY = policy({ maxAge: { warn: '1h', fail: '2h' } });
const BY_EIGHT = policy({ cron: { deadline: '0 8 * * 1-5', lowerBound: '4h', timezone: 'Europe/Paris' } });

describe('readPolicy', () => {
  it('reads a facet of a watermark alone as no policy', () => {
    expect(readPolicy({ watermark: '2026-01-01T00:00:00Z' }, 'p', 's')).toEqual({ policy: null });
  });

  it.each([
    [{ maxAge: { warn: '2h', fail: '1h' } }, 'maxAge.warn'],
    [{ maxAge: {} }, 'maxAge'],
    [{ maxAge: '1h' }, 'maxAge'],
    [{ maxAge: { fail: '0s' } }, 'maxAge.fail'],
    [{ maxAge: { fail: 3600 } }, 'maxAge.fail'],
    [{ cron: { deadline: '0 8 * * *' } }, 'cron.lowerBound'],
    [{ cron: { lowerBound: '4h' } }, 'cron.deadline'],
    [{ cron: { deadline: 'at eight', lowerBound: '4h' } }, 'cron.deadline'],
    [{ cron: { deadline: '0 8 * * *', lowerBound: '4h', timezone: 8 } }, 'cron.timezone'],
    ['hourly', ''],
  ])('says where %j is wrong', (value, path) => {
    const read = readPolicy(value, 'p', 's');
    expect('faults' in read ? read.faults.map((fault) => fault.path) : read).toEqual([path]);
  });

  it('says it back', () => {
    expect(policyText(HOURLY)).toBe('less than 2h old, with a warning from 1h');
    expect(policyText(BY_EIGHT)).toBe('at "0 8 * * 1-5" (Europe/Paris) at most 4h old');
    expect(policyText(policy({ maxAge: { warn: '90m' } }))).toBe('with a warning from 90m of age');
  });
});

describe('evaluateFreshness', () => {
  it('gives reasons with the numbers', () => {
    const reasonAt = (of: FreshnessPolicy, now: string, reach: string): string =>
      evaluateFreshness(of, { at: at(reach) }, at(now)).reason;
    expect(reasonAt(HOURLY, '2026-01-05T10:05:00Z', '2026-01-05T08:00:00Z')).toBe(
      'It reaches 2026-01-05T08:00:00.000Z, 2 h 5 min ago: it has to be less than 2h old.',
    );
    expect(reasonAt(BY_EIGHT, '2026-01-05T09:00:00Z', '2026-01-02T06:30:00Z')).toBe(
      'It reaches 2026-01-02T06:30:00.000Z: at 2026-01-05T07:00:00.000Z it had to reach 2026-01-05T03:00:00.000Z (4h before).',
    );
    expect(reasonAt(HOURLY, '2026-01-05T08:00:00Z', '2026-01-05T08:10:00Z')).toBe(
      'It reaches 2026-01-05T08:10:00.000Z, 10 min ahead.',
    );
  });

  it('keeps the reason why nothing is known', () => {
    const verdict = evaluateFreshness(HOURLY, { at: null, reason: 'orders told nothing' }, 0);
    expect(verdict).toMatchObject({ state: 'UNKNOWN', reason: 'orders told nothing', next: null });
  });

  it('takes the worse of two, and looks again at the earlier instant', () => {
    const both = policy({
      maxAge: { fail: '20h' },
      cron: { deadline: '0 8 * * *', lowerBound: '4h' },
    });
    const verdict = evaluateFreshness(both, { at: at('2026-01-05T05:00:00Z') }, at('2026-01-05T09:00:00Z'));
    expect(verdict).toMatchObject({ state: 'PASS', next: at('2026-01-06T01:00:00Z') });
    const late = evaluateFreshness(both, { at: at('2026-01-05T03:00:00Z') }, at('2026-01-05T09:00:00Z'));
    expect(late).toMatchObject({ state: 'FAIL', missed: at('2026-01-05T08:00:00Z'), next: at('2026-01-05T23:00:00Z') });
  });

  it('skips the deadlines that data from ahead meets already', () => {
    const reach = { at: at('2026-01-10T00:00:00Z') };
    expect(evaluateFreshness(BY_EIGHT, reach, at('2026-01-05T09:00:00Z')).next).toBe(at('2026-01-12T07:00:00Z'));
  });

  it('never changes between two of the instants that it announces', () => {
    const policies = fc.constantFrom(
      HOURLY,
      BY_EIGHT,
      policy({
        maxAge: { warn: '30m' },
        cron: { deadline: '15 */3 * * *', lowerBound: '90m', timezone: 'America/New_York' },
      }),
      policy({ cron: { deadline: '30 2 * * *', lowerBound: '25h', timezone: 'Europe/Paris' } }),
    );
    const from = at('2026-10-23T00:00:00Z');
    fc.assert(
      fc.property(policies, fc.nat(100 * 60), fc.nat(100 * 60), fc.nat(1_000_000), (of, reachMinute, minute, part) => {
        const reach = { at: from + reachMinute * 60_000 };
        const now = from + minute * 60_000;
        const verdict = evaluateFreshness(of, reach, now);
        const until = verdict.next ?? now + 300 * HOUR;
        const between = now + Math.floor(((until - 1 - now) * part) / 1_000_000);
        expect(evaluateFreshness(of, reach, between).state).toBe(verdict.state);
        if (verdict.next !== null && of.maxAge === null) {
          expect(evaluateFreshness(of, reach, verdict.next).state).toBe('FAIL');
        }
      }),
      { numRuns: 500 },
    );
  });
});
