/** When edges were said last is told once, by their job: in every order of events as the export says it. */
import { describe, expect, it } from 'vitest';
import { differenceOf } from './order-law.ts';
import { withTouchedGraph } from './touched-graph.ts';
import { WrittenLines } from './written-lines.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (minute: number): string => new Date(T0 + minute * 60_000).toISOString();
const table = (name: string) => ({ namespace: 'db', name });

/** A run of one event. */
const run = (minute: number, inputs: readonly string[], more: object = {}) => ({
  eventType: 'COMPLETE',
  eventTime: at(minute),
  producer: 'p',
  run: { runId: `at ${minute}` },
  job: { namespace: 'shop', name: 'load' },
  inputs: inputs.map(table),
  outputs: [table('out')],
  ...more,
});

/** A batch each, also where the first were written by a version whose jobs tell nothing. */
function holds(...batches: readonly (readonly unknown[])[]): void {
  for (const older of [0, 1, 2])
    withTouchedGraph(({ apply, exported }) => {
      const lines = new WrittenLines();
      for (const batch of batches) {
        for (const part of apply(batch)) lines.write(part);
        expect(differenceOf([...exported()].sort(), lines.exported().sort())).toBeNull();
      }
    }, older);
}

describe('what a job says again', () => {
  it('is said last by its latest run', () => holds([run(1, ['a'])], [run(2, ['a'])], [run(3, ['a'])]));

  it('was said first by an event that comes late', () => holds([run(5, ['a'])], [run(1, ['a'])], [run(6, ['a'])]));

  it('is said last by an event that is neither the first nor the last', () =>
    holds([run(1, ['a'])], [run(9, ['b'])], [run(5, ['a'])], [run(10, ['b'])]));

  it('follows its job while that names it, and stays behind when it no longer does', () =>
    holds(
      [run(1, ['a', 'b'])],
      [run(2, ['b', 'c'])],
      [run(3, ['b', 'c'])],
      [run(4, ['a', 'c'])],
      [run(5, ['a', 'c'])],
    ));

  it('goes back where the last to say so failed', () =>
    holds(
      [run(1, ['a'])],
      [run(2, ['a'], { eventType: 'START' })],
      [run(3, ['a'], { eventType: 'FAIL', run: { runId: 'at 2' } })],
      [run(4, ['a'])],
    ));

  it.each([0, 1])('is said last by the later of two events of one instant (%i)', (first) => {
    const both = [run(1, ['a'], { run: { runId: 'x' } }), run(1, ['a'], { run: { runId: 'y' } })];
    holds([both[first]], [both[1 - first]]);
  });

  it('is told by a job that was seen later, without a word', () => {
    const declared = (minute: number, inputs?: readonly object[]) => ({
      eventTime: at(minute),
      producer: 'p',
      job: { namespace: 'shop', name: 'load' },
      ...(inputs === undefined ? {} : { inputs }),
    });
    holds([declared(1, [table('a')])], [declared(9)], [declared(5, [table('a')])]);
  });

  it.each(['last_t = last_t - 1', 'how = how + 1'])(
    'is told by the edge where its last word was taken back: %s',
    (moved) => {
      withTouchedGraph(({ apply, db }) => {
        apply([run(1, ['a'])]);
        db.run(`UPDATE usage SET ${moved}`);
        const said = apply([run(1, ['a'])]).flatMap((part) => part.said);
        expect(said.map(({ id }) => id)).toContain('edge:READS:dataset:db:a:job:shop:load');
      });
    },
  );

  it('is told by the edge where the job speaks of another job', () => {
    const entries = [{ type: 'JOB', namespace: 'shop', name: 'other', inputs: [{ type: 'DATASET', ...table('a') }] }];
    const of = (minute: number) =>
      run(minute, ['b'], { job: { namespace: 'shop', name: 'load', facets: { lineage: { entries } } } });
    holds([run(0, ['z'], { job: { namespace: 'shop', name: 'other' } }), of(1)], [of(2)], [of(3)]);
  });

  it('is told by the edge where a dataset says what it is made of', () => {
    const of = (minute: number) => ({
      eventTime: at(minute),
      producer: 'p',
      dataset: { ...table('b'), facets: { lineage: { inputs: [{ type: 'DATASET', ...table('a') }] } } },
    });
    holds([{ ...of(0), dataset: table('a') }, of(1)], [of(2)], [of(3)]);
  });

  it('is told of columns too, and by each of several sources', () => {
    const columnLineage = { fields: { x: { inputFields: [{ ...table('a'), field: 'y' }] } } };
    const outputs = [{ ...table('out'), facets: { columnLineage } }];
    holds(
      [run(1, ['a'], { outputs }), run(2, ['a'], { outputs, producer: 'q' })],
      [run(3, ['a'], { outputs, producer: 'q' })],
      [run(4, ['a'], { outputs })],
    );
  });
});
