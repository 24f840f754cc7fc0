import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AcceptedEvent,
  type EventLog,
  type EventTimeIndex,
  type EventTimeQuery,
  formatInstant,
  type RunEventType,
  runEventTime,
} from '#lineage';

export interface EventTimesUnderTest {
  readonly log: EventLog;
  readonly index: EventTimeIndex;
  /** Closes the log and opens it again on what it kept. */
  reopen(): Promise<EventTimesUnderTest>;
  /** Closes the log and removes what it kept. */
  remove(): Promise<void>;
}

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const ALL: EventTimeQuery = { after: null, before: null, descending: false, limit: 100, offset: 0 };

/** What every log that finds RunEvents by event time keeps to; and what is read from a log that doesn't. */
export function eventTimeIndexContract(name: string, make: () => Promise<EventTimesUnderTest>): void {
  describe(`event time index contract: ${name}`, () => {
    let made: EventTimesUnderTest;
    beforeEach(async () => {
      made = await make();
    });
    afterEach(() => made.remove());

    const ids = async (query: Partial<EventTimeQuery> = {}): Promise<string[]> =>
      (await made.index.byTime({ ...ALL, ...query })).events.map((event) => idOf(event.body));

    it('is empty at first', async () => {
      expect(await made.index.byTime(ALL)).toEqual({ events: [], total: 0 });
      expect(await made.index.countByType([NOW, NOW + HOUR])).toEqual([new Map()]);
      expect(await made.index.countByType([])).toEqual([]);
    });

    it('orders by event time, not by arrival; those of one time by position, either way', async () => {
      await made.log.append([runEvent('late', NOW + 2), runEvent('tie 1', NOW + 1)]);
      await made.log.append([runEvent('early', NOW), runEvent('tie 2', NOW + 1), runEvent('before 1970', -HOUR)]);
      const rising = ['before 1970', 'early', 'tie 1', 'tie 2', 'late'];
      expect(await ids()).toEqual(rising);
      expect(await ids({ descending: true })).toEqual(rising.reverse());
    });

    it('answers with the logged events, whole', async () => {
      const event = runEvent('a', NOW);
      await made.log.append([event]);
      const { hash, body, receivedAt } = event;
      expect(await made.index.byTime(ALL)).toEqual({ events: [{ position: 1, hash, body, receivedAt }], total: 1 });
    });

    it('takes events from `after` on and up to `before`, without it', async () => {
      await made.log.append([NOW - 1, NOW, NOW + 1, NOW + 2].map((time) => runEvent(String(time - NOW), time)));
      expect(await ids({ after: NOW })).toEqual(['0', '1', '2']);
      expect(await ids({ before: NOW + 1 })).toEqual(['-1', '0']);
      expect(await ids({ after: NOW, before: NOW + 1 })).toEqual(['0']);
      expect(await ids({ after: NOW + 1, before: NOW })).toEqual([]);
    });

    it('pages, and counts all that match whatever the page', async () => {
      await made.log.append(Array.from({ length: 7 }, (_, i) => runEvent(`${i}`, NOW + i)));
      const page = async (limit: number, offset: number) => {
        const { events, total } = await made.index.byTime({ ...ALL, after: NOW + 1, limit, offset });
        return [events.map((event) => idOf(event.body)).join(''), total];
      };
      expect(await page(2, 0)).toEqual(['12', 6]);
      expect(await page(2, 4)).toEqual(['56', 6]);
      expect(await page(2, 6)).toEqual(['', 6]);
      expect(await page(0, 0)).toEqual(['', 6]);
    });

    it('knows RunEvents alone', async () => {
      await made.log.append([
        accepted({ id: 'job', eventTime: formatInstant(NOW), job: {} }),
        accepted({ id: 'dataset', eventTime: formatInstant(NOW), dataset: {} }),
        accepted({ id: 'none' }),
        runEvent('run', NOW),
      ]);
      expect(await made.index.byTime(ALL)).toMatchObject({ events: [{ position: 4 }], total: 1 });
    });

    it('counts a repeat once', async () => {
      await made.log.append([runEvent('a', NOW), runEvent('a', NOW)]);
      await made.log.append([runEvent('a', NOW)]);
      expect((await made.index.byTime(ALL)).total).toBe(1);
      expect(await made.index.countByType([NOW, NOW + 1])).toEqual([new Map([['START', 1]])]);
    });

    it('counts each type in each interval, its beginning in and its end out', async () => {
      const types: (RunEventType | null)[] = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER', null];
      await made.log.append(types.map((type, i) => runEvent(`${i}`, NOW + i, type)));
      await made.log.append([
        runEvent('before', NOW - 1),
        runEvent('lower case', NOW + HOUR, 'complete'),
        runEvent('no word', NOW + HOUR, 'FINISHED'),
        runEvent('after', NOW + 3 * HOUR),
      ]);
      expect(await made.index.countByType([NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR])).toEqual([
        new Map(types.filter((type) => type !== null).map((type) => [type, 1])),
        new Map([['COMPLETE', 1]]),
        new Map(),
      ]);
    });

    it('neither finds nor counts what retention took', async () => {
      await made.log.append([runEvent('old', NOW, 'START', NOW - HOUR), runEvent('old too', NOW, 'FAIL', NOW - HOUR)]);
      await made.log.append([runEvent('new', NOW, 'COMPLETE')]);
      await made.log.prune(NOW);
      expect(await made.index.byTime(ALL)).toMatchObject({ events: [{ position: 3 }], total: 1 });
      expect(await made.index.countByType([NOW, NOW + 1])).toEqual([new Map([['COMPLETE', 1]])]);
    });

    it('has all of it after a restart', async () => {
      await made.log.append([runEvent('b', NOW + 1, 'FAIL'), runEvent('a', NOW)]);
      made = await made.reopen();
      await made.log.append([runEvent('c', NOW)]);
      expect(await ids()).toEqual(['a', 'c', 'b']);
      expect(await made.index.countByType([NOW + 1, NOW + 2])).toEqual([new Map([['FAIL', 1]])]);
    });

    it('answers as plain sorting and counting would', async () => {
      const times =
        fc.sample(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 40, maxLength: 40 }), {
          seed: 1,
          numRuns: 1,
        })[0] ?? [];
      const events = times.map((time, i) => ({ id: `${i}`, time: NOW + time }));
      for (const some of [events.slice(0, 13), events.slice(13)]) {
        await made.log.append(some.map(({ id, time }) => runEvent(id, time)));
      }
      const bound = fc.option(fc.integer({ min: NOW - 1, max: NOW + 14 }));
      const query = fc.record({
        after: bound,
        before: bound,
        descending: fc.boolean(),
        limit: fc.nat(50),
        offset: fc.nat(50),
      });
      await fc.assert(
        fc.asyncProperty(query, async (asked) => {
          const rising = events
            .filter(({ time }) => (asked.after ?? 0) <= time && time < (asked.before ?? Infinity))
            .sort((a, b) => a.time - b.time || Number(a.id) - Number(b.id));
          const ordered = asked.descending ? rising.reverse() : rising;
          const found = await made.index.byTime(asked);
          expect(found.total).toBe(ordered.length);
          expect(found.events.map((event) => idOf(event.body))).toEqual(
            ordered.slice(asked.offset, asked.offset + asked.limit).map(({ id }) => id),
          );
        }),
        { numRuns: 50 },
      );
    });
  });
}

export function runEvent(
  id: string,
  time: number,
  eventType: string | null = 'START',
  receivedAt = NOW,
): AcceptedEvent {
  return accepted({ id, eventTime: formatInstant(time), eventType, run: { runId: id }, job: {} }, receivedAt);
}

function accepted(event: object, receivedAt = NOW): AcceptedEvent {
  const body = JSON.stringify(event);
  const run = runEventTime(event);
  const hash = createHash('sha256').update(body).digest('hex');
  return { hash, body, receivedAt, ...(run === null ? {} : { run }) };
}

function idOf(body: string): string {
  return (JSON.parse(body) as { readonly id: string }).id;
}
