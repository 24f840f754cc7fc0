/** Lanes of a process that was killed go on in another one, and no two processes are in one lane. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BullmqJobQueue } from '#queue';
import { ownRedisServer, redisUrl } from './redis-server.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'dist', 'test', 'servers', 'lane-process.js');
const WAIT = { timeout: 30_000, interval: 20 };

let prefix: string;
let queue: BullmqJobQueue;
let processes: ChildProcess[];
let said: { readonly by: number; readonly line: string }[];

beforeEach(async () => {
  prefix = `test-${randomUUID()}`;
  processes = [];
  said = [];
  queue = await BullmqJobQueue.open({
    url: redisUrl(),
    prefix,
    onError: (error) => {
      throw error;
    },
  });
});
afterEach(async () => {
  for (const one of processes) one.kill('SIGKILL');
  await queue.close();
});

async function start(): Promise<number> {
  const child = spawn(process.execPath, [SCRIPT, redisUrl(), prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
  const by = processes.push(child) - 1;
  // What it says after its test is none of the next one's.
  const heard = said;
  createInterface({ input: child.stdout }).on('line', (line) => heard.push({ by, line }));
  await expect.poll(() => heard.some((one) => one.by === by && one.line === 'ready'), WAIT).toBe(true);
  return by;
}

it('takes up what a killed process had begun, and what was asked for meanwhile', async () => {
  const first = await start();
  await queue.schedule([{ lane: 'a', at: 0 }]);
  await expect.poll(() => said.map(({ line }) => line), WAIT).toContain('begin a');
  await queue.schedule([
    { lane: 'a', at: 0 },
    { lane: 'b', at: 0 },
    { lane: 'c', at: Date.now() + 500 },
  ]);
  processes[first]?.kill('SIGKILL');
  const second = await start();
  const ended = (): string[] =>
    said.filter(({ by, line }) => by === second && line.startsWith('end')).map(({ line }) => line);
  // Each at least once: one look at a, begun after all of that, does for what was begun and for what was asked for meanwhile.
  await expect.poll(() => [...new Set(ended())].sort(), WAIT).toEqual(['end a', 'end b', 'end c']);
});

it('lets one of two processes into a lane at a time', async () => {
  await Promise.all([start(), start()]);
  const lanes = ['a', 'b', 'c'];
  const lines = (lane: string): string[] => said.map(({ line }) => line).filter((line) => line.endsWith(` ${lane}`));
  const busy = (): Set<number> => new Set(said.filter(({ line }) => line.startsWith('begin')).map(({ by }) => by));
  // A process is ready before its connections are, and a lane that has to wait for it gets one look for all that was asked
  // meanwhile: so it is asked until there was enough to see, not so many times.
  await expect
    .poll(
      async () => {
        await queue.schedule(lanes.map((lane) => ({ lane, at: 0 })));
        return busy().size === 2 && lanes.every((lane) => lines(lane).length >= 6);
      },
      { ...WAIT, interval: 100 },
    )
    .toBe(true);
  await expect.poll(() => lanes.map((lane) => lines(lane).length % 2), WAIT).toEqual([0, 0, 0]);
  for (const lane of lanes) {
    lines(lane).forEach((line, i) => {
      expect(line).toBe(`${i % 2 === 0 ? 'begin' : 'end'} ${lane}`);
    });
  }
});

it('ends though its server is gone, and its connections are being made anew', async () => {
  const url = await ownRedisServer('start', '--fresh');
  const left = await BullmqJobQueue.open({ url, prefix, onError: () => undefined });
  let handled = false;
  left.work({
    async handler() {
      handled = true;
      return null;
    },
    lanesAtOnce: 1,
    onFailure: () => undefined,
  });
  await left.schedule([{ lane: 'a', at: 0 }]);
  await expect.poll(() => handled, WAIT).toBe(true);
  await ownRedisServer('crash');
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await left.close();
}, 60_000);
