import { describe, expect, it, vi } from 'vitest';
import { newRunId } from './run-id.ts';

describe('newRunId', () => {
  it('has the layout of a UUIDv7: time, version 7, variant 10', () => {
    for (let i = 0; i < 1_000; i++) {
      expect(newRunId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('bears the date given, exactly', () => {
    // The example of RFC 9562, appendix A.6: 2022-02-22T14:22:22.000-05:00.
    expect(newRunId(new Date('2022-02-22T19:22:22.000Z')).slice(0, 15)).toBe('017f22e2-79b0-7');
    expect(newRunId(new Date(0)).slice(0, 15)).toBe('00000000-0000-7');
    expect(newRunId(new Date(2 ** 48 - 1)).slice(0, 15)).toBe('ffffffff-ffff-7');
  });

  it('bears the clock without a date', () => {
    const before = Date.now();
    const id = newRunId();
    const ms = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('rises strictly within one millisecond', () => {
    vi.useFakeTimers({ now: Date.now() + 60_000 });
    try {
      const ids = Array.from({ length: 20_000 }, () => newRunId());
      expect(ids).toEqual([...ids].sort());
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(ids.map((id) => id.slice(0, 13))).size).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('rises when the clock is set back', () => {
    vi.useFakeTimers({ now: Date.now() + 120_000 });
    try {
      const first = newRunId();
      vi.setSystemTime(Date.now() - 30_000);
      expect(newRunId() > first).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('rises within one given date, and a given date does not move the clocked series', () => {
    const date = new Date('2040-01-01T00:00:00Z');
    const ids = Array.from({ length: 1_000 }, () => newRunId(date));
    expect(ids).toEqual([...ids].sort());
    expect(newRunId() < newRunId(date)).toBe(true);
  });

  it('does not tell the next id: steps within a millisecond differ', () => {
    const date = new Date('2041-01-01T00:00:00Z');
    const tails = Array.from({ length: 4 }, () => BigInt(`0x${newRunId(date).replaceAll('-', '').slice(17)}`));
    const steps = tails.slice(1).map((tail, i) => tail - (tails[i] ?? 0n));
    expect(new Set(steps).size).toBe(3);
  });

  it.each([new Date(Number.NaN), new Date(-1)])('refuses %s', (date) => {
    expect(() => newRunId(date)).toThrow(RangeError);
  });
});
