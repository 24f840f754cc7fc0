/** What is said otherwise than by runs in the reference fold: declared lineage, sources, snapshots; what is thinned. */
import { describe, expect, it } from 'vitest';
import { datasetEvent, jobEvent, run } from './delta-builder.ts';
import { columnEdgesOf, edgesOf, inMinutes, linesOf } from './describe-graph.ts';

describe('declared lineage', () => {
  it('a JobEvent replaces, per non-empty direction, what was declared before', () => {
    const events = [jobEvent(0, { reads: 'a', writes: 'x' }), jobEvent(10, { reads: 'b' }), jobEvent(20, {})];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10)', 'READS b j': '[10,∞)', 'WRITES j x': '[0,∞)' });
  });

  it('at one instant both hold', () => {
    expect(edgesOf([jobEvent(5, { reads: 'a' }), jobEvent(5, { reads: 'b' })])).toEqual({
      'READS a j': '[5,∞)',
      'READS b j': '[5,∞)',
    });
  });

  it('runs never end declared edges, nor the reverse', () => {
    const events = [
      jobEvent(0, { reads: 'a' }),
      run(10, 'COMPLETE', 'r1', { reads: 'b' }),
      jobEvent(20, { reads: 'c' }),
      run(30, 'COMPLETE', 'r2', { reads: 'd' }),
    ];
    expect(edgesOf(events)).toEqual({
      'READS a j': '[0,20)',
      'READS b j': '[10,30)',
      'READS c j': '[20,∞)',
      'READS d j': '[30,∞)',
    });
  });

  it('an edge lives while one claim does', () => {
    const events = [
      jobEvent(0, { reads: 'a' }),
      run(10, 'COMPLETE', 'r1', { reads: 'a' }),
      jobEvent(20, { reads: 'c' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS c j': '[20,∞)' });
  });

  it('lineage facet of a dataset: feeds, replaced by its own next one, also by an empty one', () => {
    const events = [
      datasetEvent(0, 'x', { feeds: 'a>x' }),
      datasetEvent(10, 'x', { feeds: 'b>x' }),
      datasetEvent(20, 'x', { feeds: '' }),
    ];
    expect(edgesOf(events)).toEqual({ 'FEEDS a x': '[0,10)', 'FEEDS b x': '[10,20)' });
  });

  it('an empty statement replaces: pairs and their columns by `entries: []`', () => {
    const declared = jobEvent(0, { columns: 'a.f>x.f', writes: 'x' });
    const empty = jobEvent(10, {});
    const timeline = declared.said.find(({ timeline: { direction } }) => direction === 'COLUMNS');
    const events = timeline === undefined ? [] : [declared, { ...empty, said: [{ ...timeline, elements: [] }] }];
    expect(columnEdgesOf(events)).toEqual({ 'a.f x.f': '[0,10)' });
    expect(edgesOf(events)).toEqual({ 'WRITES j x': '[0,∞)' });
  });

  it('pairs alone make no edge', () => {
    expect(edgesOf([jobEvent(0, { pairs: 'a>x' })])).toEqual({});
  });
});

describe('two sources', () => {
  it('one edge, two claims: each source ends only its own', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { source: 's1', reads: 'a b' }),
      run(5, 'COMPLETE', 'r1', { source: 's2', reads: 'a' }),
      run(10, 'COMPLETE', 'r2', { source: 's2', reads: 'c' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[0,∞)', 'READS c j': '[10,∞)' });
    const edge = linesOf(events, 'edge').find(({ id }) => id.includes(':a:'));
    expect(edge?.evidence.map(({ source }) => source)).toEqual(['s1', 's2']);
  });

  it('their intervals are united; touching ones are one', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { source: 's1', reads: 'a' }),
      run(10, 'COMPLETE', 'r2', { source: 's1', reads: 'b' }),
      run(10, 'COMPLETE', 'r3', { source: 's2', reads: 'a' }),
    ];
    expect(edgesOf(events)).toMatchObject({ 'READS a j': '[0,∞)' });
  });

  it('`done` counts whichever source told it', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { source: 's1', reads: 'a' }),
      run(10, 'START', 'r2', { source: 's1', reads: 'b' }),
      run(20, 'COMPLETE', 'r2', { source: 's2' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,20)', 'READS b j': '[10,∞)' });
  });

  it('evidence: first and last event of each, how and confidence of the last', () => {
    const events = [
      run(0, 'START', 'r1', { reads: 'a', how: 'INFERRED', confidence: 'POSSIBLE', h: 'h0' }),
      run(5, 'RUNNING', 'r1', { reads: 'b', h: 'h1' }),
      run(9, 'COMPLETE', 'r1', { reads: 'a', how: 'PARSED', confidence: 'LIKELY', h: 'h2' }),
      run(20, 'FAIL', 'r2', { reads: 'a', h: 'h3' }),
    ];
    const [reads, may] = ['READS', 'MAY_READ'].map((kind) =>
      linesOf(events, 'edge').find(({ edge, from }) => edge === kind && from.endsWith(':a')),
    );
    expect(reads?.evidence).toEqual([
      {
        source: 's',
        how: 'PARSED',
        confidence: 'LIKELY',
        firstSeen: '2026-01-01T00:00:00.000Z',
        lastSeen: '2026-01-01T00:09:00.000Z',
        firstEvent: 'h0',
        lastEvent: 'h2',
      },
    ]);
    expect(may?.evidence.map(({ firstEvent, lastEvent }) => [firstEvent, lastEvent])).toEqual([['h3', 'h3']]);
  });
});

describe('headwater_snapshot', () => {
  const part = (at: number, id: string, n: number, parts: number, reads?: string) =>
    run(at, 'RUNNING', 'k', {
      ...(reads === undefined ? {} : { reads }),
      source: 'kafka',
      snapshot: { id, part: n, parts, at },
    });

  it('counts only when all parts are held', () => {
    const first = [part(0, 'A', 1, 2, 'a'), part(0, 'A', 2, 2, 'b')];
    const next = [part(10, 'B', 1, 2, 'a'), part(10, 'B', 2, 2, 'c')];
    expect(edgesOf(first)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[0,∞)' });
    expect(edgesOf([...first, ...next.slice(1)])).toEqual(edgesOf(first));
    expect(edgesOf([...first, ...next])).toEqual({
      'READS a j': '[0,∞)',
      'READS b j': '[0,10)',
      'READS c j': '[10,∞)',
    });
  });

  it('even empty it replaces', () => {
    expect(edgesOf([part(0, 'A', 1, 1, 'a'), part(10, 'B', 1, 1)])).toEqual({ 'READS a j': '[0,10)' });
  });

  it('equal empty parts are not thinned away', () => {
    expect(edgesOf([part(0, 'A', 1, 1, 'a'), part(10, 'B', 1, 3), part(11, 'B', 2, 3), part(12, 'B', 3, 3)])).toEqual({
      'READS a j': '[0,12)',
    });
  });

  it('all directions of a scope are one timeline; another scope is another', () => {
    const writes = run(10, 'RUNNING', 'k', {
      source: 'kafka',
      writes: 'x',
      snapshot: { id: 'B', part: 1, parts: 1, at: 10 },
    });
    const other = run(20, 'RUNNING', 'k', {
      source: 'kafka',
      writes: 'y',
      snapshot: { id: 'C', part: 1, parts: 1, at: 20, scope: 'other' },
    });
    expect(edgesOf([part(0, 'A', 1, 1, 'a'), writes, other])).toEqual({
      'READS a j': '[0,10)',
      'WRITES j x': '[10,∞)',
      'WRITES j y': '[20,∞)',
    });
  });

  it('claims in such events are in no other timeline: neither runs nor JobEvents end them', () => {
    const events = [
      part(0, 'A', 1, 1, 'a'),
      run(10, 'COMPLETE', 'r1', { source: 'kafka', reads: 'b' }),
      jobEvent(20, { source: 'kafka', reads: 'c' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[10,∞)', 'READS c j': '[20,∞)' });
  });

  it('holds from `takenAt` of its last statement, not from the event', () => {
    const late = (at: number, taken: number, n: number, reads: string) =>
      run(at, 'RUNNING', 'k', { source: 'kafka', reads, snapshot: { id: 'A', part: n, parts: 2, at: taken } });
    expect(edgesOf([late(7, 3, 1, 'a'), late(8, 4, 2, 'b')])).toEqual({ 'READS a j': '[4,∞)', 'READS b j': '[4,∞)' });
  });

  it('columns in it are those of the event’s job', () => {
    const columns = (at: number, id: string, job: string) =>
      run(at, 'RUNNING', 'k', { source: 'kafka', job, columns: 'a.f>x.f', snapshot: { id, part: 1, parts: 1, at } });
    const lines = linesOf([columns(0, 'A', 'j'), columns(10, 'B', 'k')], 'columnEdge');
    expect(lines.map(({ job, intervals }) => [job, inMinutes(intervals)])).toEqual([
      ['job:jobs:j', '[0,10)'],
      ['job:jobs:k', '[10,∞)'],
    ]);
  });

  it('of an incomplete one there is no evidence', () => {
    const events = [run(5, 'COMPLETE', 'r1', { reads: 'a' }), part(10, 'A', 1, 2, 'a')];
    expect(linesOf(events, 'edge')[0]?.evidence.map(({ source }) => source)).toEqual(['s']);
  });
});

describe('thinning', () => {
  const snapshot = { processing: 'COMPLETE_SNAPSHOT' } as const;
  const says = (at: number, reads: string, runId = 'r1') => run(at, 'RUNNING', runId, { ...snapshot, reads });

  it('to and fro within one hour is dated to the hour', () => {
    // Of a, b, a, b, a, b only the first and last a and the first and last b count.
    const events = [0, 10, 20, 30, 40, 50].map((at, i) => says(at, i % 2 === 0 ? 'a' : 'b'));
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10) [40,50)', 'READS b j': '[10,40) [50,∞)' });
  });

  it('across hours all count', () => {
    const events = [0, 60, 120, 180, 240].map((at, i) => says(at, i % 2 === 0 ? 'a' : 'b'));
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,60) [120,180) [240,∞)', 'READS b j': '[60,120) [180,240)' });
  });

  it('only equal content of one run is thinned', () => {
    const events = [0, 10, 20, 30, 40].map((at, i) => says(at, i % 2 === 0 ? 'a' : 'b', `r${at}`));
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10) [20,30) [40,∞)', 'READS b j': '[10,20) [30,40)' });
  });

  it('declared statements too', () => {
    const events = [0, 10, 20, 30, 40].map((at, i) => jobEvent(at, { reads: i % 2 === 0 ? 'a' : 'b' }));
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10) [40,∞)', 'READS b j': '[10,40)' });
  });
});
