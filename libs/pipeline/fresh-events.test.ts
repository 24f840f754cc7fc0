import { expect, it } from 'vitest';
import type { LoggedEvent } from '#lineage';
import { FreshEvents } from './fresh-events.ts';

const event = (position: number, body = '{}'): LoggedEvent => ({ position, receivedAt: 0, hash: '', body });
const positions = (events: readonly LoggedEvent[]): number[] => events.map(({ position }) => position);

it('hands out what is next, in order, up to a gap', () => {
  const fresh = new FreshEvents({ memoryEvents: 10, memoryBytes: 1_000 });
  for (const position of [3, 1, 2, 2, 5]) fresh.offer(event(position));
  expect(positions(fresh.from(1, 10, 100))).toEqual([1, 2, 3]);
  expect(positions(fresh.from(1, 2, 100))).toEqual([1, 2]);
  expect(positions(fresh.from(1, 10, 5))).toEqual([1, 2]);
  expect(positions(fresh.from(1, 10, 1))).toEqual([1]);
  fresh.forget(2);
  expect(positions(fresh.from(3, 10, 100))).toEqual([3]);
  expect(positions(fresh.from(4, 10, 100))).toEqual([]);
  fresh.offer(event(4));
  expect(positions(fresh.from(3, 10, 100))).toEqual([3, 4, 5]);
  fresh.forget(9);
  expect(positions(fresh.from(10, 10, 100))).toEqual([]);
});

it('holds what there is room for, and has the room again once it is applied', () => {
  const fresh = new FreshEvents({ memoryEvents: 3, memoryBytes: 10 });
  for (const position of [1, 2, 3, 4]) fresh.offer(event(position));
  expect(positions(fresh.from(1, 10, 100))).toEqual([1, 2, 3]);
  fresh.forget(2);
  fresh.offer(event(4, 'x'.repeat(9)));
  expect(positions(fresh.from(3, 10, 100))).toEqual([3]);
  fresh.offer(event(4, 'x'.repeat(8)));
  expect(positions(fresh.from(3, 10, 100))).toEqual([3, 4]);
});
