import { describe, expect, it } from 'vitest';
import { exceedsDepth } from './exceeds-depth.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('exceedsDepth', () => {
  it('counts objects and lists together, and allows the limit itself', () => {
    expect(exceedsDepth(nested(3), 3)).toBe(false);
    expect(exceedsDepth(nested(4), 3)).toBe(true);
    expect(exceedsDepth('{"a":[{"b":[]}]}', 3)).toBe(true);
    expect(exceedsDepth('[[],[],[],[[]]]', 3)).toBe(false);
  });

  it('takes no bracket inside a string for one, escaped quotes and backslashes included', () => {
    for (const text of ['[[', '\\"[[', 'a\\\\\\"[[', '\\\\']) {
      expect(exceedsDepth(`{"${text}":"${text}"}`, 1)).toBe(false);
    }
    expect(exceedsDepth('["\\\\",[[]]]', 2)).toBe(true);
  });

  it('ends on text that is no JSON', () => {
    expect(exceedsDepth('"[[[', 1)).toBe(false);
    expect(exceedsDepth(']]]]', 1)).toBe(false);
    expect(exceedsDepth('['.repeat(5_000_000), 128)).toBe(true);
  });
});
