import { randomBytes } from 'node:crypto';

/** The last id of a series; within its millisecond the next one is a little higher. */
interface Series {
  ms: number;
  /** rand_a (12 bits) and rand_b (62 bits) of RFC 9562, as one counter. */
  counter: bigint;
}

const RAND_B_BITS = 62n;
const MAX_MS = 2 ** 48 - 1;

const clocked: Series = { ms: -1, counter: 0n };
const dated: Series = { ms: -1, counter: 0n };

/**
 * A run id: a UUID of version 7 (RFC 9562), whose first 48 bits are a time in milliseconds, so that ids sort by it.
 *
 * Without `date` ids rise strictly within the process, also inside one millisecond and when the clock is set back (the
 * last time seen is then kept). With `date` the id bears exactly that time, and ids of one date rise as long as no
 * other date comes between.
 */
export function newRunId(date?: Date): string {
  if (date === undefined) return format(next(clocked, Math.max(Date.now(), clocked.ms)));
  const ms = date.getTime();
  if (!(ms >= 0 && ms <= MAX_MS)) {
    throw new RangeError(`newRunId(date): a UUIDv7 holds a time from 1970 to 10889, not ${String(date)}`);
  }
  return format(next(dated, ms));
}

function next(series: Series, ms: number): Series {
  if (ms === series.ms) {
    // A random step, as RFC 9562 §6.2 method 2 wants it: an id seen doesn't tell the one after it.
    series.counter += 1n + random(4);
  } else {
    series.ms = ms;
    // 73 of 74 random bits. Steps are below 2^33, so 2^40 ids of one millisecond fit before the counter could run over.
    series.counter = random(10) & ((1n << 73n) - 1n);
  }
  return series;
}

function random(bytes: number): bigint {
  return BigInt(`0x${randomBytes(bytes).toString('hex')}`);
}

function format({ ms, counter }: Series): string {
  const time = ms.toString(16).padStart(12, '0');
  const randA = (counter >> RAND_B_BITS).toString(16).padStart(3, '0');
  const randB = ((counter & ((1n << RAND_B_BITS) - 1n)) | (0b10n << RAND_B_BITS)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${randB.slice(0, 4)}-${randB.slice(4)}`;
}
