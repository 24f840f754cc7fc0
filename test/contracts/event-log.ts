import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedEvent, EventLog, Refusal } from '#lineage';

export interface EventLogUnderTest {
  readonly log: EventLog;
  /** Closes the log and opens it again on what it kept. */
  reopen(): Promise<EventLog>;
  /** Closes the log and removes what it kept. */
  remove(): Promise<void>;
}

export type MakeEventLog = (options: { readonly refusalsKept: number }) => Promise<EventLogUnderTest>;

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/** What every event log keeps to, whatever it is made of. */
export function eventLogContract(name: string, makeLog: MakeEventLog): void {
  describe(`event log contract: ${name}`, () => {
    let made: EventLogUnderTest;
    let log: EventLog;

    beforeEach(async () => {
      made = await makeLog({ refusalsKept: 20 });
      log = made.log;
    });
    afterEach(() => made.remove());

    describe('append', () => {
      it('is empty at first', async () => {
        expect(await log.head()).toBe(0);
        expect(await log.read(0, 10)).toEqual([]);
        expect(await log.append([])).toEqual([]);
      });

      it('gives positions from 1, without gaps, in the order of the calls', async () => {
        expect(await log.append([event('a'), event('b')])).toEqual([at(1), at(2)]);
        expect(await log.append([event('c')])).toEqual([at(3)]);
        expect(await log.head()).toBe(3);
      });

      it('gives gapless, rising positions to concurrent callers', async () => {
        const calls = Array.from({ length: 50 }, (_, i) => log.append([event(`${i}-a`), event(`${i}-b`)]));
        const positions = (await Promise.all(calls)).flat().map((result) => result.position);
        expect(positions).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
        expect((await log.read(0, 1000)).map((one) => one.position)).toEqual(positions);
      });

      it('answers a repeat with the first position and stores nothing', async () => {
        await log.append([event('a'), event('b')]);
        expect(await log.append([event('a'), event('c'), event('b')])).toEqual([at(1, true), at(3), at(2, true)]);
        expect((await log.read(0, 10)).map((one) => one.body)).toEqual([body('a'), body('b'), body('c')]);
      });

      it('recognises repeats within one call and between concurrent calls', async () => {
        const [one, two] = await Promise.all([log.append([event('a'), event('a')]), log.append([event('a')])]);
        expect(one).toEqual([at(1), at(1, true)]);
        expect(two).toEqual([at(1, true)]);
        expect(await log.head()).toBe(1);
        const same = event('b');
        expect(await log.append([same, same])).toEqual([at(2), at(2, true)]);
      });

      it('keeps the receipt of the first of two equal events', async () => {
        await log.append([event('a', NOW)]);
        await log.append([event('a', NOW + HOUR)]);
        expect((await log.read(0, 10)).map((one) => one.receivedAt)).toEqual([NOW]);
      });

      it('keeps every character: NUL, astral, separators, empty and large bodies', async () => {
        const bodies = ['{"a":"x\u0000y"}', '"😀\u2028é"', '', `"${'x'.repeat(3_000_000)}"`, '\u0000'];
        const events = bodies.map((text) => accepted(text, NOW));
        await log.append(events);
        expect((await readAll(log)).map((one) => one.body)).toEqual(bodies);
        const found = await log.find(events.map((one) => one.hash));
        expect(events.map((one) => found.get(one.hash)?.body)).toEqual(bodies);
      });

      it('rejects a malformed hash and keeps nothing of that call', async () => {
        await expect(log.append([event('a'), { hash: 'AB', body: '{}', receivedAt: NOW }])).rejects.toThrow(/SHA-256/);
        expect(await log.head()).toBe(0);
        expect(await log.append([event('a')])).toEqual([at(1)]);
      });

      it('has everything after a restart, and goes on from there', async () => {
        await log.append([event('a'), event('b')]);
        log = await made.reopen();
        expect(await log.head()).toBe(2);
        expect(await log.append([event('b'), event('c')])).toEqual([at(2, true), at(3)]);
        expect((await log.read(0, 10)).map((one) => one.body)).toEqual([body('a'), body('b'), body('c')]);
      });
    });

    describe('read', () => {
      it('starts after a position, in order, at most `limit`', async () => {
        await log.append(['a', 'b', 'c', 'd', 'e'].map((id) => event(id)));
        const page = await log.read(1, 3);
        expect(page).toEqual([
          { position: 2, ...event('b') },
          { position: 3, ...event('c') },
          { position: 4, ...event('d') },
        ]);
        expect(await log.read(5, 3)).toEqual([]);
        expect(await log.read(99, 3)).toEqual([]);
      });

      it('pages over events of many appends, with any page size', async () => {
        for (let i = 0; i < 5; i++) await log.append(Array.from({ length: i + 1 }, (_, k) => event(`${i}.${k}`)));
        for (const size of [1, 2, 4, 7, 100]) {
          expect((await readAll(log, size)).map((one) => one.position)).toEqual(
            Array.from({ length: 15 }, (_, i) => i + 1),
          );
        }
      });

      it('may answer with fewer than `limit` large events, but with one at least', async () => {
        const large = Array.from({ length: 6 }, (_, i) => accepted(`"${i}${'y'.repeat(4_000_000)}"`, NOW));
        await log.append(large);
        expect((await log.read(0, 6)).length).toBeGreaterThan(0);
        expect((await readAll(log)).map((one) => one.hash)).toEqual(large.map((one) => one.hash));
      });
    });

    describe('find', () => {
      it('finds raw events by hash; unknown hashes are absent', async () => {
        await log.append(['a', 'b', 'c'].map((id) => event(id)));
        const found = await log.find([event('c').hash, event('a').hash, event('zzz').hash, event('a').hash]);
        expect([...found.keys()].sort()).toEqual([event('a').hash, event('c').hash].sort());
        expect(found.get(event('c').hash)).toEqual({ position: 3, ...event('c') });
        expect(await log.find([])).toEqual(new Map());
      });
    });

    describe('prune', () => {
      it('drops bodies by arrival and still recognises their repeats', async () => {
        await log.append([event('old', NOW - 2 * HOUR)]);
        await log.append([event('new', NOW)]);
        expect(await log.prune(NOW - HOUR)).toEqual({ events: 1 });
        expect((await log.read(0, 10)).map((one) => one.position)).toEqual([2]);
        expect(await log.find([event('old').hash])).toEqual(new Map());
        expect(await log.append([event('old', NOW)])).toEqual([at(1, true)]);
        expect(await log.head()).toBe(2);
      });

      it('keeps what arrived at the very time, and has nothing to do twice', async () => {
        await log.append([event('a', NOW)]);
        expect(await log.prune(NOW)).toEqual({ events: 0 });
        expect(await log.prune(NOW + 1)).toEqual({ events: 1 });
        expect(await log.prune(NOW + 1)).toEqual({ events: 0 });
      });

      it('takes no event that arrived later, though it came with older ones', async () => {
        await log.append([event('old', NOW - 2 * HOUR), event('new', NOW)]);
        await log.prune(NOW - HOUR);
        expect((await log.read(0, 10)).map((one) => one.position)).toContain(2);
      });

      it('prunes many appends, survives a restart, and gives no position out twice', async () => {
        for (let i = 0; i < 150; i++) await log.append([event(`${i}`, NOW - 2 * HOUR)]);
        expect(await log.prune(NOW)).toEqual({ events: 150 });
        log = await made.reopen();
        expect(await log.head()).toBe(150);
        expect(await log.append([event('next', NOW)])).toEqual([at(151)]);
        expect((await log.read(0, 10)).map((one) => one.position)).toEqual([151]);
      });

      it('drops refusals by arrival too', async () => {
        const [, young] = await log.refuse([refusal('old', { at: NOW - 2 * HOUR }), refusal('new', { at: NOW })]);
        await log.prune(NOW - HOUR);
        expect((await log.refusals({ first: 10, after: null })).map((one) => one.id)).toEqual([young]);
      });
    });

    describe('refusals', () => {
      it('keeps all that a refusal says, NUL included', async () => {
        const one = refusal('a\u0000b', { body: '{"x":"\u0000"}', where: 'inputs[0].name' });
        const two = refusal('not JSON', { excerpt: 'hel\u0000lo', status: 400 });
        const [first, second] = await log.refuse([one, two]);
        expect(await log.refusal([first ?? '', second ?? ''])).toEqual([
          { ...one, id: first },
          { ...two, id: second },
        ]);
      });

      it('pages from the newest to the oldest', async () => {
        const ids = await log.refuse(Array.from({ length: 5 }, (_, i) => refusal(`${i}`)));
        const newestFirst = [...ids].reverse();
        const page = await log.refusals({ first: 2, after: null });
        expect(page.map((one) => one.id)).toEqual(newestFirst.slice(0, 2));
        const rest = await log.refusals({ first: 10, after: page.at(-1)?.id ?? null });
        expect(rest.map((one) => one.id)).toEqual(newestFirst.slice(2));
      });

      it('keeps the newest up to its limit, and gives no id twice', async () => {
        const early = await log.refuse(Array.from({ length: 15 }, (_, i) => refusal(`early ${i}`)));
        const late = await log.refuse(Array.from({ length: 15 }, (_, i) => refusal(`late ${i}`)));
        const kept = await log.refusals({ first: 100, after: null });
        expect(kept.map((one) => one.id)).toEqual([...early.slice(-5), ...late].reverse());
        expect(new Set([...early, ...late]).size).toBe(30);
        expect(await log.refusal(early.slice(0, 1))).toEqual([]);
      });

      it('drops by id; unknown ids and ids of another kind are nothing', async () => {
        const [first = '', second = ''] = await log.refuse([refusal('a'), refusal('b')]);
        await log.dropRefusals([first, '999999', 'x', '-1', '', "1' OR 1=1"]);
        expect((await log.refusals({ first: 10, after: null })).map((one) => one.id)).toEqual([second]);
        expect(await log.refusal(['x', '', first])).toEqual([]);
        const [third] = await log.refuse([refusal('c')]);
        expect(third).not.toBe(first);
      });

      it('takes no position', async () => {
        await log.refuse([refusal('a')]);
        expect(await log.append([event('a')])).toEqual([at(1)]);
      });
    });

    describe('close', () => {
      it('finishes what was called before it, and rejects what comes after', async () => {
        const appending = log.append([event('a')]);
        await log.close();
        expect(await appending).toEqual([at(1)]);
        await expect(log.append([event('b')])).rejects.toThrow(/closed/);
        await expect(log.head()).rejects.toThrow(/closed/);
        await log.close();
        log = await made.reopen();
        expect(await log.head()).toBe(1);
      });
    });
  });
}

const body = (id: string): string => JSON.stringify({ id });

export function event(id: string, receivedAt = NOW): AcceptedEvent {
  return accepted(body(id), receivedAt);
}

function accepted(text: string, receivedAt: number): AcceptedEvent {
  return { hash: createHash('sha256').update(text).digest('hex'), body: text, receivedAt };
}

const at = (position: number, repeat = false): { position: number; repeat: boolean } => ({ position, repeat });

export function refusal(reason: string, over: Partial<Omit<Refusal, 'id'>> = {}): Omit<Refusal, 'id'> {
  const sha256 = createHash('sha256').update(reason).digest('hex');
  return { at: NOW, reason, where: null, status: 422, bytes: 12, sha256, body: null, excerpt: null, ...over };
}

async function readAll(log: EventLog, size = 100): Promise<Awaited<ReturnType<EventLog['read']>>[number][]> {
  const all: Awaited<ReturnType<EventLog['read']>>[number][] = [];
  for (;;) {
    const page = await log.read(all.at(-1)?.position ?? 0, size);
    if (page.length === 0) return all;
    all.push(...page);
  }
}
