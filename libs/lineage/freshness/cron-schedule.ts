import { Cron } from 'croner';

/** The instants (ms) that a cron expression names in one time zone. */
export interface CronSchedule {
  /** The last one at or before `t`; null: there was none in living memory. */
  lastBy(t: number): number | null;
  /** The first one after `t`; null: there is none. */
  nextAfter(t: number): number | null;
}

export type CronReading = { readonly schedule: CronSchedule } | { readonly fault: string };

/** Where a zone is left out. */
export const UTC = 'UTC';

const NICKNAMES = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;

/** Parsed expressions, so that a million policies with one deadline parse it once. Full: begun anew. */
const READ = new Map<string, CronReading>();
const MOST_READ = 10_000;

/**
 * Reads five fields (minute, hour, day of month, month, day of week) or a nickname such as `@daily`, in an IANA time zone.
 *
 * Where the clocks go forward, a time in the hour that is left out comes at the end of the gap: 02:30 at 03:00. Where they
 * go back, a fixed time comes once, the first time round; every half hour comes every half hour.
 */
export function readCron(expression: string, timezone: string = UTC): CronReading {
  const key = `${timezone}\n${expression}`;
  const held = READ.get(key);
  if (held !== undefined) return held;
  if (READ.size >= MOST_READ) READ.clear();
  const read = parsed(expression.trim(), timezone);
  READ.set(key, read);
  return read;
}

function parsed(expression: string, timezone: string): CronReading {
  // `?` means "the time at which it is read": a clock in disguise.
  if (expression.includes('?')) return { fault: `"${expression}" has a "?", which is no fixed time: write "*"` };
  if (expression.startsWith('@') && !NICKNAMES.test(expression))
    return { fault: `"${expression}" is no cron expression: known are @yearly, @monthly, @weekly, @daily, @hourly` };
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    return { fault: `"${timezone}" is no time zone: write an IANA name such as Europe/Paris` };
  }
  try {
    const schedule = new CachedSchedule(new Cron(expression, { timezone, mode: '5-part' }));
    return schedule.nextAfter(0) === null
      ? { fault: `"${expression}" names no instant that ever comes` }
      : { schedule };
  } catch (error) {
    return { fault: `"${expression}" is no cron expression: ${error instanceof Error ? error.message : 'unreadable'}` };
  }
}

/** Remembers the last gap between two instants that it was asked about: who looks at one time looks many times. */
class CachedSchedule implements CronSchedule {
  readonly #cron: Cron;
  #last: number | null = null;
  #next: number | null = null;
  /** The gap is [#from, #to). */
  #from = 0;
  #to = 0;

  constructor(cron: Cron) {
    this.#cron = cron;
  }

  lastBy(t: number): number | null {
    this.#look(t);
    return this.#last;
  }

  nextAfter(t: number): number | null {
    this.#look(t);
    return this.#next;
  }

  #look(t: number): void {
    if (t >= this.#from && t < this.#to) return;
    // Instants are whole minutes: of one that is asked about to the millisecond, the second after it still counts it.
    const [last] = this.#cron.previousRuns(1, new Date(Math.floor(t / 1000) * 1000 + 1000));
    this.#last = last?.getTime() ?? null;
    this.#next = this.#cron.nextRun(new Date(t))?.getTime() ?? null;
    this.#from = this.#last ?? t;
    this.#to = this.#next ?? t;
  }
}
