import { expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

it('forgets what it has held longest, and keeps what came last however heavy it is', () => {
  const map = new BoundedMap<string, number>(10, (value) => value);
  for (const [key, value] of Object.entries({ a: 4, b: 4, c: 4 })) map.set(key, value);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 4, 4]);
  map.set('d', 99);
  expect([map.size, map.get('d')]).toEqual([1, 99]);
  map.set('e', 1);
  expect([map.size, map.get('e')]).toEqual([1, 1]);
});

it('keeps to its budget although what it holds grows', () => {
  const map = new BoundedMap<number, number[]>(100, (list) => list.length);
  for (let key = 0; key < 1_000; key++) {
    const list = [key];
    map.set(key, list);
    for (let i = 0; i < 9; i++) list.push(i);
    map.weighAgain(key);
  }
  expect([9, 10]).toContain(map.size);
  for (let key = 0; key < 1_000; key++) map.delete(key);
  for (let key = 0; key < 1_000; key++) map.set(key, [key]);
  expect(map.size).toBeGreaterThan(85);
  expect(map.size).toBeLessThanOrEqual(100);
});

it('leaves in its place what is set again, and weighs it anew', () => {
  const map = new BoundedMap<string, number>(10, (value) => value);
  for (const key of ['a', 'b', 'c']) map.set(key, 3);
  map.set('b', 4);
  map.set('d', 1);
  expect([map.get('a'), map.get('b'), map.get('c'), map.get('d')]).toEqual([undefined, 4, 3, 1]);
  map.set('c', 9);
  expect([map.get('b'), map.get('c'), map.get('d')]).toEqual([undefined, 9, undefined]);
  map.set('c', 2);
  map.set('e', 8);
  expect([map.get('c'), map.get('e')]).toEqual([2, 8]);
});
