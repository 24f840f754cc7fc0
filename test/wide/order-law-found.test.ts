/** What generated histories found in a store, shrunk and named. Times are minutes. */
import { describe, it } from 'vitest';
import { minute } from '../model/delta-builder.ts';
import type { Delivery, JsonEvent } from '../model/generators.ts';
import { graphFileStore } from '../model/graph-file-store.ts';
import { checkOrderLaw } from '../model/order-law.ts';

interface Details {
  readonly job?: string;
  readonly parent?: string;
  readonly processing?: string;
  readonly content?: string;
  readonly inputs?: readonly unknown[];
  readonly outputs?: readonly unknown[];
  readonly runFacets?: object;
  readonly producer?: string;
}

function run(at: number, eventType: string | undefined, runId: string, details: Details = {}): JsonEvent {
  const { job = 'j', parent, processing, content, inputs = [], outputs = [], runFacets, producer = 'p' } = details;
  const jobType = { processingType: processing, emissionPattern: { eventContentMode: content } };
  return {
    eventTime: new Date(minute(at)).toISOString(),
    eventType,
    producer,
    run: {
      runId,
      facets: {
        ...(parent === undefined ? {} : { parent: { run: { runId: parent }, job: { namespace: 'etl', name: 'dag' } } }),
        ...runFacets,
      },
    },
    job: { namespace: 'etl', name: job, facets: processing === undefined ? {} : { jobType } },
    inputs,
    outputs,
  };
}

const about = (at: number, dataset: unknown): JsonEvent => ({
  eventTime: new Date(minute(at)).toISOString(),
  producer: 'p',
  dataset,
});

const declared = (at: number, ...inputs: readonly unknown[]): JsonEvent => ({
  eventTime: new Date(minute(at)).toISOString(),
  producer: 'p',
  job: { namespace: 'etl', name: 'k' },
  inputs,
});

const named = (name: string, facets: object = {}) => ({ namespace: 'db', name, facets });
const marked = (name: string, mark: string, previous?: string) =>
  named(name, {
    lifecycleStateChange: {
      lifecycleStateChange: mark,
      ...(previous === undefined ? {} : { previousIdentifier: { namespace: 'db', name: previous } }),
    },
  });
const linked = (name: string, ...identifiers: readonly string[]) =>
  named(name, { symlinks: { identifiers: identifiers.map((one) => ({ namespace: 'db', name: one, type: 'TABLE' })) } });

/** Batches as lists of places in the history; a batch ending in 'restart' is followed by one. */
function obeys(events: readonly JsonEvent[], ...batches: readonly (readonly (number | 'restart')[])[]): Promise<void> {
  const delivery: Delivery = (batches.length === 0 ? [[...events.keys()]] : batches).map((batch) => ({
    events: batch.filter((place) => place !== 'restart'),
    restart: batch.includes('restart'),
  }));
  return checkOrderLaw(graphFileStore, events, delivery);
}

describe('within one batch', () => {
  it('a run moves to another execution, and then turns out to have failed', async () => {
    const events = [
      run(0, 'START', 'r1', { inputs: [named('a')] }),
      run(1, 'COMPLETE', 'r1'),
      run(1, 'START', 'r1', { parent: 'd1' }),
      run(2, 'FAIL', 'r1'),
    ];
    await obeys(events, [0], [1, 2, 3]);
    await obeys(events);
    await obeys(events, [3, 2, 1, 0]);
    await obeys([
      run(0, 'START', 'r4'),
      run(0, 'START', 'r4', { parent: 'd1' }),
      run(0, 'FAIL', 'r4', { parent: 'd1' }),
      run(0, 'FAIL', 'd1', { job: 'dag' }),
    ]);
  });

  it('a run learns last that each of its events is an execution', async () => {
    const events = [
      run(0, 'RUNNING', 'r1', { parent: 'd1', processing: 'BATCH', inputs: [named('a')] }),
      run(2, 'FAIL', 'r1', { processing: 'STREAMING' }),
      run(59, 'COMPLETE', 'r1', { processing: 'SERVICE', content: 'COMPLETE_SNAPSHOT', inputs: [named('b')] }),
    ];
    await obeys(events);
    await obeys(events, [2, 1, 0]);
  });
});

describe('late', () => {
  it('an earlier run says that the job is continuous, and that each event is an execution', async () => {
    const events = [
      run(0, 'COMPLETE', 'r1', { processing: 'STREAMING', content: 'COMPLETE_SNAPSHOT' }),
      run(90, undefined, 'r4', { outputs: [named('c')] }),
      run(1500, 'START', 'r4', { outputs: [named('a')] }),
    ];
    await obeys(events, [1], [2], [0]);
    await obeys(events, [1, 2], [0, 'restart']);
  });
});

describe('jobType', () => {
  it('said in a run that had it from its job until then, and turns out to have begun before that', async () => {
    const events = [
      run(20, 'OTHER', 'r4', { processing: 'STREAMING' }),
      run(60, 'START', 'r2'),
      run(61, 'RUNNING', 'r2', { processing: 'STREAMING' }),
      run(1, 'START', 'r2'),
    ];
    await obeys(events, [0], [1], [2], [3]);
    await obeys(events, [1, 0, 'restart'], [2, 'restart'], [3]);
  });
});

describe('a run that replaced something turns out to have failed', () => {
  const events = [
    run(10, 'OTHER', 'r4', { inputs: [named('d'), named('b')] }),
    run(20, 'COMPLETE', 'r1', { inputs: [named('d')] }),
    run(60, 'FAIL', 'r1'),
    run(90, 'COMPLETE', 'r3', { inputs: [named('c'), named('b')] }),
    run(119, 'FAIL', 'r3', { inputs: [named('a')] }),
  ];

  it('what failed runs may have read is open again', async () => {
    await obeys(events, [0], [1, 2, 3], [4]);
    await obeys(events, [0], [2, 0, 3, 1], [0, 4]);
  });

  it('after a restart too', async () => {
    await obeys(events, [0, 1, 2, 3, 'restart'], [4]);
    await obeys(events, [0, 'restart'], [2, 0, 3, 1, 'restart'], [0], [4, 0]);
  });
});

describe('states of continuous runs', () => {
  const live = { processing: 'STREAMING' };

  it('a FAIL at the instant of an event without a type', () =>
    obeys([run(0, undefined, 'r1', live), run(0, 'FAIL', 'r1', live)], [0, 'restart'], [1]));

  it('endedAt is the last terminal event, though an earlier one is of a higher rank', () =>
    obeys(
      [run(0, 'COMPLETE', 'r1'), run(0, 'FAIL', 'r1', live), run(5, 'FAIL', 'r1', live)],
      [0],
      [1, 'restart'],
      [2],
    ));
});

describe('names', () => {
  it('one event names two datasets that are one node: the later in the event writes last', async () => {
    const deleted = { symlinks: { _deleted: true }, schema: { _deleted: true } };
    await obeys([
      about(0, linked('d', 'a')),
      run(0, 'RUNNING', 'r1', { outputs: [named('d', { schema: { fields: [] } }), named('a', deleted)] }),
    ]);
    await obeys([
      run(0, 'COMPLETE', 'r1', {
        inputs: [named('a', { symlinks: { identifiers: [{ ...named('b'), type: 'TABLE' }] }, schema: {} })],
        outputs: [named('b', { schema: { fields: [{ name: 'g', type: 'int' }] } })],
      }),
    ]);
  });

  it('one event names a dataset twice: its last mark counts', () =>
    obeys([run(0, 'COMPLETE', 'r1', { outputs: [marked('a', 'RENAME', 'd'), marked('a', 'RENAME', 'a')] })]));

  it('a name renamed away keeps its own life', async () => {
    const read = run(1, 'COMPLETE', 'r1', { inputs: [named('c')] });
    const drop = (at: number, name: string) => run(at, 'COMPLETE', 'd', { job: 'k', outputs: [marked(name, 'DROP')] });
    const rename = run(9, 'COMPLETE', 'e', { job: 'k', outputs: [marked('a', 'RENAME', 'c')] });
    await obeys([read, drop(5, 'a'), rename]);
    await obeys([read, drop(5, 'c'), rename]);
    await obeys([read, rename, drop(15, 'a')]);
  });

  it('a use of any name of a node ends the death of all', async () => {
    const events = [
      declared(60, marked('c', 'DROP'), named('d')),
      run(1, 'FAIL', 'r1', { inputs: [linked('b', 'c', 'd')] }),
      run(61, 'COMPLETE', 'r4', { outputs: [named('d')] }),
    ];
    await obeys(events, [0, 1], [2]);
    await obeys(events, [0], [2, 'restart'], [1]);
    await obeys(events, [2], [1], [0]);
  });

  it('a contested identifier is shown as what it was renamed to', () =>
    obeys([about(0, linked('x', 'a')), about(0, linked('b', 'c')), about(0, marked('a', 'RENAME', 'c'))]));

  it('a member that another claims does not name the node, contested or not', () =>
    obeys([about(0, linked('z', 'b')), about(0, linked('a', 'b')), about(0, linked('b', 'a'))]));

  it('a run that names a dataset in a part of a snapshot uses it', () =>
    obeys([
      run(0, 'RUNNING', 'r1', {
        inputs: [named('a')],
        runFacets: {
          headwater_snapshot: { source: 'k', scope: 's', id: 'A', takenAt: '2026-01-01T00:00:00Z', part: 1, parts: 1 },
        },
      }),
      about(0, marked('c', 'RENAME', 'a')),
    ]));
});

describe('snapshots', () => {
  it('columns in it are those of the event’s job', () =>
    obeys([
      run(0, 'COMPLETE', 'r1', {
        outputs: [
          named('a', {
            columnLineage: { fields: { g: { inputFields: [{ namespace: 'db', name: 'b', field: 'f' }] } } },
          }),
        ],
        runFacets: {
          headwater_snapshot: { source: 'k', scope: 's', id: 'A', takenAt: '2026-01-01T00:00:00Z', part: 1, parts: 1 },
        },
      }),
    ]));
});
