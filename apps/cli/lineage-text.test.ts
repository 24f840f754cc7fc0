import { describe, expect, it } from 'vitest';
import { lineageText, type ShownEdge } from './lineage-text.ts';

const edge = (from: string, kind: string, to: string, confidence = 'CERTAIN'): ShownEdge => ({
  id: `${from}${to}`,
  from,
  to,
  kind,
  confidence,
  current: true,
});

describe('lineageText', () => {
  /**
   * ```
   *        ┌▶ b ─┐
   *   a ───┤     ├─▶ d      a diamond; d is opened once
   *        └▶ c ─┘
   * ```
   */
  it('opens a node of a diamond once', () => {
    const edges = [
      edge('a', 'READS', 'b'),
      edge('a', 'READS', 'c'),
      edge('b', 'WRITES', 'd'),
      edge('c', 'WRITES', 'd'),
      edge('d', 'READS', 'e'),
    ];
    expect(lineageText({ root: 'a', edges, cut: [] }).split('\n')).toEqual([
      'a',
      'downstream',
      '  → READS b',
      '    → WRITES d',
      '      → READS e',
      '  → READS c',
      '    → WRITES d (see above)',
    ]);
  });

  it('ends in a loop', () => {
    expect(lineageText({ root: 'a', edges: [edge('a', 'READS', 'b'), edge('b', 'WRITES', 'a')], cut: [] })).toContain(
      '→ WRITES a (see above)',
    );
  });

  it('says doubt, cuts and nothing', () => {
    const cut = [
      { at: 'b', why: 'DEPTH', hidden: null },
      { at: 'c', why: 'LIMIT', hidden: 3 },
    ];
    const text = lineageText({ root: 'a', edges: [edge('a', 'MAY_READ', 'b', 'POSSIBLE')], cut });
    expect(text).toContain('→ MAY_READ b (possible)');
    expect(text).toContain('cut at b: there is more (raise --depth)');
    expect(text).toContain('cut at c: 3 more (raise --limit)');
    expect(lineageText({ root: 'a', edges: [], cut: [] })).toBe('a\n  no lineage is known');
  });
});
