/**
 * RunEvents of the log on Redis by event time: ten bytes an event, in one text for each hour that events are of.
 *
 * ```
 * PREFIX:log:hours    sorted set of the hours that hold any, each by its number since 1970
 * PREFIX:log:hour:N   of each event of the hour, in order of positions: position (6 bytes) │ ms in the hour, type (4 bytes)
 * ```
 *
 * Positions rise in it, so those that retention took are its beginning; they count no more as soon as their block is gone.
 */
import type { Redis } from 'ioredis';
import type { AcceptedEvent, EventTimeQuery, RunEventType } from '#lineage';
import { COUNT_HOURS, ENTRY_BYTES, FORGET_HOURS } from './redis-time-scripts.ts';

const HOUR = 3_600_000;
/** An entry holds places in this list: words are added at its end, none is moved. The last place stands for no word. */
const TYPES: readonly RunEventType[] = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'];
const TYPE_BITS = 3;
const NO_TYPE = 2 ** TYPE_BITS - 1;
/** Hours of one command: others get their turn between commands. */
const HOURS_AT_ONCE = 200;
/** An hour that no event is of: the entry of one without a time. */
const NO_HOUR = -(2 ** 31);

interface Timed {
  readonly position: number;
  readonly time: number;
  readonly type: RunEventType | null;
}

/** What the log gives the script that appends: of each event the hour (4 bytes) and the second part of its entry (4 bytes). */
export function packTimes(events: readonly AcceptedEvent[]): Buffer {
  const packed = Buffer.alloc(8 * events.length);
  events.forEach(({ run }, i) => {
    if (run === undefined) {
      packed.writeInt32BE(NO_HOUR, 8 * i);
      return;
    }
    const hour = Math.floor(run.time / HOUR);
    const type = run.type === null ? NO_TYPE : TYPES.indexOf(run.type);
    packed.writeInt32BE(hour, 8 * i);
    packed.writeUInt32BE((run.time - hour * HOUR) * 2 ** TYPE_BITS + type, 8 * i + 4);
  });
  return packed;
}

export class RedisEventTimes {
  readonly #redis: Redis;
  readonly #keys: { readonly log: string; readonly hours: string; readonly hour: string };

  constructor(redis: Redis, keys: { readonly log: string; readonly hours: string; readonly hour: string }) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Positions of the page, in its order. */
  async page(query: EventTimeQuery): Promise<{ readonly positions: readonly number[]; readonly total: number }> {
    const { after, before, descending, limit, offset } = query;
    const first = await this.#firstKept();
    const hours = await this.#hoursWithin(after, before);
    const counts = await this.#counts(hours, first);
    // Of the hours at both ends only a part is within.
    for (const end of new Set([hours[0], hours.at(-1)])) {
      if (end !== undefined) counts.set(end, (await this.#eventsOf(end, first, query)).length);
    }
    const positions: number[] = [];
    let total = 0;
    for (const hour of descending ? hours.reverse() : hours) {
      const count = counts.get(hour) ?? 0;
      const skipped = Math.max(0, offset - total);
      total += count;
      if (positions.length >= limit || skipped >= count) continue;
      const events = await this.#eventsOf(hour, first, query);
      events.sort(inOrder);
      if (descending) events.reverse();
      positions.push(...events.slice(skipped, skipped + limit - positions.length).map(({ position }) => position));
    }
    return { positions, total };
  }

  async countByType(bounds: readonly number[]): Promise<readonly ReadonlyMap<RunEventType, number>[]> {
    const counts = bounds.slice(1).map(() => new Map<RunEventType, number>());
    const [after = null, before = null] = [bounds[0], bounds.at(-1)];
    const first = await this.#firstKept();
    for (const hour of counts.length === 0 ? [] : await this.#hoursWithin(after, before)) {
      for (const { time, type } of await this.#eventsOf(hour, first, { after, before })) {
        const interval = counts[bounds.findLastIndex((bound) => bound <= time)];
        if (type !== null) interval?.set(type, (interval.get(type) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** Gives back the room of events whose blocks are gone. */
  async forget(): Promise<void> {
    const { log, hours: all, hour } = this.#keys;
    const hours = await this.#hoursWithin(null, null);
    for (let i = 0; i < hours.length; i += HOURS_AT_ONCE) {
      await this.#redis.eval(FORGET_HOURS, 3, log, all, hour, ...hours.slice(i, i + HOURS_AT_ONCE));
    }
  }

  /** The position of the first event whose body is there; of an empty log one that none has. */
  async #firstKept(): Promise<number> {
    const [entry] = await this.#redis.xrange(this.#keys.log, '-', '+', 'COUNT', 1);
    if (entry === undefined) return Number.MAX_SAFE_INTEGER;
    const [id, [, events]] = entry;
    return Number.parseInt(id, 10) - Number(events) + 1;
  }

  /** Rising. */
  async #hoursWithin(after: number | null, before: number | null): Promise<number[]> {
    const from = after === null ? '-inf' : Math.floor(after / HOUR);
    const to = before === null ? '+inf' : Math.ceil(before / HOUR) - 1;
    return (await this.#redis.zrangebyscore(this.#keys.hours, from, to)).map(Number);
  }

  async #counts(hours: readonly number[], first: number): Promise<Map<number, number>> {
    const counts = new Map<number, number>();
    for (let i = 0; i < hours.length; i += HOURS_AT_ONCE) {
      const some = hours.slice(i, i + HOURS_AT_ONCE);
      const reply: unknown = await this.#redis.eval(COUNT_HOURS, 1, this.#keys.hour, first, ...some);
      if (!Array.isArray(reply)) throw new TypeError('Redis counted nothing');
      some.forEach((hour, k) => {
        counts.set(hour, Number(reply[k]));
      });
    }
    return counts;
  }

  async #eventsOf(
    hour: number,
    first: number,
    { after, before }: Pick<EventTimeQuery, 'after' | 'before'>,
  ): Promise<Timed[]> {
    const bytes = await this.#redis.getBuffer(this.#keys.hour + hour);
    const events: Timed[] = [];
    for (let at = 0; bytes !== null && at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const position = bytes.readUIntBE(at, 6);
      const packed = bytes.readUInt32BE(at + 6);
      const time = hour * HOUR + Math.floor(packed / 2 ** TYPE_BITS);
      if (position < first || (after !== null && time < after) || (before !== null && time >= before)) continue;
      events.push({ position, time, type: TYPES[packed % 2 ** TYPE_BITS] ?? null });
    }
    return events;
  }
}

const inOrder = (a: Timed, b: Timed): number => a.time - b.time || a.position - b.position;
