/** An export's lines without rows, imported: the same export again; and what comes later folds in as well as can be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryHistory, type JsonEvent } from './generators.ts';
import { differenceOf } from './order-law.ts';
import { checkRestated, restated } from './restated-store.ts';

it('are the same export again, and the change feed tells the current graph', { timeout: 60_000 }, async () => {
  // More of them, of each theme and of each recording, in test/wide.
  await fc.assert(fc.asyncProperty(arbitraryHistory('everything', 15), checkRestated), {
    seed: 20_260_101,
    numRuns: 6,
    endOnFailure: true,
  });
});

interface Said {
  readonly type?: string;
  readonly run?: number;
  readonly job?: string;
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly parent?: number;
  readonly continuous?: boolean;
}

const runId = (n: number): string => `0194f1a5-0000-7000-8000-0000000000${n}`;

/** At an hour of one day; run 10 where none is named. */
function event(hour: number, { type = 'COMPLETE', run = 10, job = 'load', reads, writes, parent, continuous }: Said) {
  const named = (names: readonly string[]) => names.map((name) => ({ namespace: 'db', name }));
  const facets =
    parent === undefined ? {} : { parent: { run: { runId: runId(parent) }, job: { namespace: 'etl', name: 'dag' } } };
  return {
    eventTime: `2026-01-01T${String(hour).padStart(2, '0')}:00:00Z`,
    eventType: type,
    producer: 'https://example.com/p',
    run: { runId: runId(run), facets },
    job: {
      namespace: 'etl',
      name: job,
      facets: continuous === true ? { jobType: { processingType: 'STREAMING', integration: 'FLINK' } } : {},
    },
    ...(reads === undefined ? {} : { inputs: named(reads) }),
    ...(writes === undefined ? {} : { outputs: named(writes) }),
  };
}

describe('what comes after the move is read as if it had not been', () => {
  it.each<[string, JsonEvent[], JsonEvent[]]>([
    [
      'a run that reads something else ends what the job read before',
      [event(1, { reads: ['a', 'b'], writes: ['x'] }), event(2, { run: 11, reads: ['a', 'b'], writes: ['x'] })],
      [event(3, { run: 12, reads: ['b', 'c'], writes: ['x'] })],
    ],
    [
      'a run that had begun completes with the rest of what it reads',
      [event(1, { reads: ['a', 'b'] }), event(2, { run: 11, type: 'START', reads: ['a'] })],
      [event(3, { run: 11, reads: ['c'] })],
    ],
    [
      'a mapped task adds to what others of its run wrote',
      [event(1, { run: 11, parent: 50, writes: ['x'] }), event(2, { run: 12, parent: 50, writes: ['y'] })],
      [event(3, { run: 13, parent: 50, writes: ['z'] }), event(4, { run: 14, parent: 51, writes: ['x'] })],
    ],
    [
      'a streaming run goes on: what it reads now is added, until another run begins',
      [event(1, { type: 'START', continuous: true, reads: ['a'], writes: ['x'] })],
      [
        event(2, { type: 'RUNNING', continuous: true, reads: ['b'] }),
        event(4, { type: 'START', run: 11, continuous: true, reads: ['b'], writes: ['y'] }),
      ],
    ],
    [
      'what failed runs said ends with the next version',
      [event(1, { writes: ['x'] }), event(2, { run: 11, type: 'FAIL', writes: ['y'] })],
      [event(3, { run: 12, writes: ['x'] })],
    ],
    ['an event that an edge rests on is a repeat', [event(1, { reads: ['a'] })], [event(1, { reads: ['a'] })]],
    [
      'each job and each direction stands for itself',
      [event(1, { reads: ['a'], writes: ['x'] }), event(2, { run: 11, job: 'sum', reads: ['x'], writes: ['s'] })],
      [event(3, { run: 12, writes: ['y'] }), event(4, { run: 13, job: 'sum', reads: ['y'] })],
    ],
  ])('%s', async (_, before, after) => {
    const { stayed, moved } = await restated(before, after);
    expect(differenceOf(stayed, moved)).toBeNull();
  });
});

it('an event from before the move adds what it says, and takes nothing away', async () => {
  const days = [1, 5, 9].map((hour, i) => event(hour, { run: 10 + i, reads: ['a'] }));
  const { lines, moved } = await restated(days, [event(3, { run: 20, reads: ['late'] })]);
  const edges = (of: readonly string[], name: string) => of.filter((line) => line.includes(`READS:dataset:db:${name}`));
  expect(edges(moved, 'a')).toEqual(edges(lines, 'a'));
  expect(edges(moved, 'late')).toEqual([
    expect.stringContaining('"from":"2026-01-01T03:00:00.000Z","to":"2026-01-01T09:'),
  ]);
});
