import { describe, expect, it } from 'vitest';
import { checkShape } from './check-shape.ts';

const run = { runId: 'r' };
const job = { namespace: 'n', name: 'j' };
const base = { eventTime: '2026-01-01T00:00:00Z', producer: 'p' };
const runEvent = { ...base, run, job };

describe('checkShape takes', () => {
  it.each([
    ['a run event with nothing optional', runEvent],
    ['a run event with a dataset beside it', { ...runEvent, dataset: { namespace: 'n', name: 'd' } }],
    ['a job event', { ...base, job }],
    ['a dataset event', { ...base, dataset: { namespace: 'n', name: 'd' } }],
    [
      'null lists, facets and kinds',
      { ...runEvent, dataset: null, inputs: null, outputs: null, run: { ...run, facets: null } },
    ],
    ['null facets', { ...runEvent, inputs: [{ namespace: 'n', name: 'd', facets: { schema: null } }] }],
    ['unknown keys and event types', { ...runEvent, eventType: 'PAUSED', more: [1], schemaURL: 7 }],
    ['a time without a zone, with nanoseconds', { ...runEvent, eventTime: '2021-11-03T10:53:52.427343123' }],
    ['a run id that is no UUID', { ...runEvent, run: { runId: 'run_id' } }],
    ['an empty producer', { ...runEvent, producer: '' }],
    [
      'keys of the prototype',
      JSON.parse(
        '{"__proto__":{"a":1},"constructor":1,"eventTime":"2026-01-01T00:00:00Z","producer":"p","job":{"namespace":"n","name":"j","toString":1}}',
      ),
    ],
  ])('%s', (_name, event) => {
    expect(checkShape(event, true)).toEqual([]);
  });
});

describe('checkShape refuses', () => {
  it.each([
    ['null', null, ['the event must not be null']],
    ['a number', 3, ['the event must be an object']],
    ['a list', [], ['the event must be an object']],
    [
      'nothing',
      {},
      [
        'eventTime must not be null',
        'producer must not be null',
        'job must not be null, unless dataset is given alone',
      ],
    ],
    ['null time', { ...runEvent, eventTime: null }, ['eventTime must not be null']],
    ['a time as number', { ...runEvent, eventTime: 1 }, ['eventTime must be a string']],
    [
      'a time that is none',
      { ...runEvent, eventTime: 'yesterday' },
      ['eventTime must be an ISO 8601 date-time that exists'],
    ],
    [
      '30 February',
      { ...runEvent, eventTime: '2026-02-30T00:00:00Z' },
      ['eventTime must be an ISO 8601 date-time that exists'],
    ],
    ['a run without a job', { ...base, run }, ['job must not be null where run is given']],
    [
      'a job with a dataset',
      { ...base, job, dataset: job },
      ['dataset must not stand beside job: send them as two events'],
    ],
    [
      'a run event that lost its run',
      { ...base, job, run: null, schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent' },
      ['run must not be null where schemaURL says RunEvent'],
    ],
    ['a run without id', { ...runEvent, run: {} }, ['run.runId must not be null']],
    ['an empty run id', { ...runEvent, run: { runId: '' } }, ['run.runId must not be empty']],
    ['a run that is a list', { ...runEvent, run: [] }, ['run must be an object']],
    ['a job without a name', { ...runEvent, job: { namespace: 'n' } }, ['job.name must not be null']],
    [
      'an input without a name',
      { ...runEvent, inputs: [{ namespace: 'n', name: null }] },
      ['inputs[0].name must not be null'],
    ],
    ['inputs that are an object', { ...runEvent, inputs: {} }, ['inputs must be an array']],
    ['an output that is null', { ...runEvent, outputs: [job, null] }, ['outputs[1] must not be null']],
    ['facets that are a list', { ...runEvent, job: { ...job, facets: [] } }, ['job.facets must be an object']],
    [
      'a facet that is text',
      { ...runEvent, inputs: [{ ...job, inputFacets: { a: 'x' } }] },
      ['inputs[0].inputFacets.a must be an object'],
    ],
    ['NUL in a name', { ...runEvent, job: { namespace: 'n', name: 'a\0' } }, ['job.name must not hold NUL']],
    [
      'NUL deep in a facet and in a key',
      {
        ...runEvent,
        inputs: [{ ...job, facets: { symlinks: { identifiers: [{ name: 'a\0', namespace: 'n' }] }, 'x\0': {} } }],
      },
      [
        'inputs[0].facets.symlinks.identifiers[0].name must not hold NUL',
        'inputs[0].facets.x\\u0000 must not hold NUL in its key',
      ],
    ],
  ])('%s', (_name, event, errors) => {
    expect(checkShape(event, true)).toEqual(errors);
  });

  it('NUL elsewhere is data', () => {
    expect(checkShape({ ...runEvent, job: { ...job, facets: { sql: { query: 'a\0' } } } }, true)).toEqual([]);
  });

  it('looks no further once it has them', () => {
    let looks = 0;
    const inputs = new Proxy(
      Array.from({ length: 10_000 }, () => 0),
      {
        get: (list, key, self) => {
          looks++;
          return Reflect.get(list, key, self) as unknown;
        },
      },
    );
    checkShape({ ...runEvent, inputs }, false);
    expect(looks).toBeLessThan(200);
  });

  it('stops at 20 errors, however long the lists', () => {
    const zeros = Array.from({ length: 200_000 }, () => 0);
    expect(checkShape({ ...runEvent, inputs: zeros, outputs: zeros }, false)).toHaveLength(20);
    const facets = Object.fromEntries(zeros.map((zero, i) => [`f${i}`, zero]));
    expect(checkShape({ ...runEvent, run: { ...run, facets } }, false)).toHaveLength(20);
  });
});
