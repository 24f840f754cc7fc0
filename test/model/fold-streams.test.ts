/** Schemas, SQL and code location: streams that are compared with themselves alone. */
import { describe, expect, it } from 'vitest';
import { datasetEvent, jobEvent, run } from './delta-builder.ts';
import { jobVersionsOf, linesOf, schemasOf, schemaVersionsOf } from './describe-graph.ts';

const wrote = (at: number, fields: string, source = 's', runId = `r${at}`) =>
  run(at, 'COMPLETE', runId, { schema: `x: ${fields}`, source, writes: 'x' });
const reader = (at: number, fields: string, job: string, source = 's') =>
  run(at, 'COMPLETE', `r${at}`, { schema: `x: ${fields}`, role: 'READER', job, source });

describe('versions', () => {
  it('begin where the stream differs from itself', () => {
    expect(
      schemaVersionsOf([wrote(0, 'a int'), wrote(5, 'a int'), wrote(9, 'a int, b int'), wrote(20, 'b int, a int')]),
    ).toEqual(['x s WRITER @0: a int', 'x s WRITER @9: a int, b int', 'x s WRITER @20: b int, a int']);
  });

  it('never compare two streams: sources and roles each have their own', () => {
    const events = [
      wrote(0, 'a long', 's1'),
      wrote(5, 'a bigint', 's2'),
      wrote(9, 'a long', 's1'),
      wrote(12, 'a bigint', 's2'),
    ];
    expect(schemaVersionsOf(events)).toEqual(['x s1 WRITER @0: a long', 'x s2 WRITER @5: a bigint']);
    expect(
      schemaVersionsOf([wrote(0, 'a int'), datasetEvent(5, 'x', { schema: 'x: b int' }), wrote(9, 'a int')]),
    ).toEqual(['x s DATASET_EVENT @5: b int', 'x s WRITER @0: a int']);
  });

  it('a deletion ends the schema, and is one; what comes back is another', () => {
    expect(schemaVersionsOf([wrote(0, '-'), wrote(1, 'a int'), wrote(5, '-'), wrote(9, 'a int')])).toEqual([
      'x s WRITER @1: a int',
      'x s WRITER @5: ',
      'x s WRITER @9: a int',
    ]);
  });

  it('from the first COMPLETE, never of an open or failed run, at t elsewhere', () => {
    const start = run(0, 'START', 'r', { schema: 'x: a int' });
    expect(schemaVersionsOf([start])).toEqual([]);
    expect(schemaVersionsOf([start, run(7, 'FAIL', 'r')])).toEqual([]);
    expect(schemaVersionsOf([start, run(7, 'COMPLETE', 'r')])).toEqual(['x s WRITER @7: a int']);
    expect(schemaVersionsOf([run(3, 'START', 'r', { processing: 'STREAMING', schema: 'x: a int' })])).toEqual([
      'x s WRITER @3: a int',
    ]);
  });

  it('of one effective time only the last counts', () => {
    const events = [
      run(0, 'START', 'r', { schema: 'x: a int' }),
      run(1, 'RUNNING', 'r', { schema: 'x: b int' }),
      run(7, 'COMPLETE', 'r'),
    ];
    expect(schemaVersionsOf(events)).toEqual(['x s WRITER @7: b int']);
  });

  it('readers have none', () => {
    expect(schemaVersionsOf([reader(0, 'a int', 'k')])).toEqual([]);
  });

  it('thinning: to and fro within one hour', () => {
    const says = (at: number, fields: string) => datasetEvent(at, 'x', { schema: `x: ${fields}` });
    const events = [says(0, 'a int'), says(10, 'b int'), says(20, 'a int'), says(30, 'b int'), says(40, 'a int')];
    expect(schemaVersionsOf(events)).toEqual([
      'x s DATASET_EVENT @0: a int',
      'x s DATASET_EVENT @10: b int',
      'x s DATASET_EVENT @40: a int',
    ]);
  });

  it('of a name that was renamed away keep their id, and are the node’s', () => {
    const events = [wrote(0, 'a int'), datasetEvent(9, 'y', { marks: 'RENAME x>y' })];
    expect(linesOf(events, 'schemaVersion').map(({ id, dataset }) => [id, dataset])).toEqual([
      ['dataset:db:x|s|WRITER|2026-01-01T00:00:00.000Z', 'dataset:db:y'],
    ]);
  });
});

describe('shown', () => {
  it('DatasetEvent over writer over reader', () => {
    const events = [datasetEvent(0, 'x', { schema: 'x: a event' }), wrote(5, 'a writer'), reader(9, 'a reader', 'k')];
    expect(schemasOf(events)).toEqual({ x: 'a event' });
    expect(schemasOf(events.slice(1))).toEqual({ x: 'a writer' });
    expect(schemasOf(events.slice(2))).toEqual({ x: 'a reader (partial)' });
  });

  it('the last teller of the best role', () => {
    expect(schemasOf([wrote(5, 'a s2', 's2'), wrote(9, 'a s1', 's1')])).toEqual({ x: 'a s1' });
  });

  it('a deleted stream yields to the next', () => {
    const events = [datasetEvent(0, 'x', { schema: 'x: a event' }), wrote(5, 'a writer')];
    expect(schemasOf([...events, datasetEvent(9, 'x', { schema: 'x: -' })])).toEqual({ x: 'a writer' });
    expect(schemasOf([wrote(1, 'a s1', 's1'), wrote(5, 'a s2', 's2'), wrote(9, '-', 's2')])).toEqual({ x: 'a s1' });
    expect(schemasOf([wrote(1, 'a s1'), wrote(5, '-')])).toEqual({});
  });

  it("readers alone: the union of each one's last", () => {
    const events = [reader(0, 'gone int', 'k'), reader(1, 'a int, b int', 'k'), reader(5, 'b text, c int', 'l')];
    expect(schemasOf(events)).toEqual({ x: 'a int, b text, c int (partial)' });
  });

  it('open runs stand in where nothing else is known', () => {
    const open = run(5, 'START', 'r', { schema: 'x: a int' });
    expect(schemasOf([open])).toEqual({ x: 'a int (partial)' });
    expect(schemasOf([open, run(9, 'FAIL', 'r')])).toEqual({});
    expect(schemasOf([open, run(9, 'COMPLETE', 'r')])).toEqual({ x: 'a int' });
    expect(schemasOf([wrote(0, 'a text'), open])).toEqual({ x: 'a text' });
  });

  it('over all names of the node', () => {
    const events = [wrote(0, 'a int'), datasetEvent(9, 'y', { marks: 'RENAME x>y' })];
    expect(schemasOf(events)).toEqual({ y: 'a int' });
    expect(linesOf(events, 'field')).toMatchObject([
      { id: 'datasetField:db:y:a', dataset: 'dataset:db:y', ordinal: 1 },
    ]);
  });

  it('one event naming the dataset twice: the last wins', () => {
    const event = datasetEvent(0, 'x', { schema: 'x: a int' });
    const twice = { ...event, streams: [...event.streams, ...datasetEvent(0, 'x', { schema: 'x: b int' }).streams] };
    expect(schemasOf([twice])).toEqual({ x: 'b int' });
    expect(schemaVersionsOf([twice])).toEqual(['x s DATASET_EVENT @0: b int']);
  });
});

describe('SQL and code location', () => {
  it('of a job: the last one over all its sources; _deleted ends it', () => {
    const events = [
      jobEvent(0, { sql: 'one', source: 's1' }),
      jobEvent(5, { sql: 'two', source: 's2' }),
      jobEvent(9, { sql: null, source: 's1' }),
      jobEvent(12, { codeLocation: 'main.py' }),
    ];
    expect(jobVersionsOf(events)).toEqual(['[0,5)  →  | one', '[5,9)  →  | two', '[12,∞)  →  | main.py']);
  });
});
