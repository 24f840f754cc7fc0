import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobQueue, LaneWork } from '#lineage';

export interface JobQueueUnderTest {
  readonly queue: JobQueue;
  /** Where several processes share a queue: another one on the same lanes; where not: null. */
  readonly second: (() => Promise<JobQueue>) | null;
  /** Closes the queue and opens it again on what it kept. */
  reopen(): Promise<JobQueue>;
  /** Closes all of them and removes what they kept. */
  remove(): Promise<void>;
}

/** Made with pauses of 40 ms after a first failure, doubled up to 300 ms. */
export type MakeJobQueue = () => Promise<JobQueueUnderTest>;

const HOUR = 3_600_000;
const WAIT = { timeout: 15_000, interval: 5 };

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What every queue keeps to, whatever it is made of. */
export function jobQueueContract(name: string, makeQueue: MakeJobQueue): void {
  describe(`job queue contract: ${name}`, () => {
    let made: JobQueueUnderTest;
    let queue: JobQueue;
    /** Lanes in the order in which handlers were called, with the time. */
    let calls: { readonly lane: string; readonly at: number }[];

    beforeEach(async () => {
      made = await makeQueue();
      queue = made.queue;
      calls = [];
    });
    afterEach(() => made.remove());

    function work(over: Partial<LaneWork> = {}, on: JobQueue = queue): void {
      const { handler = async () => null, lanesAtOnce = 4, onFailure = () => undefined } = over;
      on.work({
        lanesAtOnce,
        onFailure,
        handler: (lane) => {
          calls.push({ lane, at: Date.now() });
          return handler(lane);
        },
      });
    }
    const called = (lane: string): number => calls.filter((one) => one.lane === lane).length;

    describe('times', () => {
      it('calls what is due, once, whatever the lane is called', async () => {
        work();
        const lanes = ['dataset:postgres://h:5432:db.s.t', 'a b\n😀', '7', `long ${'x'.repeat(3000)}`];
        await queue.schedule(lanes.map((lane) => ({ lane, at: 0 })));
        await expect.poll(() => calls.map(({ lane }) => lane).sort(), WAIT).toEqual([...lanes].sort());
        await rest(200);
        expect(calls).toHaveLength(lanes.length);
      });

      it('calls no sooner than asked for', async () => {
        work();
        const at = Date.now() + 300;
        await queue.schedule([{ lane: 'later', at }]);
        await queue.schedule([{ lane: 'now', at: 0 }]);
        await expect.poll(() => calls.map(({ lane }) => lane), WAIT).toEqual(['now', 'later']);
        expect(calls[1]?.at).toBeGreaterThanOrEqual(at);
      });

      it('keeps the earliest of several times, in whichever order they come', async () => {
        work();
        const soon = Date.now() + 200;
        const far = Date.now() + HOUR;
        await queue.schedule([{ lane: 'up', at: far }]);
        await queue.schedule([{ lane: 'up', at: soon }]);
        await queue.schedule([{ lane: 'down', at: soon }]);
        await queue.schedule([{ lane: 'down', at: far }]);
        await queue.schedule([
          { lane: 'both', at: far },
          { lane: 'both', at: soon },
          { lane: 'both', at: far },
        ]);
        await Promise.all([far, soon, far + 1, soon + 1].map((at) => queue.schedule([{ lane: 'at once', at }])));
        await expect.poll(() => calls.map(({ lane }) => lane).sort(), WAIT).toEqual(['at once', 'both', 'down', 'up']);
        for (const { at } of calls) expect(at).toBeGreaterThanOrEqual(soon);
      });

      it('calls again when the handler says so, and no sooner', async () => {
        let times = 0;
        work({
          handler: async () => {
            times++;
            return times < 3 ? Date.now() + 150 : null;
          },
        });
        await queue.schedule([{ lane: 'a', at: 0 }]);
        await expect.poll(() => times, WAIT).toBe(3);
        for (const [i, { at }] of calls.slice(1).entries())
          expect(at - (calls[i]?.at ?? at)).toBeGreaterThanOrEqual(150);
        await rest(300);
        expect(times).toBe(3);
      });

      it('takes a time anew once the lane was called', async () => {
        work();
        await queue.schedule([{ lane: 'a', at: Date.now() + 400 }]);
        await queue.schedule([{ lane: 'a', at: 0 }]);
        await expect.poll(() => called('a'), WAIT).toBe(1);
        await queue.schedule([{ lane: 'a', at: Date.now() + 200 }]);
        await expect.poll(() => called('a'), WAIT).toBe(2);
      });
    });

    describe('lanes', () => {
      it('have one handler at a time; what is asked for meanwhile comes after', async () => {
        const ends: (() => void)[] = [];
        work({ handler: () => new Promise((resolve) => ends.push(() => resolve(null))) });
        await queue.schedule([{ lane: 'a', at: 0 }]);
        await expect.poll(() => ends.length, WAIT).toBe(1);
        await queue.schedule([{ lane: 'a', at: 0 }]);
        await queue.schedule([{ lane: 'a', at: Date.now() + HOUR }]);
        await rest(200);
        expect(called('a')).toBe(1);
        ends[0]?.();
        await expect.poll(() => ends.length, WAIT).toBe(2);
        ends[1]?.();
      });

      it('wait for an earlier time that was asked for while the handler ran, not for the later one it gave', async () => {
        const ends: ((next: number | null) => void)[] = [];
        work({ handler: () => new Promise((resolve) => ends.push(resolve)) });
        await queue.schedule([{ lane: 'a', at: 0 }]);
        await expect.poll(() => ends.length, WAIT).toBe(1);
        const soon = Date.now() + 300;
        await queue.schedule([{ lane: 'a', at: soon }]);
        ends[0]?.(Date.now() + HOUR);
        await expect.poll(() => ends.length, WAIT).toBe(2);
        expect(calls[1]?.at).toBeGreaterThanOrEqual(soon);
        ends[1]?.(null);
      });

      it('are handled side by side, as many as allowed and no more', async () => {
        let running = 0;
        let most = 0;
        work({
          lanesAtOnce: 3,
          handler: async () => {
            most = Math.max(most, ++running);
            await rest(60);
            running--;
            return null;
          },
        });
        await queue.schedule(Array.from({ length: 12 }, (_, i) => ({ lane: `${i}`, at: 0 })));
        await expect.poll(() => calls.length, WAIT).toBe(12);
        await expect.poll(() => running, WAIT).toBe(0);
        expect(most).toBe(3);
      });
    });

    describe('failures', () => {
      it('are told, and tried again with growing pauses, while other lanes go on', async () => {
        const told: unknown[] = [];
        let good = 0;
        work({
          onFailure: (lane, error) => told.push([lane, error instanceof Error ? error.message : error]),
          handler: async (lane) => {
            if (lane === 'bad' && called('bad') < 4) throw new Error(`no. ${called('bad')}`);
            if (lane === 'good') good++;
            return null;
          },
        });
        await queue.schedule([{ lane: 'bad', at: 0 }]);
        await queue.schedule([{ lane: 'good', at: Date.now() + 60 }]);
        await expect.poll(() => called('bad'), WAIT).toBe(4);
        expect(told).toEqual([
          ['bad', 'no. 1'],
          ['bad', 'no. 2'],
          ['bad', 'no. 3'],
        ]);
        const times = calls.filter(({ lane }) => lane === 'bad').map(({ at }) => at);
        const pauses = times.slice(1).map((at, i) => at - (times[i] ?? at));
        expect(pauses[0]).toBeGreaterThanOrEqual(40);
        expect(pauses[1]).toBeGreaterThanOrEqual(80);
        expect(pauses[2]).toBeGreaterThanOrEqual(160);
        await expect.poll(() => good, WAIT).toBe(1);
      });
    });

    describe('close', () => {
      it('waits for handlers, keeps what is not done, and takes nothing after', async () => {
        let ended = false;
        work({
          lanesAtOnce: 1,
          handler: async () => {
            await rest(300);
            ended = true;
            return null;
          },
        });
        await queue.schedule([{ lane: 'first', at: 0 }]);
        await expect.poll(() => calls.length, WAIT).toBe(1);
        await queue.schedule([{ lane: 'second', at: 0 }]);
        await queue.close();
        expect(ended).toBe(true);
        await expect(queue.schedule([{ lane: 'third', at: 0 }])).rejects.toThrow(/closed/);
        await queue.close();
        expect(called('second')).toBe(0);

        queue = await made.reopen();
        work();
        await expect.poll(() => called('second'), WAIT).toBe(1);
        expect(called('third')).toBe(0);
      });

      it('keeps what was scheduled by a queue that never worked', async () => {
        await queue.schedule([{ lane: 'a', at: 0 }]);
        await queue.close();
        queue = await made.reopen();
        work();
        await expect.poll(() => called('a'), WAIT).toBe(1);
      });
    });

    describe('races', () => {
      it('loses no wake-up and lets no two handlers into one lane, though many schedule at once', async () => {
        const second = await made.second?.();
        const lanes = Array.from({ length: 10 }, (_, i) => `lane ${i}`);
        const inside = new Set<string>();
        let collisions = 0;
        const handler = async (lane: string): Promise<number | null> => {
          if (inside.has(lane)) collisions++;
          inside.add(lane);
          await rest(Math.random() * 12);
          inside.delete(lane);
          return Math.random() < 0.1 ? Date.now() + HOUR : null;
        };
        work({ handler });
        if (second !== undefined) work({ handler }, second);
        const queues = second === undefined ? [queue] : [queue, second];
        const asked = new Map<string, number>();
        async function ask(): Promise<void> {
          for (let i = 0; i < 60; i++) {
            const lane = lanes[Math.floor(Math.random() * lanes.length)] ?? '';
            const at = Date.now() + (Math.random() < 0.3 ? HOUR : Math.ceil(Math.random() * 20));
            // Whatever time is the earliest by now: the handler is called after this, if it is to be called in this hour.
            if (at < Date.now() + HOUR / 2) asked.set(lane, Date.now());
            await queues[i % queues.length]?.schedule([{ lane, at }]);
            if (i % 7 === 0) await rest(Math.random() * 15);
          }
        }
        await Promise.all(Array.from({ length: 8 }, ask));
        const last = (lane: string): number =>
          Math.max(0, ...calls.filter((one) => one.lane === lane).map(({ at }) => at));
        await expect.poll(() => lanes.filter((lane) => last(lane) < (asked.get(lane) ?? 0)), WAIT).toEqual([]);
        expect(collisions).toBe(0);
      });
    });
  });
}
