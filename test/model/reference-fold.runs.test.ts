/** The drawings of docs/semantics.md and its hard cases on runs, batch and continuous, as named examples in minutes. */
import { describe, expect, it } from 'vitest';
import { BATCH_JOB, run } from './delta-builder.ts';
import { columnEdgesOf, edgesOf } from './describe-graph.ts';

describe('the drawings', () => {
  it('batch: r1 reads a, r2 fails, r3 reads b and names it at START only', () => {
    expect(edgesOf(BATCH_JOB)).toEqual({
      'READS a j': '[0,50)',
      'READS b j': '[40,∞)',
      'WRITES j x': '[0,∞)',
      'MAY_READ b j': '[20,50)',
      'MAY_WRITE j y': '[20,50)',
    });
  });

  it('batch: until the FAIL came, what r2 said was READS and WRITES', () => {
    expect(edgesOf(BATCH_JOB.slice(0, 3))).toEqual({
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
    expect(edgesOf([...BATCH_JOB, run(90, 'RUNNING', 'r9', {})])).toEqual(edgesOf(BATCH_JOB));
    expect(edgesOf([...BATCH_JOB, run(90, 'COMPLETE', 'r9', {})])).toEqual(edgesOf(BATCH_JOB));
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

  it('who ran them stays true; in other directions they claim nothing', () => {
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
    expect(edgesOf(events)).toEqual({
      'PARENT dag j': '[1,∞)',
      'TRIGGERS dag j': '[1,∞)',
      'MAY_READ a j': '[1,∞)',
      'MAY_WRITE j x': '[1,∞)',
    });
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
