import { describe, expect, it } from 'vitest';
import type { ColumnEdge, Evidence } from '#lineage';
import { joinColumnEdges, strongest } from './column-edges.ts';

const evidence = (over: Partial<Evidence> = {}): Evidence => ({
  source: 's',
  how: 'OBSERVED',
  confidence: 'LIKELY',
  firstSeen: 1,
  lastSeen: 2,
  firstEvent: 'e1',
  lastEvent: 'e2',
  ...over,
});

const edge = (id: string, type: string, over: Partial<ColumnEdge> = {}): ColumnEdge => ({
  id,
  from: 'datasetField:n:a:x',
  to: 'datasetField:n:b:y',
  job: 'job:n:j',
  transformation: { type, subtype: null, description: null, masking: null },
  current: true,
  intervals: [{ from: 1, to: null }],
  evidence: [evidence()],
  ...over,
});

describe('joined column edges', () => {
  it('leaves an edge alone as it is', () => {
    const [one] = joinColumnEdges([edge('a', 'DIRECT')]);
    expect(one).toMatchObject({ id: 'a', transformations: [{ type: 'DIRECT' }], intervals: [{ from: 1, to: null }] });
  });

  it('joins the transformations of one pair and job, in any order of the store', () => {
    const edges = [
      edge('b', 'INDIRECT', {
        current: false,
        intervals: [{ from: 0, to: 5 }],
        evidence: [evidence({ firstSeen: 0, firstEvent: 'e0' })],
      }),
      edge('a', 'DIRECT', {
        intervals: [
          { from: 5, to: 9 },
          { from: 12, to: null },
        ],
        evidence: [evidence({ lastSeen: 20, lastEvent: 'e9', how: 'PARSED' })],
      }),
      edge('c', 'DIRECT', { job: null }),
    ];
    const joined = joinColumnEdges(edges);
    expect(joined).toEqual(joinColumnEdges(edges.toReversed()));
    expect(joined.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(joined[0]).toMatchObject({
      transformations: [{ type: 'DIRECT' }, { type: 'INDIRECT' }],
      current: true,
      intervals: [
        { from: 0, to: 9 },
        { from: 12, to: null },
      ],
      evidence: [{ firstSeen: 0, firstEvent: 'e0', lastSeen: 20, lastEvent: 'e9', how: 'PARSED' }],
    });
  });

  it('is as certain as its strongest evidence', () => {
    expect(strongest([evidence({ confidence: 'POSSIBLE' }), evidence({ confidence: 'CERTAIN' })])).toBe('CERTAIN');
    expect(strongest([evidence()])).toBe('LIKELY');
    expect(strongest([])).toBe('POSSIBLE');
  });
});
