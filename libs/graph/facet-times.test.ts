import { describe, expect, it } from 'vitest';
import type { ExportFacet } from '#lineage';
import { withTimes } from './facet-times.ts';

const EARLY = '2026-01-01T00:00:00.000Z';

const facet = (source: string): ExportFacet => ({
  scope: 'dataset',
  source,
  producer: 'p',
  schemaURL: null,
  at: EARLY,
  value: {},
});

describe('facets with their times', () => {
  it('go by the names of facets as texts, whatever the order of members', () => {
    // JavaScript gives members that look like numbers first, and 9 before 10.
    const facets = { schema: [facet('a'), facet('b')], 9: [facet('a')], 10: [facet('a')] };
    const times = ['ten', 'nine', 'schema of a', 'schema of b'];
    const timed = withTimes(facets, times);
    expect(Object.entries(timed).map(([name, all]) => [name, all.map(({ at }) => at)])).toEqual([
      ['9', ['nine']],
      ['10', ['ten']],
      ['schema', ['schema of a', 'schema of b']],
    ]);
    expect(withTimes(facets, null)).toBe(facets);
  });

  it('are as many as there are facets', () => {
    expect(() => withTimes({ schema: [facet('a')] }, [])).toThrow('0 times for 1 facets');
    expect(() => withTimes({ schema: [facet('a')] }, [EARLY, EARLY])).toThrow('2 times for 1 facets');
  });
});
