/** The drawings of docs/semantics.md and its hard cases on timelines and edges, as named examples in minutes. */
import { describe, expect, it } from 'vitest';
import { datasetEvent, jobEvent, run } from './delta-builder.ts';
import { columnEdgesOf, edgesOf, inMinutes, jobVersionsOf, linesOf } from './describe-graph.ts';
import { referenceCurrent, referenceExport } from './reference-fold.ts';

const batch = [
  run(0, 'START', 'r1', { reads: 'a', writes: 'x' }),
  run(10, 'COMPLETE', 'r1', { reads: 'a', writes: 'x' }),
  run(20, 'START', 'r2', { reads: 'b', writes: 'y' }),
  run(30, 'FAIL', 'r2', {}),
  run(40, 'START', 'r3', { reads: 'b', writes: 'x' }),
  run(50, 'COMPLETE', 'r3', {}),
];

describe('the drawings', () => {
  it('batch: r1 reads a, r2 fails, r3 reads b and names it at START only', () => {
    expect(edgesOf(batch)).toEqual({
      'READS a j': '[0,50)',
      'READS b j': '[40,∞)',
      'WRITES j x': '[0,∞)',
      'MAY_READ b j': '[20,50)',
      'MAY_WRITE j y': '[20,50)',
    });
  });

  it('batch: until the FAIL came, what r2 said was READS and WRITES', () => {
    expect(edgesOf(batch.slice(0, 3))).toEqual({
      'READS a j': '[0,∞)',
      'READS b j': '[20,∞)',
      'WRITES j x': '[0,∞)',
      'WRITES j y': '[20,∞)',
    });
  });

  it('mapped tasks: the tasks of one parent run are one execution; t2 speaks again, so it has no gap', () => {
    const d1 = { parent: { job: 'dag', run: 'd1' } };
    const d2 = { parent: { job: 'dag', run: 'd2' } };
    const mapped = [
      run(0, 'COMPLETE', 'm0', { ...d1, reads: 't1' }),
      run(1, 'COMPLETE', 'm1', { ...d1, reads: 't2' }),
      run(2, 'COMPLETE', 'm2', { ...d1, reads: 't3' }),
      run(100, 'COMPLETE', 'm3', { ...d2, reads: 't1' }),
    ];
    expect(edgesOf(mapped)).toEqual({ 'READS t1 j': '[0,∞)', 'READS t2 j': '[1,100)', 'READS t3 j': '[2,100)' });
    const late = [...mapped, run(105, 'COMPLETE', 'm4', { ...d2, reads: 't2' })];
    expect(edgesOf(late)).toEqual({ 'READS t1 j': '[0,∞)', 'READS t2 j': '[1,∞)', 'READS t3 j': '[2,100)' });
  });

  it('Flink: ABORT ends nothing, the next run without the edge does', () => {
    const events = [
      run(0, 'START', 'r1', { processing: 'STREAMING', reads: 'in', writes: 'out' }),
      run(3, 'RUNNING', 'r1', { processing: 'STREAMING' }),
      run(5, 'ABORT', 'r1', { processing: 'STREAMING' }),
      run(9, 'START', 'r2', { processing: 'STREAMING', reads: 'in', writes: 'out2' }),
    ];
    expect(edgesOf(events.slice(0, 3))).toEqual({ 'READS in j': '[0,∞)', 'WRITES j out': '[0,∞)' });
    expect(edgesOf(events)).toEqual({ 'READS in j': '[0,∞)', 'WRITES j out': '[0,9)', 'WRITES j out2': '[9,∞)' });
  });

  it('pods: p1 spoke after v(p2), so it was alive', () => {
    const live = { processing: 'STREAMING' } as const;
    expect(
      edgesOf([
        run(0, 'RUNNING', 'p1', { ...live, reads: 'a' }),
        run(1, 'RUNNING', 'p2', { ...live, reads: 'b' }),
        run(2, 'RUNNING', 'p1', { ...live, reads: 'a' }),
        run(3, 'RUNNING', 'p2', { ...live, reads: 'b' }),
      ]),
    ).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[1,∞)' });
  });
});

describe('batch runs', () => {
  it('newer one open, older one complete: the new one adds, nothing ends', () => {
    expect(edgesOf([run(0, 'COMPLETE', 'r1', { reads: 'a' }), run(10, 'START', 'r2', { reads: 'b' })])).toEqual({
      'READS a j': '[0,∞)',
      'READS b j': '[10,∞)',
    });
  });

  it('DONE, direction not mentioned: replaces nothing in it', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { reads: 'a', writes: 'x' }),
      run(10, 'START', 'r2', {}),
      run(20, 'COMPLETE', 'r2', { writes: 'y' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'WRITES j x': '[0,20)', 'WRITES j y': '[20,∞)' });
  });

  it('overlapping: the later COMPLETE wins, whoever started last', () => {
    const events = [
      run(0, 'START', 'r1', { reads: 'a' }),
      run(5, 'START', 'r2', { reads: 'b' }),
      run(20, 'COMPLETE', 'r2', {}),
      run(30, 'COMPLETE', 'r1', {}),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[5,30)' });
  });

  it('overlapping, completed at one instant: both hold, whatever the hashes', () => {
    for (const [h1, h2] of [
      ['1', '2'],
      ['2', '1'],
    ] as const) {
      const events = [
        run(20, 'COMPLETE', 'r1', { reads: 'a', h: h1 }),
        run(20, 'COMPLETE', 'r2', { reads: 'b', h: h2 }),
      ];
      expect(edgesOf(events)).toEqual({ 'READS a j': '[20,∞)', 'READS b j': '[20,∞)' });
    }
  });

  it('a run that replaced something and then names it: the gap heals', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { reads: 'a' }),
      run(10, 'COMPLETE', 'r2', { reads: 'b' }),
      run(20, 'RUNNING', 'r2', { reads: 'a' }),
    ];
    expect(edgesOf(events.slice(0, 2))).toEqual({ 'READS a j': '[0,10)', 'READS b j': '[10,∞)' });
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[10,∞)' });
  });

  it('what comes back in a new execution is a second interval', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { reads: 'a' }),
      run(10, 'COMPLETE', 'r2', { reads: 'b' }),
      run(20, 'COMPLETE', 'r3', { reads: 'a' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10) [20,∞)', 'READS b j': '[10,20)' });
  });

  it('alive until its COMPLETE: a run that finished in between ends nothing of it', () => {
    const events = [
      run(0, 'START', 'r1', { reads: 'a' }),
      run(10, 'COMPLETE', 'r2', { reads: 'b' }),
      run(20, 'COMPLETE', 'r1', {}),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[10,20)' });
  });

  it('backfill: nominalTime in the past counts now', () => {
    const fields = { nominalStart: Date.UTC(2020, 0, 1) };
    const events = [run(0, 'COMPLETE', 'r1', { reads: 'a' }), run(10, 'COMPLETE', 'r2', { reads: 'b', fields })];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10)', 'READS b j': '[10,∞)' });
  });

  it('a late event mends the past', () => {
    const first = run(0, 'COMPLETE', 'r1', { reads: 'a' });
    const last = run(20, 'COMPLETE', 'r3', { reads: 'a' });
    const late = run(10, 'COMPLETE', 'r2', { reads: 'b' });
    expect(edgesOf([first, last])).toEqual({ 'READS a j': '[0,∞)' });
    expect(edgesOf([first, last, late])).toEqual({ 'READS a j': '[0,10) [20,∞)', 'READS b j': '[10,20)' });
  });

  it('a heartbeat without datasets, last in time, changes no edge', () => {
    expect(edgesOf([...batch, run(90, 'RUNNING', 'r9', {})])).toEqual(edgesOf(batch));
    expect(edgesOf([...batch, run(90, 'COMPLETE', 'r9', {})])).toEqual(edgesOf(batch));
  });
});

describe('failed runs', () => {
  it('a FAIL ends no claim of another run', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { reads: 'a' }),
      run(10, 'START', 'r2', { reads: 'b' }),
      run(20, 'FAIL', 'r2', { reads: 'b' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'MAY_READ b j': '[10,∞)' });
  });

  it('MAY ends at the first v after the last mention, though that run reads the same', () => {
    const events = [
      run(0, 'START', 'r1', { reads: 'a' }),
      run(5, 'RUNNING', 'r1', { reads: 'b' }),
      run(6, 'FAIL', 'r1', {}),
      run(5, 'COMPLETE', 'r2', { reads: 'c' }),
      run(30, 'COMPLETE', 'r3', { reads: 'a c' }),
    ];
    expect(edgesOf(events)).toEqual({
      'MAY_READ a j': '[0,30)', // r2's v = 5 is not after r1's last mention
      'MAY_READ b j': '[5,30)',
      'READS a j': '[30,∞)',
      'READS c j': '[5,∞)',
    });
  });

  it('in other directions they claim nothing', () => {
    const events = [
      run(0, 'COMPLETE', 'd', { job: 'dag' }),
      run(1, 'FAIL', 'r1', {
        reads: 'a',
        writes: 'x',
        columns: 'a.f>x.f',
        mayRead: 'z',
        parent: { job: 'dag', run: 'd' },
        triggers: 'dag',
        feeds: 'a>x',
      }),
    ];
    expect(edgesOf(events)).toEqual({ 'MAY_READ a j': '[1,∞)', 'MAY_WRITE j x': '[1,∞)' });
    expect(columnEdgesOf(events)).toEqual({});
  });

  it('leave S of their execution: the retry decides', () => {
    const parent = { job: 'dag', run: 'd1' };
    const events = [
      run(0, 'COMPLETE', 'r0', { reads: 'a' }),
      run(10, 'FAIL', 'try1', { reads: 'a', parent }),
      run(20, 'COMPLETE', 'try2', { reads: 'b', parent }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,20)', 'READS b j': '[20,∞)', 'MAY_READ a j': '[10,20)' });
  });
});

describe('continuous jobs', () => {
  const live = { processing: 'STREAMING' } as const;

  it('silence, a restart and a COMPLETE end nothing', () => {
    const events = [
      run(0, 'START', 'r1', { ...live, reads: 'a' }),
      run(5, 'COMPLETE', 'r1', live),
      run(500_000, 'START', 'r2', live),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)' });
  });

  it('FAIL makes no MAY: a LIVE run is LIVE whatever eventType says', () => {
    expect(edgesOf([run(0, 'FAIL', 'r1', { ...live, reads: 'a' })])).toEqual({ 'READS a j': '[0,∞)' });
  });

  it('ACCUMULATIVE: the run is the execution, its events add up', () => {
    const events = [run(0, 'RUNNING', 'r1', { ...live, reads: 'a' }), run(9, 'RUNNING', 'r1', { ...live, reads: 'b' })];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[9,∞)' });
  });

  it('COMPLETE_SNAPSHOT: each event is an execution', () => {
    const snapshot = { processing: 'COMPLETE_SNAPSHOT' } as const;
    const events = [
      run(0, 'RUNNING', 'r1', { ...snapshot, reads: 'a b' }),
      run(9, 'RUNNING', 'r1', { ...snapshot, reads: 'b c' }),
      run(12, 'RUNNING', 'r1', snapshot), // lists nothing: says nothing
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,9)', 'READS b j': '[0,∞)', 'READS c j': '[9,∞)' });
  });

  it('COMPLETE_SNAPSHOT of a batch job is no such thing', () => {
    const batchSnapshot = (at: number, reads: string) => {
      const event = run(at, 'RUNNING', 'r1', { processing: 'BATCH', reads });
      const processing = { type: 'BATCH', content: 'COMPLETE_SNAPSHOT' } as const;
      return { ...event, run: event.run && { ...event.run, processing } };
    };
    // One execution: naming a after its COMPLETE heals the gap that the COMPLETE made.
    const before = run(0, 'COMPLETE', 'r0', { reads: 'a' });
    const done = run(12, 'COMPLETE', 'r1', {});
    expect(edgesOf([before, batchSnapshot(9, 'b'), done, batchSnapshot(20, 'a')])).toEqual({
      'READS a j': '[0,∞)',
      'READS b j': '[9,∞)',
    });
  });

  it('parents do not make one execution of two LIVE runs', () => {
    const parent = { job: 'dag', run: 'd1' };
    const events = [
      run(0, 'START', 'r1', { ...live, reads: 'a', parent }),
      run(9, 'START', 'r2', { ...live, reads: 'b', parent }),
    ];
    expect(edgesOf(events)).toMatchObject({ 'READS a j': '[0,9)', 'READS b j': '[9,∞)' });
  });

  it('jobType learnt late: the run is re-read', () => {
    const before = [run(0, 'START', 'r1', { reads: 'a' }), run(5, 'FAIL', 'r1', {})];
    expect(edgesOf(before)).toEqual({ 'MAY_READ a j': '[0,∞)' });
    expect(edgesOf([...before, run(6, 'RUNNING', 'r1', live)])).toEqual({ 'READS a j': '[0,∞)' });
  });

  it('jobType turns: each run keeps its own kind', () => {
    const events = [
      run(0, 'START', 'r1', { processing: 'BATCH', reads: 'a' }),
      run(5, 'FAIL', 'r1', {}),
      run(10, 'START', 'r2', { ...live, reads: 'b' }),
    ];
    expect(edgesOf(events)).toEqual({ 'MAY_READ a j': '[0,10)', 'READS b j': '[10,∞)' });
  });
});

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

describe('edges', () => {
  it('repeats make nothing, order makes nothing', () => {
    const once = referenceExport(batch);
    expect(referenceExport([...batch, ...batch].reverse())).toEqual(once);
  });

  it('are sorted by (kind, id)', () => {
    const ids = referenceExport(batch).map((line) => {
      const { kind, id } = JSON.parse(line) as { kind: string; id: string };
      return [kind, id] as const;
    });
    for (const [i, [kind, id]] of ids.entries()) {
      const before = ids[i - 1];
      if (before !== undefined) expect(before[0] < kind || (before[0] === kind && before[1] < id)).toBe(true);
    }
  });

  it('a parent that never spoke is no end of an edge', () => {
    const child = run(0, 'COMPLETE', 'r1', { parent: { job: 'dag', run: 'd1' } });
    expect(edgesOf([child])).toEqual({});
    expect(edgesOf([child, run(1, 'START', 'd1', { job: 'dag' })])).toEqual({ 'PARENT dag j': '[0,∞)' });
  });

  it('triggers follow the rules of runs', () => {
    const events = [
      jobEvent(0, { job: 'k' }),
      jobEvent(0, { job: 'l' }),
      run(1, 'COMPLETE', 'r1', { triggers: 'k' }),
      run(9, 'COMPLETE', 'r2', { triggers: 'l' }),
    ];
    expect(edgesOf(events)).toEqual({ 'TRIGGERS k j': '[1,9)', 'TRIGGERS l j': '[9,∞)' });
  });

  it('said with headwater_evidence may: MAY, with the intervals of any edge', () => {
    const events = [run(0, 'COMPLETE', 'r1', { mayRead: 'a' }), run(9, 'COMPLETE', 'r2', { mayRead: 'b' })];
    expect(edgesOf(events)).toEqual({ 'MAY_READ a j': '[0,9)', 'MAY_READ b j': '[9,∞)' });
  });
});

describe('column edges', () => {
  it('are kept without the input, and make no READS edge and no dataset', () => {
    const events = [run(0, 'COMPLETE', 'r1', { writes: 'x', columns: 'a.f>x.g:DIRECT/IDENTITY' })];
    expect(columnEdgesOf(events)).toEqual({ 'a.f x.g': '[0,∞)' });
    expect(edgesOf(events)).toEqual({ 'WRITES j x': '[0,∞)' });
    expect(Object.keys(referenceCurrent(events).nodes)).toEqual(['dataset:db:x', 'job:jobs:j']);
  });

  it('key: fields, type and subtype', () => {
    const columns = 'a.f>x.g:DIRECT/IDENTITY a.f>x.g:INDIRECT/FILTER a.f>x.g:INDIRECT/JOIN a.f>x.g';
    const lines = linesOf([run(0, 'COMPLETE', 'r1', { writes: 'x', columns })], 'columnEdge');
    expect(lines.map(({ type, subtype }) => `${type}/${subtype}`).sort()).toEqual([
      'DIRECT/IDENTITY',
      'INDIRECT/FILTER',
      'INDIRECT/JOIN',
      'null/null',
    ]);
  });

  it('an effect of or on the whole dataset points at the dataset', () => {
    const events = [run(0, 'COMPLETE', 'r1', { writes: 'x', columns: 'a.f>x.' })];
    expect(linesOf(events, 'columnEdge').map(({ from, to }) => [from, to])).toEqual([
      ['datasetField:db:a:f', 'dataset:db:x'],
    ]);
  });

  it('each output has its own timeline', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { writes: 'x y', columns: 'a.f>x.f a.f>y.f' }),
      run(10, 'COMPLETE', 'r2', { writes: 'x', columns: 'b.f>x.f' }),
    ];
    expect(columnEdgesOf(events)).toEqual({ 'a.f x.f': '[0,10)', 'a.f y.f': '[0,∞)', 'b.f x.f': '[10,∞)' });
  });

  it('description and masking are the last ones said', () => {
    const columns = 'a.f>x.f';
    const events = [
      run(0, 'START', 'r1', { writes: 'x', columns, columnNotes: { description: 'one', masking: true } }),
      run(1, 'RUNNING', 'r1', { writes: 'x', columns, columnNotes: { description: 'two' } }),
      run(2, 'RUNNING', 'r1', { writes: 'x', columns }),
    ];
    expect(linesOf(events, 'columnEdge')).toMatchObject([{ description: 'two', masking: true }]);
  });

  it('of a DatasetEvent have no job', () => {
    const events = [datasetEvent(0, 'x', { columns: 'a.f>x.f' })];
    expect(linesOf(events, 'columnEdge')).toMatchObject([{ job: null }]);
  });
});

describe('job versions', () => {
  it('begin where reads, writes, SQL or code location change', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { reads: 'a', writes: 'x', sql: 'select 1' }),
      run(10, 'COMPLETE', 'r2', { reads: 'b', writes: 'x', sql: 'select 1' }),
      run(20, 'COMPLETE', 'r3', { reads: 'b', writes: 'x', sql: 'select 2', codeLocation: 'main.py@1' }),
      run(30, 'COMPLETE', 'r4', { reads: 'b', writes: 'x', sql: 'select 2' }),
    ];
    expect(jobVersionsOf(events)).toEqual([
      '[0,10) a → x | select 1',
      '[10,20) b → x | select 1',
      '[20,∞) b → x | select 2 | main.py@1',
    ]);
    expect(linesOf(events, 'jobVersion').map(({ id }) => id)).toContain('job:jobs:j#2026-01-01T00:10:00.000Z');
  });

  it('a restart is none, a mention adds one, MAY is none', () => {
    const live = { processing: 'STREAMING' } as const;
    expect(
      jobVersionsOf([
        run(0, 'START', 'r1', { ...live, reads: 'a' }),
        run(10, 'START', 'r2', { ...live, reads: 'a' }),
        run(20, 'RUNNING', 'r2', { ...live, reads: 'b', mayRead: 'y' }),
      ]),
    ).toEqual(['[0,20) a → ', '[20,∞) a b → ']);
  });

  it('where all is empty there is none', () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { writes: 'x' }),
      run(10, 'COMPLETE', 'r2', { marks: 'DROP x' }),
      run(20, 'START', 'r3', { writes: 'x' }),
    ];
    expect(jobVersionsOf(events)).toEqual(['[0,10)  → x', '[20,∞)  → x']);
    expect(jobVersionsOf([run(0, 'COMPLETE', 'r1', {})])).toEqual([]);
  });
});

describe('the current graph', () => {
  it('is what holds at the end of the fold', () => {
    expect(referenceCurrent(batch)).toEqual({
      nodes: {
        'dataset:db:a': { kind: 'dataset', namespace: 'db', name: 'a' },
        'dataset:db:b': { kind: 'dataset', namespace: 'db', name: 'b' },
        'dataset:db:x': { kind: 'dataset', namespace: 'db', name: 'x' },
        'dataset:db:y': { kind: 'dataset', namespace: 'db', name: 'y' },
        'job:jobs:j': { kind: 'job', namespace: 'jobs', name: 'j' },
      },
      aliases: {},
      dropped: [],
      processing: {},
      edges: {
        'edge:READS:dataset:db:b:job:jobs:j': { kind: 'READS', from: 'dataset:db:b', to: 'job:jobs:j' },
        'edge:WRITES:job:jobs:j:dataset:db:x': { kind: 'WRITES', from: 'job:jobs:j', to: 'dataset:db:x' },
      },
      columnEdges: {},
      fields: {},
      facets: {},
    });
  });
});
