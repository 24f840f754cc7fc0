/** What is asked of a dataset's data time: policies as they are declared, read and shown. */
import { parseDuration } from '../duration.ts';
import { readCron, UTC } from './cron-schedule.ts';

/** Data that is this old (ms) is a warning, a failure. At least one of the two is set; warn is the smaller. */
export interface MaxAge {
  readonly warn: number | null;
  readonly fail: number | null;
}

/** At each deadline the data must be no older than `lowerBound` (ms). */
export interface CronDeadline {
  /** Five cron fields, or a nickname. */
  readonly deadline: string;
  readonly lowerBound: number;
  /** IANA name. */
  readonly timezone: string;
}

export interface FreshnessPolicy {
  readonly name: string;
  /** Who asks for it: a facet's source, a rule file. */
  readonly source: string;
  readonly maxAge: MaxAge | null;
  readonly cron: CronDeadline | null;
}

export interface PolicyFault {
  /** Below the value that was read: `maxAge.warn`. */
  readonly path: string;
  readonly message: string;
}

export type PolicyReading = { readonly policy: FreshnessPolicy | null } | { readonly faults: readonly PolicyFault[] };

/**
 * Reads `maxAge` and `cron` of a `headwater_freshness` facet or of an entry in a rule file; other keys are the
 * caller's. Neither of the two: null, for a facet may tell a watermark alone. One fault in it and nothing of it holds:
 * half a policy would pass where the whole one fails.
 */
export function readPolicy(value: unknown, name: string, source: string): PolicyReading {
  if (!isObject(value)) return { faults: [{ path: '', message: 'must be an object with maxAge or cron' }] };
  const faults: PolicyFault[] = [];
  const maxAge = isAbsent(value['maxAge']) ? null : readMaxAge(value['maxAge'], faults);
  const cron = isAbsent(value['cron']) ? null : readDeadline(value['cron'], faults);
  if (faults.length > 0) return { faults };
  return { policy: maxAge === null && cron === null ? null : { name, source, maxAge, cron } };
}

function readMaxAge(value: unknown, faults: PolicyFault[]): MaxAge | null {
  if (!isObject(value)) {
    faults.push({ path: 'maxAge', message: 'must be an object with warn, fail or both' });
    return null;
  }
  const warn = isAbsent(value['warn']) ? null : readDuration(value['warn'], 'maxAge.warn', faults);
  const fail = isAbsent(value['fail']) ? null : readDuration(value['fail'], 'maxAge.fail', faults);
  if (isAbsent(value['warn']) && isAbsent(value['fail']))
    faults.push({ path: 'maxAge', message: 'must have warn, fail or both' });
  if (warn !== null && fail !== null && warn >= fail)
    faults.push({
      path: 'maxAge.warn',
      message: 'must be less than fail: a warning that comes later warns of nothing',
    });
  return { warn, fail };
}

function readDeadline(value: unknown, faults: PolicyFault[]): CronDeadline | null {
  if (!isObject(value)) {
    faults.push({ path: 'cron', message: 'must be an object with deadline and lowerBound' });
    return null;
  }
  const { deadline, lowerBound, timezone } = value;
  const bound = readDuration(lowerBound, 'cron.lowerBound', faults);
  if (!isAbsent(timezone) && typeof timezone !== 'string') {
    faults.push({ path: 'cron.timezone', message: 'must be an IANA name such as Europe/Paris' });
    return null;
  }
  if (typeof deadline !== 'string') {
    faults.push({ path: 'cron.deadline', message: 'must be a cron expression such as "0 8 * * 1-5"' });
    return null;
  }
  const zone = timezone ?? UTC;
  const read = readCron(deadline, zone);
  if ('fault' in read) faults.push({ path: 'cron.deadline', message: read.fault });
  return bound === null ? null : { deadline, lowerBound: bound, timezone: zone };
}

function readDuration(value: unknown, path: string, faults: PolicyFault[]): number | null {
  const ms = typeof value === 'string' ? parseDuration(value) : null;
  if (ms === null || ms === 0) {
    faults.push({ path, message: 'must be a duration such as 30s, 5m, 2h or 1d' });
    return null;
  }
  return ms;
}

/** "at most 2 h old, a warning from 1 h; by 0 8 * * 1-5 (Europe/Paris) no older than 4 h". */
export function policyText({ maxAge, cron }: FreshnessPolicy): string {
  const parts: string[] = [];
  if (maxAge?.fail !== null && maxAge?.fail !== undefined) {
    const warned = maxAge.warn === null ? '' : `, with a warning from ${written(maxAge.warn)}`;
    parts.push(`less than ${written(maxAge.fail)} old${warned}`);
  } else if (maxAge?.warn !== null && maxAge?.warn !== undefined) {
    parts.push(`with a warning from ${written(maxAge.warn)} of age`);
  }
  if (cron !== null) parts.push(`at "${cron.deadline}" (${cron.timezone}) at most ${written(cron.lowerBound)} old`);
  return parts.join('; ');
}

/** In the largest unit that says it exactly, as a policy writes it: 5400000 is 90m. */
export function written(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
