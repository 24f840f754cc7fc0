/** What an event says of its run, of its parent and of who is meant by an id. */
import { expect, it } from 'vitest';
import { reduceEvent } from './reduce-event.ts';

const RUN = '018cc251-f400-7662-b080-b72299e0a86b';
const PARENT = '018cc251-f400-7026-81fb-56cf8ce05681';

function reduced(runId: string, parent: object): ReturnType<typeof reduceEvent> {
  const event = {
    eventTime: '2026-01-01T00:00:00Z',
    producer: 'https://example.com/p',
    run: { runId, facets: { parent } },
    job: { namespace: 'jobs', name: 'dag.task' },
  };
  return reduceEvent(event, 'h');
}

it('a UUID in capitals is the same run, of the same parent', () => {
  const parent = (runId: string) => ({
    run: { runId },
    job: { namespace: 'jobs', name: 'dag' },
    root: { run: { runId }, job: { namespace: 'jobs', name: 'dag' } },
  });
  const told = reduced(RUN.toUpperCase(), parent(PARENT.toUpperCase()));
  expect(told.run).toEqual(reduced(RUN, parent(PARENT)).run);
  expect(told.run).toMatchObject({ runId: RUN, parent: { runId: PARENT }, root: { runId: PARENT } });
});

it.each([
  ['masked', { run: { runId: '018cc251-***' }, job: { namespace: 'jobs', name: 'dag' } }],
  ['missing', { run: {}, job: { namespace: 'jobs', name: 'dag' } }],
])('a parent whose run id is %s is the parent job all the same', (_, parent) => {
  const { run, said } = reduced(RUN, parent);
  expect(run?.parent).toBeUndefined();
  expect(said.flatMap(({ elements }) => elements)).toEqual([
    {
      kind: 'PARENT',
      from: { kind: 'job', namespace: 'jobs', name: 'dag' },
      to: { kind: 'job', namespace: 'jobs', name: 'dag.task' },
    },
  ]);
});
