/** Runs: states, kinds, and what a job is. */
import { describe, expect, it } from 'vitest';
import { jobEvent, minute, run } from './delta-builder.ts';
import { edgesOf, linesOf, runsOf } from './describe-graph.ts';

const live = { processing: 'STREAMING' } as const;

describe('states of batch runs', () => {
  it('by the last terminal event', () => {
    expect(runsOf([run(0, 'START', 'r'), run(5, 'COMPLETE', 'r')])).toEqual({ r: 'COMPLETED [0,5]' });
    expect(runsOf([run(0, 'START', 'r'), run(5, 'ABORT', 'r')])).toEqual({ r: 'ABORTED [0,5]' });
    expect(runsOf([run(0, 'COMPLETE', 'r'), run(5, 'FAIL', 'r')])).toEqual({ r: 'FAILED [0,5]' });
    expect(runsOf([run(0, 'FAIL', 'r'), run(5, 'COMPLETE', 'r')])).toEqual({ r: 'COMPLETED [0,5]' });
  });

  it('at one instant FAIL over ABORT over COMPLETE, whatever the hashes', () => {
    for (const [h1, h2, h3] of [
      ['1', '2', '3'],
      ['3', '2', '1'],
      ['2', '3', '1'],
    ] as const) {
      const events = [
        run(5, 'COMPLETE', 'r', { h: h1 }),
        run(5, 'ABORT', 'r', { h: h2 }),
        run(5, 'FAIL', 'r', { h: h3 }),
      ];
      expect(runsOf(events.slice(0, 2))).toEqual({ r: 'ABORTED [5,5]' });
      expect(runsOf(events)).toEqual({ r: 'FAILED [5,5]' });
    }
  });

  it('START after COMPLETE reopens nothing; COMPLETE without START is a run', () => {
    expect(runsOf([run(5, 'COMPLETE', 'r')])).toEqual({ r: 'COMPLETED [5,5]' });
    expect(runsOf([run(5, 'COMPLETE', 'r'), run(9, 'START', 'r')])).toEqual({ r: 'COMPLETED [5,5]' });
  });

  it('open: RUNNING, OTHER or NEW', () => {
    expect(runsOf([run(0, 'OTHER', 'r'), run(1, 'START', 'r')])).toEqual({ r: 'RUNNING [0,]' });
    expect(runsOf([run(0, 'RUNNING', 'r')])).toEqual({ r: 'RUNNING [0,]' });
    expect(runsOf([run(0, 'OTHER', 'r'), run(1, null, 'r')])).toEqual({ r: 'OTHER [0,]' });
    expect(runsOf([run(0, null, 'r')])).toEqual({ r: 'NEW [0,]' });
  });

  it('`done` is the first COMPLETE, endedAt the last terminal event', () => {
    const events = [
      run(0, 'COMPLETE', 'r0', { reads: 'a' }),
      run(10, 'COMPLETE', 'r', { reads: 'b' }),
      run(20, 'COMPLETE', 'r', { reads: 'b' }),
    ];
    expect(runsOf(events)).toMatchObject({ r: 'COMPLETED [10,20]' });
    expect(edgesOf(events)).toMatchObject({ 'READS a j': '[0,10)' });
  });

  it('COMPLETE after FAIL: the first COMPLETE is `done`, though FAIL came after it', () => {
    const events = [
      run(0, 'COMPLETE', 'r0', { reads: 'a' }),
      run(10, 'COMPLETE', 'r', { reads: 'b' }),
      run(15, 'FAIL', 'r'),
      run(20, 'COMPLETE', 'r'),
    ];
    expect(edgesOf(events.slice(0, 3))).toEqual({ 'READS a j': '[0,∞)', 'MAY_READ b j': '[10,∞)' });
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,10)', 'READS b j': '[10,∞)' });
  });

  it("the producer's clock is behind: start is the least t, endedAt the last terminal t", () => {
    expect(runsOf([run(5, 'START', 'r'), run(3, 'COMPLETE', 'r')])).toEqual({ r: 'COMPLETED [3,3]' });
  });
});

describe('states of continuous runs', () => {
  it('by the last event, and still LIVE', () => {
    expect(runsOf([run(0, 'START', 'r', live), run(5, 'COMPLETE', 'r')])).toEqual({ r: 'COMPLETED [0,5]' });
    expect(runsOf([run(0, 'FAIL', 'r', live), run(5, 'RUNNING', 'r')])).toEqual({ r: 'RUNNING [0,]' });
    expect(runsOf([run(0, null, 'r', live)])).toEqual({ r: 'RUNNING [0,]' });
    expect(runsOf([run(0, 'FAIL', 'r', { ...live, h: '1' }), run(0, 'OTHER', 'r', { h: '2' })])).toEqual({
      r: 'FAILED [0,0]',
    });
  });
});

describe('identity', () => {
  it('one runId under two jobs is two runs', () => {
    expect(runsOf([run(0, 'START', 'r'), run(5, 'COMPLETE', 'r', { job: 'k' })])).toEqual({
      r: 'RUNNING [0,]',
      'r|k': 'COMPLETED [5,5]',
    });
    expect(linesOf([run(0, 'START', 'r')], 'run').map(({ id }) => id)).toEqual(['run:r|job:jobs:j']);
  });

  it('parent and root are the first ones said, nominal times and error the last', () => {
    const said = (at: number, parent: string, fields: object) =>
      run(at, 'RUNNING', 'r', { parent: { job: 'dag', run: parent }, fields });
    const root = { job: { namespace: 'jobs', name: 'top' }, runId: 't1' };
    const events = [
      said(0, 'd1', { root, nominalStart: minute(1), error: 'first' }),
      said(1, 'd2', { root: { ...root, runId: 't2' }, nominalStart: minute(2), nominalEnd: minute(3), error: 'last' }),
      run(2, 'RUNNING', 'r', {}),
    ];
    expect(linesOf(events, 'run')).toMatchObject([
      {
        parent: { job: 'job:jobs:dag', runId: 'd1' },
        root: { job: 'job:jobs:top', runId: 't1' },
        nominalStart: '2026-01-01T00:02:00.000Z',
        nominalEnd: '2026-01-01T00:03:00.000Z',
        error: 'last',
      },
    ]);
  });

  it('nominal start and end come from one event: a later start without an end takes the end away', () => {
    const said = (at: number, fields: object) => run(at, 'RUNNING', 'r', { fields });
    const events = [said(0, { nominalStart: minute(1), nominalEnd: minute(2) }), said(1, { nominalStart: minute(3) })];
    expect(linesOf(events, 'run')).toMatchObject([{ nominalStart: '2026-01-01T00:03:00.000Z', nominalEnd: null }]);
  });

  it('a parent of the same run id under another job makes another execution of another job', () => {
    const parent = { job: 'dag', run: 'd1' };
    const events = [
      run(0, 'COMPLETE', 'a', { parent, reads: 'a' }),
      run(5, 'COMPLETE', 'b', { parent, reads: 'b' }),
      run(9, 'COMPLETE', 'c', { parent, job: 'k', reads: 'c' }),
    ];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,∞)', 'READS b j': '[5,∞)', 'READS c k': '[9,∞)' });
  });

  it('a parent learnt late joins the executions', () => {
    const parent = { job: 'dag', run: 'd1' };
    const events = [run(0, 'COMPLETE', 'a', { reads: 'a' }), run(5, 'COMPLETE', 'b', { parent, reads: 'b' })];
    expect(edgesOf(events)).toEqual({ 'READS a j': '[0,5)', 'READS b j': '[5,∞)' });
    expect(edgesOf([...events, run(1, 'OTHER', 'a', { parent })])).toEqual({
      'READS a j': '[0,∞)',
      'READS b j': '[5,∞)',
    });
  });
});

describe('jobType', () => {
  const kinds = (events: Parameters<typeof linesOf>[0]) =>
    Object.fromEntries(linesOf(events, 'run').map(({ runId, processingType }) => [runId, processingType]));

  it("is the last in the run's own events", () => {
    expect(kinds([run(0, 'START', 'r', live), run(1, 'RUNNING', 'r', { processing: 'BATCH' })])).toEqual({
      r: 'BATCH',
    });
  });

  it('else that of the latest run or JobEvent that began before it', () => {
    const events = [
      run(0, 'START', 'r1', live),
      jobEvent(5, { processing: 'SERVICE' }),
      run(3, 'START', 'r2'),
      run(9, 'START', 'r3'),
      run(20, 'START', 'r4', { processing: 'BATCH' }),
      run(30, 'START', 'r5'),
    ];
    expect(kinds(events)).toEqual({ r1: 'STREAMING', r2: 'STREAMING', r3: 'SERVICE', r4: 'BATCH', r5: 'BATCH' });
  });

  it('began at the same instant: not before it', () => {
    expect(kinds([run(5, 'START', 'r1', live), run(5, 'START', 'r2')])).toEqual({ r1: 'STREAMING', r2: 'BATCH' });
  });

  it('by when the run began, not by when it said so', () => {
    const events = [
      run(0, 'START', 'r1'),
      jobEvent(2, { processing: 'BATCH' }),
      run(9, 'RUNNING', 'r1', live), // r1 began before the JobEvent
      run(20, 'START', 'r2'),
    ];
    expect(kinds(events)).toEqual({ r1: 'STREAMING', r2: 'BATCH' });
  });

  it('of equal starts the later statement', () => {
    const events = (h1: string, h2: string) => [
      jobEvent(5, { processing: 'BATCH', h: h1 }),
      jobEvent(5, { processing: 'SERVICE', h: h2 }),
      run(9, 'START', 'r'),
    ];
    expect(kinds(events('1', '2'))).toEqual({ r: 'SERVICE' });
    expect(kinds(events('2', '1'))).toEqual({ r: 'BATCH' });
    const withRun = [jobEvent(5, { processing: 'BATCH', h: '1' }), run(5, 'START', 'r1', { ...live, h: '2' })];
    expect(kinds([...withRun, run(9, 'START', 'r')])).toEqual({ r1: 'STREAMING', r: 'STREAMING' });
  });

  it('another job has nothing to do with it', () => {
    expect(kinds([run(0, 'START', 'r1', { ...live, job: 'k' }), run(5, 'START', 'r2')])).toMatchObject({ r2: 'BATCH' });
  });

  const jobKind = (events: Parameters<typeof linesOf>[0]) => linesOf(events, 'job').map((line) => line.processingType);

  it("of the job: its latest run's or JobEvent's", () => {
    expect(jobKind([run(0, 'START', 'r1')])).toEqual(['BATCH']);
    expect(jobKind([run(0, 'START', 'r1', live), run(5, 'START', 'r2')])).toEqual(['STREAMING']);
    expect(jobKind([run(0, 'START', 'r1', live), jobEvent(5, { processing: 'BATCH' }), jobEvent(9)])).toEqual([
      'BATCH',
    ]);
    expect(jobKind([run(5, 'START', 'r1'), jobEvent(5, { processing: 'SERVICE' })])).toEqual(['SERVICE']);
    expect(jobKind([jobEvent(0, { processing: 'SERVICE' }), run(5, 'START', 'r1', live)])).toEqual(['STREAMING']);
    const tie = [jobEvent(5, { processing: 'SERVICE', h: '1' }), run(5, 'START', 'r1', { ...live, h: '2' })];
    expect(jobKind(tie)).toEqual(['STREAMING']);
  });
});

describe('activity', () => {
  it('of continuous jobs: events of their runs by UTC hour, repeats once', () => {
    const events = [
      run(0, 'START', 'r1', live),
      run(59, 'RUNNING', 'r1'),
      run(59, 'RUNNING', 'r1'),
      run(60, 'START', 'r2'),
      jobEvent(61),
    ];
    expect(linesOf(events, 'activity').map(({ id, observations }) => [id, observations])).toEqual([
      ['job:jobs:j|2026-01-01T00:00:00.000Z', 2],
      ['job:jobs:j|2026-01-01T01:00:00.000Z', 1],
    ]);
    expect(linesOf([run(0, 'START', 'r1')], 'activity')).toEqual([]);
  });
});
