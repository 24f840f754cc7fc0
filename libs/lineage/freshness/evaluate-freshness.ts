/**
 * Whether data is as fresh as its policy asks, at one instant. Nothing here waits for the deadline: each verdict says
 * when it would change if nothing new came, and a store keeps those instants in order.
 *
 * ```
 * maxAge {warn: 1h, fail: 2h}         08:00 data time    09:00       10:00
 *                                     PASS━━━━━━━━━━━━━━━WARN━━━━━━━━FAIL━━━━▶
 *
 * cron {deadline: 08:00, lowerBound: 4h}      04:00     08:00          09:30   next 08:00
 * data time 23:00                     PASS━━━━━━━━━━━━━━FAIL━━━━━━━━━━━┓
 * data time 09:10 comes at 09:30                                       PASS━━━━FAIL …
 * ```
 */
import { sayDuration } from '../continuous/say.ts';
import { formatInstant } from '../instant.ts';
import { type CronSchedule, readCron } from './cron-schedule.ts';
import { type CronDeadline, type FreshnessPolicy, type MaxAge, written } from './freshness-policy.ts';

export type FreshnessState = 'PASS' | 'WARN' | 'FAIL' | 'UNKNOWN' | 'NOT_APPLICABLE';

/** How far a dataset's content reaches (ms), or why nobody can tell. */
export type Reach = { readonly at: number } | { readonly at: null; readonly reason: string };

export interface FreshnessVerdict {
  readonly state: FreshnessState;
  /** One sentence with the numbers that decided it. */
  readonly reason: string;
  /** Of PASS and WARN: when the state gets worse if nothing new comes. Of FAIL: the deadline that was missed. */
  readonly deadline: number | null;
  /** When to look again; null: only something new can change the state. */
  readonly next: number | null;
  /** Of WARN and FAIL: the deadline at which it began. */
  readonly missed: number | null;
}

/**
 * The verdict at `now` (ms). A breach holds from its deadline on, the instant itself included; data exactly as old as a
 * lower bound is in time. Of several parts of one policy the worst counts.
 */
export function evaluateFreshness(policy: FreshnessPolicy | null, reach: Reach, now: number): FreshnessVerdict {
  if (policy === null) return still('NOT_APPLICABLE', 'No policy asks anything of it.');
  if (reach.at === null) return still('UNKNOWN', reach.reason);
  const verdicts = [
    ...(policy.maxAge === null ? [] : [byAge(policy.maxAge, reach.at, now)]),
    ...(policy.cron === null ? [] : [byDeadline(policy.cron, reach.at, now)]),
  ];
  return worstOf(verdicts);
}

/** The worst verdict, with the earliest instant at which any of them may change. */
export function worstOf(verdicts: readonly FreshnessVerdict[]): FreshnessVerdict {
  const [first, ...others] = [...verdicts].sort(
    (a, b) => RANK[b.state] - RANK[a.state] || (a.deadline ?? Infinity) - (b.deadline ?? Infinity),
  );
  if (first === undefined) return still('NOT_APPLICABLE', 'No policy asks anything of it.');
  const nexts = [first, ...others].flatMap(({ next }) => next ?? []);
  return { ...first, next: nexts.length === 0 ? null : Math.min(...nexts) };
}

const RANK: Readonly<Record<FreshnessState, number>> = { FAIL: 4, WARN: 3, UNKNOWN: 2, PASS: 1, NOT_APPLICABLE: 0 };

const still = (state: FreshnessState, reason: string): FreshnessVerdict => ({
  state,
  reason,
  deadline: null,
  next: null,
  missed: null,
});

function byAge({ warn, fail }: MaxAge, dataTime: number, now: number): FreshnessVerdict {
  const warnAt = warn === null ? null : dataTime + warn;
  const failAt = fail === null ? null : dataTime + fail;
  const age = now - dataTime;
  const reaches = `It reaches ${formatInstant(dataTime)}, ${age < 0 ? `${sayDuration(-age)} ahead` : `${sayDuration(age)} ago`}`;
  if (fail !== null && failAt !== null && now >= failAt) {
    const reason = `${reaches}: it has to be less than ${written(fail)} old.`;
    return { state: 'FAIL', reason, deadline: failAt, next: null, missed: failAt };
  }
  if (warn !== null && warnAt !== null && now >= warnAt) {
    const reason = `${reaches}: a warning from ${written(warn)} on.`;
    return { state: 'WARN', reason, deadline: failAt, next: failAt, missed: warnAt };
  }
  const next = warnAt ?? failAt;
  return { state: 'PASS', reason: `${reaches}.`, deadline: next, next, missed: null };
}

function byDeadline(cron: CronDeadline, dataTime: number, now: number): FreshnessVerdict {
  const schedule = scheduleOf(cron);
  if (schedule === null) return still('UNKNOWN', `"${cron.deadline}" in ${cron.timezone} can't be read any more.`);
  const last = schedule.lastBy(now);
  const reaches = `It reaches ${formatInstant(dataTime)}`;
  const bound = written(cron.lowerBound);
  if (last !== null && dataTime < last - cron.lowerBound) {
    const reason = `${reaches}: at ${formatInstant(last)} it had to reach ${formatInstant(last - cron.lowerBound)} (${bound} before).`;
    return { state: 'FAIL', reason, deadline: last, next: null, missed: last };
  }
  // Data that reaches further than the next deadline asks for is good until the first one that asks for more.
  const next = schedule.nextAfter(Math.max(now, dataTime + cron.lowerBound));
  const held =
    last === null ? '' : `, and had to reach ${formatInstant(last - cron.lowerBound)} at ${formatInstant(last)}`;
  return { state: 'PASS', reason: `${reaches}${held}.`, deadline: next, next, missed: null };
}

function scheduleOf({ deadline, timezone }: CronDeadline): CronSchedule | null {
  const read = readCron(deadline, timezone);
  return 'schedule' in read ? read.schedule : null;
}
