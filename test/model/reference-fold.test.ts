/** What comes out of the reference fold: edges, columns, job versions, the current graph. Named examples in minutes. */
import { describe, expect, it } from 'vitest';
import { BATCH_JOB, datasetEvent, jobEvent, run } from './delta-builder.ts';
import { columnEdgesOf, edgesOf, jobVersionsOf, linesOf } from './describe-graph.ts';
import { referenceCurrent, referenceExport } from './reference-fold.ts';

describe('edges', () => {
  it('repeats make nothing, order makes nothing', () => {
    const once = referenceExport(BATCH_JOB);
    expect(referenceExport([...BATCH_JOB, ...BATCH_JOB].reverse())).toEqual(once);
  });

  it('are sorted by (kind, id)', () => {
    const ids = referenceExport(BATCH_JOB).map((line) => {
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

  it('who ran a run is true however it ended; what it read and wrote may be', () => {
    const dag = jobEvent(0, { job: 'dag' });
    const of = (d: string) => ({ parent: { job: 'dag', run: d }, reads: 'a' });
    const failed = [dag, run(1, 'START', 'r1', of('d1')), run(2, 'FAIL', 'r1', of('d1'))];
    expect(edgesOf(failed)).toEqual({ 'PARENT dag j': '[1,∞)', 'MAY_READ a j': '[1,∞)' });
    // Its parent holds until a run of the job completes that tells another, or none of its own.
    const later = [
      ...failed,
      jobEvent(0, { job: 'other' }),
      run(9, 'COMPLETE', 'r2', { parent: { job: 'other', run: 'd2' } }),
    ];
    expect(edgesOf(later)).toEqual({ 'PARENT dag j': '[1,9)', 'PARENT other j': '[9,∞)', 'MAY_READ a j': '[1,∞)' });
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
    expect(referenceCurrent(BATCH_JOB)).toEqual({
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
