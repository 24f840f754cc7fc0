/** Change feed and clock → decisions, incidents, deliveries, on real stores and a moved clock. */
import { afterEach, describe, expect, it } from 'vitest';
import { openReactingHub, type ReactingHub } from './reacting-hub.ts';
import { HOUR, MINUTE, T0 } from './rule-world.ts';

const iso = (at: number): string => new Date(at).toISOString();
const DB = 'postgres://db:5432';
const id = (name: string): string => `dataset:${DB}:${name}`;

const run = (
  job: string,
  at: number,
  reads: readonly string[],
  writes: readonly string[],
  more: object = {},
): object => ({
  eventType: 'COMPLETE',
  eventTime: iso(at),
  producer: 'https://example.com/react',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: runId(job, at) },
  job: { namespace: 'shop', name: job },
  inputs: reads.map((name) => ({ namespace: DB, name })),
  outputs: writes.map((name) => ({ namespace: DB, name })),
  ...more,
});

const FACET = { _producer: 'https://example.com/react', _schemaURL: 'https://example.com/facet.json' };

const runId = (job: string, at: number): string => {
  let hash = 0;
  for (const letter of `${job}@${at}`) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return `019b76da-a800-7000-8000-${hash.toString(16).padStart(12, '0')}`;
};

/** `late` after two hours; with `watermark`, how far it reaches. */
const told = (name: string, at: number, facet: object): object => ({
  eventTime: iso(at),
  producer: 'https://example.com/react',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: DB,
    name,
    facets: {
      headwater_freshness: {
        _producer: 'https://example.com/react',
        _schemaURL: 'https://headwater.example/freshness.json',
        maxAge: { fail: '2h' },
        ...facet,
      },
    },
  },
});

const LATE = `
webhooks:
  people: { url: "https://example.com/hook", secret: "\${env:SECRET}" }
rules:
  - { name: late, on: freshness.failed, then: [ { webhook: people } ] }
  - { name: over, on: incident.resolved, then: [ { webhook: people } ] }
`;

let hub: ReactingHub | null = null;
afterEach(async () => {
  await hub?.close();
  hub = null;
});
const open = async (rules: string, now = T0, folder?: string): Promise<ReactingHub> => {
  hub = await openReactingHub(rules, now, folder);
  return hub;
};

/** raw → load → staging → twelve marts, each with its policy. */
const MARTS = Array.from({ length: 12 }, (_, i) => `mart_${i}`);
const story = (at: number, watermark: number): readonly object[] => [
  told('raw', at, { watermark: iso(watermark) }),
  run('load', at + MINUTE, ['raw'], ['staging'], {}),
  ...MARTS.map((mart, i) => run(`build_${i}`, at + 2 * MINUTE, ['staging'], [mart])),
];

describe('react', () => {
  it('a late source is one incident and one webhook, what is late because of it is folded, and its end is told once', async () => {
    const { send, moveTo, decided, deliveries, incidents } = await open(LATE, T0 + 5 * MINUTE);
    await send(...[...MARTS, 'staging'].map((name) => told(name, T0, {})), ...story(T0, T0 - MINUTE));
    await moveTo(T0 + 2 * HOUR - 2 * MINUTE);
    expect(await decided()).toEqual([]);

    await moveTo(T0 + 2 * HOUR);
    const first = await decided();
    expect(first.map(({ verdict, guard }) => `${verdict} ${guard}`).sort()).toEqual([
      'FIRED null',
      ...Array.from({ length: 13 }, () => 'SUPPRESSED FOLDED'),
    ]);
    expect(first.find(({ verdict }) => verdict === 'FIRED')?.subject).toBe(id('raw'));
    const [incident, ...others] = await incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ subject: id('raw'), state: 'OPEN', since: T0 + 2 * HOUR - MINUTE });
    expect(incident?.folded.map(({ subject }) => subject).sort()).toEqual([...MARTS, 'staging'].map(id).sort());
    expect((await deliveries()).map(({ to, subject }) => [to, subject])).toEqual([['webhook:people', id('raw')]]);

    const later = T0 + 3 * HOUR;
    await moveTo(later);
    await send(...story(later, later - MINUTE));
    const second = (await deliveries()).slice(1);
    expect(second.map(({ to, subject, rule }) => [to, subject, rule])).toEqual([['webhook:people', id('raw'), 'over']]);
    expect(JSON.parse(second[0]?.body ?? '')).toMatchObject({
      type: 'incident.resolved',
      data: {
        subject: id('raw'),
        incident: incident?.id,
        change: { after: { rule: 'late', kind: 'freshness.failed' } },
      },
    });
    expect((await incidents()).map(({ state }) => state)).toEqual(['RESOLVED']);
    await moveTo(later + HOUR);
    expect((await deliveries()).length).toBe(2);
  });

  it('what stays late when its cause has recovered is an incident of its own after an hour', async () => {
    const { send, moveTo, deliveries, incidents } = await open(LATE, T0 + 5 * MINUTE);
    await send(told('staging', T0, {}), ...story(T0, T0 - MINUTE).slice(0, 2));
    await moveTo(T0 + 2 * HOUR);
    const later = T0 + 3 * HOUR;
    await moveTo(later);
    await send(told('raw', later, { watermark: iso(later) }));
    expect((await incidents()).map(({ state, subject }) => [state, subject])).toEqual([['RESOLVED', id('raw')]]);
    await moveTo(later + HOUR - 1);
    expect((await deliveries()).length).toBe(2);
    await moveTo(later + HOUR);
    expect((await incidents()).map(({ state, subject }) => [state, subject])).toEqual([
      ['OPEN', id('staging')],
      ['RESOLVED', id('raw')],
    ]);
    expect((await deliveries()).map(({ subject, rule }) => [rule, subject])).toEqual([
      ['late', id('raw')],
      ['over', id('raw')],
      ['late', id('staging')],
    ]);
  });

  it('decides nothing of what was there before the rules, and nothing twice after a restart or a rebuilt graph', async () => {
    const folder = (await open('')).folder;
    await hub?.send(run('load', T0 - HOUR, ['raw'], ['a']));
    await hub?.close();
    const rules = 'rules:\n  - { name: written, on: dataset.updated, then: [ { tag: { add: x } } ] }\n';
    const first = await open(rules, T0, folder);
    // One by one an edge comes and goes; together, when the graph is built anew, it was never there.
    for (let i = 10; i > 1; i--) await first.send(run('load', T0 - i * MINUTE, ['raw'], [i % 2 === 0 ? 'b' : 'a']));
    expect((await first.decided()).map(({ verdict }) => verdict)).toEqual(Array.from({ length: 9 }, () => 'FIRED'));
    await first.close();
    const second = await open(rules, T0, folder);
    await second.reactor.settled();
    expect((await second.decided()).length).toBe(9);
    await second.close();

    // As `headwater replay` does it, and the feed has other numbers.
    const { rmSync, readdirSync } = await import('node:fs');
    const { join } = await import('node:path');
    for (const file of readdirSync(folder)) if (file.startsWith('graph.db')) rmSync(join(folder, file));
    const third = await open(rules, T0, folder);
    await third.reactor.settled();
    expect((await third.decided()).length).toBe(9);
    await third.send(run('load', T0, ['raw'], ['a']));
    expect(new Set((await third.decided()).map((decision) => decision.id)).size).toBe(10);
  });

  it('fires when all inputs are there, for one version of the data once', async () => {
    const { send, decided } = await open(
      `rules:
  - name: refresh
    on: dataset.updated
    when: all-inputs-updated
    job: { namespace: shop, name: mart }
    then: [ { trigger: { airflow: { dag: marts } } } ]
`,
      T0 + HOUR,
    );
    await send(run('orders', T0, [], ['orders']), run('customers', T0, [], ['customers']));
    await send(run('mart', T0 + MINUTE, ['orders', 'customers'], ['mart']));
    await send(run('orders', T0 + 2 * MINUTE, [], ['orders']));
    await send(run('customers', T0 + 3 * MINUTE, [], ['customers']));
    const said = (await decided()).map(({ subject, verdict, guard, job }) => [subject, verdict, guard, job]);
    expect(said).toEqual([
      [id('orders'), 'NOT_MET', null, 'job:shop:mart'],
      [id('customers'), 'FIRED', null, 'job:shop:mart'],
    ]);
  });

  it('a stream that stalls is one incident and one webhook; what grows old behind it is folded; its end is told once', async () => {
    const rules = LATE.replace('on: freshness.failed', 'on: [freshness.failed, job.stalled]');
    const { send, moveTo, decided, deliveries, incidents } = await open(rules, T0);
    const topic = { namespace: 'kafka://broker:9092', name: 'clicks' };
    const stream = (at: number, position: number, endPosition: number): object => ({
      ...run('per_minute', at, [], ['live']),
      eventType: 'RUNNING',
      inputs: [topic],
      run: {
        runId: runId('per_minute', 0),
        facets: {
          headwater_progress: {
            ...FACET,
            inputs: [{ ...topic, partitions: [{ partition: '0', position, endPosition, watermark: iso(at - 1_000) }] }],
            ...(position === endPosition ? { watermark: iso(at - 1_000) } : {}),
          },
        },
      },
      job: {
        namespace: 'flink',
        name: 'per_minute',
        facets: { jobType: { ...FACET, processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' } },
      },
    });
    const step = 30_000;
    const flowing = async (from: number, steps: number, position: number): Promise<void> => {
      for (let i = 0; i < steps; i++) {
        await moveTo(from + i * step);
        await send(stream(from + i * step, position + i * 10, position + i * 10));
      }
    };
    await send(...MARTS.map((mart) => told(mart, T0, { maxAge: { fail: '30m' } })));
    await flowing(T0, 12, 100);
    const built = T0 + 12 * step;
    await moveTo(built);
    await send(...MARTS.map((mart, i) => run(`build_${i}`, built, ['live'], [mart])));
    expect(await decided()).toEqual([]);

    // The input goes on, the job doesn't.
    for (let i = 1; i <= 10; i++) {
      await moveTo(built + i * step);
      await send(stream(built + i * step, 210, 210 + i * 10));
    }
    const job = 'job:flink:per_minute';
    expect((await deliveries()).map(({ subject, rule }) => [rule, subject])).toEqual([['late', job]]);
    await moveTo(built + HOUR);
    expect((await decided()).filter(({ guard }) => guard === 'FOLDED').length).toBe(12);
    expect((await incidents()).map(({ subject, state, folded }) => [subject, state, folded.length])).toEqual([
      [job, 'OPEN', 12],
    ]);
    expect((await deliveries()).length).toBe(1);

    const again = built + HOUR + MINUTE;
    await flowing(again, 12, 2_000);
    await send(...MARTS.map((mart, i) => run(`build_${i}`, again + 12 * step, ['live'], [mart])));
    await moveTo(again + 13 * step);
    expect((await deliveries()).map(({ subject, rule }) => [rule, subject])).toEqual([
      ['late', job],
      ['over', job],
    ]);
    expect((await incidents()).map(({ state }) => state)).toEqual(['RESOLVED']);
  });

  it('a run that fails is an incident of its job until one completes; a condition sees tags and owners', async () => {
    const { send, decided, incidents, deliveries } = await open(
      `rules:
  - name: broken
    on: run.failed
    where: job.owners.exists(o, o == "team:shop") && run.error.contains("boom")
    then: [ { tag: { add: broken } } ]
    guard: { cooldown: 1h }
`,
      T0 + HOUR,
    );
    const job = {
      namespace: 'shop',
      name: 'load',
      facets: {
        ownership: { _producer: 'https://e.com', _schemaURL: 'https://e.com/o.json', owners: [{ name: 'team:shop' }] },
      },
    };
    const failed = (at: number): object => {
      const event = run('load', at, ['raw'], ['a'], { eventType: 'FAIL', job });
      const { run: of } = event as { readonly run: object };
      const error = {
        message: 'boom',
        programmingLanguage: 'SQL',
        _producer: 'https://e.com',
        _schemaURL: 'https://e.com/e.json',
      };
      return { ...event, run: { ...of, facets: { errorMessage: error } } };
    };
    await send(failed(T0), failed(T0 + MINUTE));
    expect((await decided()).map(({ verdict, guard, subject }) => [subject, verdict, guard])).toEqual([
      ['job:shop:load', 'FIRED', null],
      ['job:shop:load', 'SUPPRESSED', 'COOLDOWN'],
    ]);
    expect((await incidents()).map(({ state, subject }) => [subject, state])).toEqual([['job:shop:load', 'OPEN']]);
    expect(await deliveries()).toMatchObject([{ to: 'tag', state: 'WAITING' }]);
    await send(run('load', T0 + 2 * MINUTE, ['raw'], ['a'], { job }));
    expect((await incidents()).map(({ state }) => state)).toEqual(['RESOLVED']);
  });

  it('a run that ended before a later one did opens no incident, and ends none', async () => {
    const { send, incidents } = await open(
      'rules:\n  - { name: broken, on: run.failed, then: [ { tag: { add: x } } ] }\n',
      T0 + HOUR,
    );
    const states = async () => (await incidents()).map(({ state }) => state);
    await send(run('load', T0 + 10 * MINUTE, ['raw'], ['a']));
    await send(run('load', T0 + 5 * MINUTE, ['raw'], ['a'], { eventType: 'FAIL' }));
    expect(await states()).toEqual([]);
    await send(run('load', T0 + 20 * MINUTE, ['raw'], ['a'], { eventType: 'FAIL' }));
    await send(run('load', T0 + 15 * MINUTE, ['raw'], ['a']));
    expect(await states()).toEqual(['OPEN']);
  });

  it('a person handles an incident, and pauses rules', async () => {
    const { send, reactor, incidents, decided } = await open(
      'rules:\n  - { name: broken, on: run.failed, then: [ { tag: { add: x } } ] }\n',
      T0 + HOUR,
    );
    await send(run('load', T0, ['raw'], ['a'], { eventType: 'FAIL' }));
    const [incident] = await incidents();
    expect(await reactor.handle(incident?.id ?? '', { do: 'acknowledge', note: 'on it' }, 'ann')).toBeNull();
    expect(await reactor.handle(incident?.id ?? '', { do: 'resolve', reason: 'fixed' }, 'ann')).toBeNull();
    expect(await reactor.handle(incident?.id ?? '', { do: 'resolve', reason: 'fixed' }, 'ann')).toContain(
      'resolved already',
    );
    expect((await incidents())[0]?.timeline.map(({ did, who }) => [did, who])).toEqual([
      ['opened', 'headwater'],
      ['acknowledged', 'ann'],
      ['resolved', 'ann'],
    ]);
    const [rule] = reactor.rules.set.rules;
    await reactor.pause(rule ?? null, { by: 'ann', at: T0, reason: 'migration' });
    await send(run('load', T0 + MINUTE, ['raw'], ['a'], { eventType: 'FAIL' }));
    expect((await decided()).at(-1)).toMatchObject({ guard: 'PAUSED' });
    await reactor.resume(rule ?? null);
    await send(run('load', T0 + 2 * MINUTE, ['raw'], ['a'], { eventType: 'FAIL' }));
    expect((await decided()).at(-1)).toMatchObject({ verdict: 'FIRED' });
  });
});
