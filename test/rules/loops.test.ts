/** Our trigger → the run it started → its output → our trigger: what the loop guard recognises, and what it must not. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Decision } from '#rules';
import { openReactingHub, type ReactingHub } from './reacting-hub.ts';
import { HOUR, MINUTE, T0 } from './rule-world.ts';

const iso = (at: number): string => new Date(at).toISOString();
// Each opens a hub or three, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const DB = 'postgres://db:5432';
const id = (name: string): string => `dataset:${DB}:${name}`;
const FACET = { _producer: 'https://example.com/loops', _schemaURL: 'https://example.com/facet.json' };

let runs = 0;
interface Told {
  readonly at: number;
  /** When it began; default: with its only event. */
  readonly begun?: number;
  readonly facets?: object;
  readonly runId?: string;
  readonly type?: string;
}

function run(job: string, reads: readonly string[], writes: readonly string[], told: Told): object[] {
  const { at, begun = at, facets = {}, type = 'COMPLETE' } = told;
  const runId = told.runId ?? `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}`;
  const event = (eventType: string, eventTime: number): object => ({
    eventType,
    eventTime: iso(eventTime),
    producer: 'https://example.com/loops',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId, facets },
    job: { namespace: 'tool', name: job },
    inputs: reads.map((name) => ({ namespace: DB, name })),
    outputs: writes.map((name) => ({ namespace: DB, name })),
  });
  return begun === at ? [event(type, at)] : [event('START', begun), event(type, at)];
}

/** As Airflow's provider tells of a DAG run and its tasks. */
const dagRun = (runId: string, conf: object = {}): object => ({
  airflow: { ...FACET, dagRun: { dag_id: 'marts', run_id: runId, run_type: 'manual', conf } },
});
const tagged = (key: string): object => ({
  tags: { ...FACET, tags: [{ key: 'headwater', value: key, source: 'USER' }] },
});

let hub: ReactingHub | null = null;
afterEach(async () => {
  await hub?.close();
  hub = null;
});
const open = async (rules: string, now = T0): Promise<ReactingHub> => {
  hub = await openReactingHub(rules, now);
  return hub;
};

const said = (decisions: readonly Decision[]): string[] =>
  decisions.map(({ rule, subject, verdict, guard }) => `${rule} ${subject.split(':').at(-1)} ${guard ?? verdict}`);
const lastKey = async ({ deliveries }: ReactingHub): Promise<string> => (await deliveries()).at(-1)?.id ?? '';

const AIRFLOW = `
rules:
  - { name: refresh, on: dataset.updated, dataset: "${id('orders')}", then: [ { trigger: { airflow: { dag: marts } } } ] }
`;
/** orders ─▶ dbt job 34 ─▶ mart ─▶ a workflow that nobody knows by name ─▶ orders */
const TWO_TOOLS = `
rules:
  - { name: build, on: dataset.updated, dataset: "${id('orders')}", then: [ { trigger: { dbt: { job: 34 } } } ] }
  - { name: publish, on: dataset.updated, dataset: "${id('mart')}", then: [ { trigger: { github: { repository: a/b, event: mart } } } ] }
`;

describe('the loop guard', () => {
  it('knows a run by the run id that we gave its DAG run, whenever it comes', async () => {
    const at = T0 + 9 * HOUR;
    const opened = await open(AIRFLOW);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    const key = await lastKey(opened);
    await opened.moveTo(at);
    await opened.send(...run('else', ['orders'], ['orders'], { at, facets: dagRun(`headwater__${key}`) }));
    const decided = await opened.decided();
    expect(said(decided)).toEqual(['refresh orders FIRED', 'refresh orders LOOP']);
    expect(decided[1]?.text).toMatch(
      /^refresh met its conditions for orders but was held back: it caused this itself: refresh fired at 2026-01-05T08:00:00\.000Z and led to run:\S+, which carries its key\.$/,
    );
    expect(decided[1]?.chain).toMatchObject([{ decision: decided[0]?.id, rule: 'refresh', how: 'KEY' }]);
    // The next one of the loader is none of ours.
    await opened.send(...run('load', ['raw'], ['orders'], { at: at + MINUTE }));
    expect(said(await opened.decided()).at(-1)).toBe('refresh orders FIRED');
  });

  it.each([
    ['a parent’s', 'parent'],
    ['a root’s', 'root'],
    ['what it depends on by an asset', 'jobDependencies'],
  ])('knows a run by the key of %s', async (_, how) => {
    const opened = await open(AIRFLOW);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    const key = await lastKey(opened);
    const [parentId, above] = ['01a1f11a-6000-7eef-b795-2e45c1b450ef', '01a1f11a-6000-70e6-b786-3cf876292102'];
    const later = T0 + 5 * HOUR;
    await opened.moveTo(later);
    await opened.send(...run('dag', [], [], { at: later, runId: parentId, facets: dagRun(`headwater__${key}`) }));
    const job = { namespace: 'tool', name: 'dag' };
    const facets = {
      parent: { parent: { ...FACET, job, run: { runId: parentId } } },
      root: { parent: { ...FACET, job, run: { runId: above }, root: { job, run: { runId: parentId } } } },
      jobDependencies: {
        jobDependencies: { ...FACET, upstream: [{ job, run: { runId: parentId } }], downstream: [] },
      },
    }[how];
    await opened.send(...run('query', ['orders'], ['orders'], { at: later, facets: facets ?? {} }));
    expect(said(await opened.decided())).toEqual(['refresh orders FIRED', 'refresh orders LOOP']);
  });

  it('knows a run by a key that its tool passed on: parameters, tags, Airflow’s conf', async () => {
    const opened = await open(AIRFLOW);
    const ways: ((key: string) => object)[] = [
      tagged,
      (key) => dagRun('manual__2026', { headwater: key }),
      (key) => ({ executionParameters: { ...FACET, parameters: [{ key: 'HEADWATER', name: 'cause', value: key }] } }),
    ];
    for (const [i, way] of ways.entries()) {
      const at = T0 + (i + 1) * 3 * HOUR;
      await opened.moveTo(at);
      await opened.send(...run('load', ['raw'], ['orders'], { at }));
      const facets = way(await lastKey(opened));
      await opened.send(...run('else', ['other'], ['orders'], { at: at + MINUTE, facets }));
    }
    expect(said(await opened.decided())).toEqual(ways.flatMap(() => ['refresh orders FIRED', 'refresh orders LOOP']));
  });

  it('follows a chain over several tools, by keys', async () => {
    const opened = await open(TWO_TOOLS);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    await opened.moveTo(T0 + 4 * HOUR);
    await opened.send(
      ...run('dbt', ['orders'], ['mart'], { at: T0 + 4 * HOUR, facets: tagged(await lastKey(opened)) }),
    );
    await opened.moveTo(T0 + 8 * HOUR);
    await opened.send(
      ...run('flow', ['mart'], ['orders'], { at: T0 + 8 * HOUR, facets: tagged(await lastKey(opened)) }),
    );
    const decided = await opened.decided();
    expect(said(decided)).toEqual(['build orders FIRED', 'publish mart FIRED', 'build orders LOOP']);
    expect(decided[2]?.chain.map(({ rule, how }) => `${rule} ${how}`)).toEqual(['publish KEY', 'build KEY']);
    expect(decided[2]?.text).toContain('it caused this itself: build fired at');
    expect(decided[2]?.text).toContain('; then publish fired at');
  });

  it('follows it by when and by the lineage where nothing is passed on', async () => {
    const opened = await open(TWO_TOOLS);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    await opened.moveTo(T0 + 10 * MINUTE);
    await opened.send(...run('dbt', ['orders'], ['mart'], { begun: T0 + MINUTE, at: T0 + 10 * MINUTE }));
    await opened.moveTo(T0 + 20 * MINUTE);
    await opened.send(...run('flow', ['mart'], ['orders'], { begun: T0 + 11 * MINUTE, at: T0 + 20 * MINUTE }));
    const decided = await opened.decided();
    expect(said(decided)).toEqual(['build orders FIRED', 'publish mart FIRED', 'build orders LOOP']);
    expect(decided[2]?.chain.map(({ rule, how }) => `${rule} ${how}`)).toEqual(['publish LINEAGE', 'build LINEAGE']);
  });

  it('sees through a job between, that nobody triggered', async () => {
    const opened = await open(AIRFLOW);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    await opened.moveTo(T0 + 10 * MINUTE);
    await opened.send(...run('marts.build', ['orders'], ['mart'], { begun: T0 + MINUTE, at: T0 + 5 * MINUTE }));
    await opened.send(...run('feedback', ['mart'], ['scores'], { begun: T0 + 6 * MINUTE, at: T0 + 7 * MINUTE }));
    await opened.send(...run('score', ['scores'], ['orders'], { begun: T0 + 8 * MINUTE, at: T0 + 9 * MINUTE }));
    expect(said(await opened.decided())).toEqual(['refresh orders FIRED', 'refresh orders LOOP']);
  });

  it('lets pass what is not our own work', async () => {
    const opened = await open(`${AIRFLOW}
  - { name: told, on: dataset.updated, dataset: "${id('orders')}", then: [ { webhook: people } ] }
webhooks:
  people: { url: "https://example.com/hook", secret: "\${env:SECRET}" }
`);
    const pass = async (job: string, reads: readonly string[], told: Told): Promise<string[]> => {
      const before = (await opened.decided()).length;
      await opened.moveTo(told.at);
      await opened.send(...run(job, reads, ['orders'], told));
      return said((await opened.decided()).slice(before));
    };
    const fired = ['refresh orders FIRED', 'told orders FIRED'];
    expect(await pass('load', ['raw'], { at: T0 })).toEqual(fired);
    // The loader again, a job that merges the table into itself, a key of nobody's, a DAG of another name.
    expect(await pass('load', ['raw'], { at: T0 + 10 * MINUTE })).toEqual(fired);
    expect(await pass('merge', ['raw', 'orders'], { at: T0 + 20 * MINUTE })).toEqual(fired);
    const foreign = tagged(`dlv_${'0'.repeat(32)}`);
    expect(await pass('load', ['raw'], { at: T0 + 30 * MINUTE, facets: foreign })).toEqual(fired);
    expect(await pass('marts_old.build', ['orders'], { at: T0 + 40 * MINUTE })).toEqual(fired);
    // The DAG itself: one that had begun before we asked for it, and one long after.
    const early = { begun: T0 + 30 * MINUTE, at: T0 + 50 * MINUTE };
    await opened.moveTo(early.at);
    expect(await pass('marts.early', ['raw'], { begun: T0 - 10 * MINUTE, at: early.at })).toEqual(fired);
    expect(await pass('marts.build', ['raw'], { at: early.at + 2 * HOUR })).toEqual(fired);
    // And within the hour.
    expect(await pass('marts.build', ['raw'], { at: early.at + 2 * HOUR + MINUTE })).toEqual([
      'refresh orders LOOP',
      'told orders FIRED',
    ]);
  });

  it('a job that is started again when it fails is started again once; a later failure is another', async () => {
    const opened = await open(
      'rules:\n  - { name: again, on: run.failed, then: [ { trigger: { airflow: { dag: "{{job.name}}" } } } ] }\n'.replace(
        '"{{job.name}}"',
        'load',
      ),
    );
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0, type: 'FAIL' }));
    await opened.moveTo(T0 + 5 * MINUTE);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 + 5 * MINUTE, type: 'FAIL' }));
    expect((await opened.incidents()).map(({ state }) => state)).toEqual(['OPEN']);
    await opened.moveTo(T0 + 24 * HOUR);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 + 24 * HOUR, type: 'FAIL' }));
    expect(said(await opened.decided())).toEqual(['again load FIRED', 'again load LOOP', 'again load FIRED']);
  });

  it('a breach that comes back by time alone is no loop', async () => {
    const opened = await open(`
rules:
  - { name: refresh, on: freshness.failed, then: [ { trigger: { airflow: { dag: load } } } ] }
freshness:
  - { name: fresh, dataset: "${id('orders')}", maxAge: { fail: 2h } }
`);
    await opened.send(...run('load', [], ['orders'], { at: T0 }));
    for (const n of [1, 2, 3]) {
      const late = T0 + n * 3 * HOUR;
      await opened.moveTo(late);
      const facets = dagRun(`headwater__${await lastKey(opened)}`);
      await opened.send(...run('load', [], ['orders'], { at: late + MINUTE, facets }));
      await opened.moveTo(late + 2 * MINUTE);
    }
    expect(said(await opened.decided())).toEqual(Array.from({ length: 3 }, () => 'refresh orders FIRED'));
  });

  it('a circle of continuous jobs, legal as it is, starts nothing', async () => {
    const opened = await open(`
rules:
  - { name: any, on: [dataset.updated, lineage.changed, lineage.cycle, run.completed], then: [ { trigger: { dbt: { job: 1 } } } ] }
`);
    const stream = (job: string, reads: string, writes: string, at: number): object => {
      const [event] = run(job, [reads], [writes], {
        at,
        type: 'RUNNING',
        runId: `019b76da-a800-7000-8000-00000000${job}`,
      });
      const jobType = { ...FACET, processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' };
      return { ...event, job: { namespace: 'flink', name: job, facets: { jobType } } };
    };
    for (let i = 0; i < 30; i++) {
      await opened.moveTo(T0 + i * MINUTE);
      await opened.send(stream('0001', 'a', 'b', T0 + i * MINUTE), stream('0002', 'b', 'a', T0 + i * MINUTE));
    }
    // The edges that came, and the circle that they closed: not one decision more in half an hour of going round.
    const kinds = (await opened.decided()).map(({ change }) => change.kind);
    expect(kinds.filter((kind) => kind === 'lineage.cycle').length).toBe(1);
    expect(kinds.length).toBeLessThanOrEqual(7);
  });

  it('a rule that annotates what was annotated hears itself once, and another rule too', async () => {
    const opened = await open(`
rules:
  - { name: echo, on: annotation.added, then: [ { annotate: { text: heard } } ] }
  - { name: answer, on: annotation.added, where: 'change.after.by == "rule:echo"', then: [ { annotate: { text: indeed } } ] }
`);
    await opened.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    const remark = async (by: string): Promise<void> => {
      await opened.pipeline.remark({
        kind: 'ANNOTATION',
        subject: id('orders'),
        text: 'x',
        carried: false,
        by,
        expiresAt: null,
        key: null,
      });
      await opened.reactor.settled();
    };
    await remark('ann');
    await remark('rule:echo');
    await remark('rule:answer');
    expect(said(await opened.decided())).toEqual([
      'echo orders FIRED',
      'answer orders NOT_MET',
      'echo orders LOOP',
      'answer orders FIRED',
      'echo orders LOOP',
      'answer orders NOT_MET',
    ]);
  });

  it('stops a chain that goes on and on over ever other datasets', async () => {
    const opened = await open(
      'rules:\n  - { name: on_and_on, on: dataset.updated, then: [ { trigger: { airflow: { dag: grow } } } ] }\n',
    );
    await opened.send(...run('load', ['raw'], ['t_0'], { at: T0 }));
    for (let i = 1; i <= 22; i++) {
      const facets = dagRun(`headwater__${await lastKey(opened)}`);
      await opened.send(...run('grow', [`t_${i - 1}`], [`t_${i}`], { at: T0 + i * 1_000, facets }));
    }
    const guards = (await opened.decided()).map(({ guard, chain }) => `${guard} ${chain.length}`);
    expect(guards.slice(0, 21)).toEqual([...Array.from({ length: 20 }, (_, i) => `null ${i}`), 'LOOP 20']);
    expect((await opened.decided())[20]?.text).toContain('it would be number 21 of our own triggers in a row');
  });

  it('is there after a restart', async () => {
    const first = await open(AIRFLOW);
    await first.send(...run('load', ['raw'], ['orders'], { at: T0 }));
    await first.close();
    hub = await openReactingHub(AIRFLOW, T0 + 10 * MINUTE, first.folder);
    await hub.send(...run('marts.build', ['orders'], ['orders'], { at: T0 + 10 * MINUTE }));
    expect(said(await hub.decided())).toEqual(['refresh orders FIRED', 'refresh orders LOOP']);
  });
});
