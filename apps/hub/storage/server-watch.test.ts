import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ServerState, ServerWatch } from './server-watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(ask: () => Promise<unknown>): { readonly watch: ServerWatch; readonly told: ServerState[] } {
  const told: ServerState[] = [];
  const watch = new ServerWatch({ asks: { redis: ask }, onChange: (state) => told.push(state) });
  watch.start();
  return { watch, told };
}

it('tells once that a server went, and once that it is back; its reason is the latest', async () => {
  let fault: string | null = null;
  const { watch: servers, told } = watch(async () => {
    if (fault !== null) throw new Error(fault);
  });
  await vi.advanceTimersByTimeAsync(2_500);
  expect(told).toEqual([]);
  fault = 'refused';
  await vi.advanceTimersByTimeAsync(1_000);
  fault = 'no route';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([{ name: 'redis', state: 'down', reason: 'refused' }]);
  expect(servers.states()).toEqual([{ name: 'redis', state: 'down', reason: 'no route' }]);
  fault = null;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.slice(1)).toEqual([{ name: 'redis', state: 'up', reason: null }]);
  servers.stop();
});

it('a server that does not answer is away, is not asked again, and is back with its answer', async () => {
  let answer = (): void => undefined;
  let asked = 0;
  const { watch: servers, told } = watch(() => {
    asked++;
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([{ name: 'redis', state: 'down', reason: 'it has not answered for 3 s' }]);
  expect(asked).toBe(1);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(servers.states()).toEqual([{ name: 'redis', state: 'up', reason: null }]);
  servers.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toBe(1);
});
