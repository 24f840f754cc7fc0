import { describe, expect, it } from 'vitest';
import { parseDuration, parseRate, sayDuration } from './duration.ts';

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '5 m', '0s', '-1h', '1w', '1.5h', 'P1D', '1h30m', '١h', '9999999d'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each([
    [0, '0 s'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [90_061_000, '1 d 1 h'],
    [86_460_000, '1 d'],
  ])('says %d as %s', (ms, text) => {
    expect(sayDuration(ms)).toBe(text);
  });
});

describe('rates', () => {
  it('reads 6/1h as six in any hour', () => {
    expect(parseRate('6/1h')).toEqual({ count: 6, window: 3_600_000 });
  });

  it.each(['6', '6/h', '0/1h', '1001/1d', '6/1w', '/1h'])('refuses %j', (text) => {
    expect(parseRate(text)).toBeNull();
  });
});
