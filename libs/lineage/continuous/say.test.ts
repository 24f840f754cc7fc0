import { describe, expect, it } from 'vitest';
import { sayCount, sayDuration, sayNumber } from './say.ts';

describe('what sentences say', () => {
  it('durations, with no more digits than they need', () => {
    const said = [0, 500, 90_000, 120_000, 150_000, 599_600, 720_000, 7_200_000, 12_000_000, 172_800_000, 187_200_000];
    expect(said.map(sayDuration)).toEqual([
      '0 s',
      '0.5 s',
      '90 s',
      '2 min',
      '2 min 30 s',
      '10 min',
      '12 min',
      '2 h',
      '3 h 20 min',
      '2 d',
      '2 d 4 h',
    ]);
  });

  it('numbers and counts', () => {
    expect([0, 999, 1000, 1234567, 12.5, 1234.567].map(sayNumber)).toEqual([
      '0',
      '999',
      '1,000',
      '1,234,567',
      '12.5',
      '1,234.57',
    ]);
    expect([sayCount(1, 'record'), sayCount(1250, 'record')]).toEqual(['1 record', '1,250 records']);
  });
});
