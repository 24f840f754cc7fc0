import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TurnedAway, type TurningAway } from './turned-away.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells once that events are turned away, and once that it is over', () => {
  const told: TurningAway[] = [];
  const away = new TurnedAway((state) => told.push(state));
  for (let i = 0; i < 500; i++) {
    away.note('busy', 'too many wait');
    vi.advanceTimersByTime(100);
  }
  expect(told).toEqual([{ outcome: 'busy', over: false, reason: 'too many wait', count: 1 }]);
  vi.advanceTimersByTime(9_000);
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  expect(told.slice(1)).toEqual([{ outcome: 'busy', over: true, reason: 'too many wait', count: 500 }]);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(2);
});

it('keeps what is busy apart from what is unavailable, and begins anew', () => {
  const told: string[] = [];
  const away = new TurnedAway(({ outcome, over }) => told.push(`${outcome} ${over}`));
  away.note('busy', 'a');
  away.note('unavailable', 'b');
  vi.advanceTimersByTime(11_000);
  away.note('busy', 'a');
  expect(told).toEqual(['busy false', 'unavailable false', 'busy true', 'unavailable true', 'busy false']);
  away.stop();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(5);
});
