/** Freshness policies of rule files: told to the graph, and taken back, as files and datasets change. */
import { afterEach, expect, it } from 'vitest';
import { LOCAL_VIEWER, offersFreshnessReads } from '#lineage';
import { openReactingHub, type ReactingHub } from './reacting-hub.ts';
import { HOUR, MINUTE, T0 } from './rule-world.ts';

const DB = 'postgres://db:5432';
const id = (name: string): string => `dataset:${DB}:${name}`;
const PRODUCER = 'https://example.com/policies';
const FACET = { _producer: PRODUCER, _schemaURL: 'https://example.com/facet.json' };

/** A dataset that reaches as far as `at`, with the facets. */
const dataset = (name: string, at: number, facets: object = {}): object => ({
  eventTime: new Date(at).toISOString(),
  producer: PRODUCER,
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: DB,
    name,
    facets: { headwater_freshness: { ...FACET, watermark: new Date(at).toISOString() }, ...facets },
  },
});
const tagged = (...tags: readonly string[]): object => ({
  tags: { ...FACET, tags: tags.map((key) => ({ key, value: 'true', source: 'test' })) },
});

const ORDERS = `
freshness:
  - { name: orders-1.2, dataset: "${id('orders')}", maxAge: { fail: 2h } }
rules:
  - { name: late, on: [freshness.failed, freshness.recovered], then: [ { tag: { add: late } } ] }
`;
const MARTS = `
freshness:
  - { name: marts, where: 'dataset.tags.exists(t, t == "mart")', maxAge: { warn: 30m, fail: 1h } }
rules: []
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

/** What each dataset is asked: `name: policy STATE`. */
async function asked({ store }: ReactingHub, names: readonly string[], now: number): Promise<readonly string[]> {
  const reader = store.reader(LOCAL_VIEWER);
  if (!offersFreshnessReads(reader)) throw new Error('the store keeps no freshness');
  const answers = await reader.freshness(names.map(id), now);
  return names.map((name) => {
    const answer = answers.get(id(name));
    return `${name}: ${answer?.policy?.name ?? 'nothing'} ${answer?.state}`;
  });
}
const head = ({ pipeline }: ReactingHub): number => pipeline.status().head;

it('a policy of a rule file makes late what it names, from the moment that the dataset is known', async () => {
  const started = await open(ORDERS);
  expect(head(started)).toBe(0);
  await started.send(dataset('orders', T0), dataset('others', T0));
  expect(head(started)).toBe(3);
  await started.moveTo(T0 + 2 * HOUR - 1);
  expect(await started.decided()).toEqual([]);
  await started.moveTo(T0 + 2 * HOUR);
  expect((await started.decided()).map(({ verdict, subject, change }) => [verdict, subject, change.kind])).toEqual([
    ['FIRED', id('orders'), 'freshness.failed'],
  ]);
  expect(await asked(started, ['orders', 'others'], T0 + 2 * HOUR)).toEqual([
    'orders: orders-1.2 FAIL',
    'others: nothing NOT_APPLICABLE',
  ]);
});

it('a condition chooses anew when what it asks about changes; nothing is told twice', async () => {
  const started = await open(MARTS);
  await started.send(dataset('orders', T0, tagged('mart')), dataset('raw', T0), dataset('stage', T0));
  expect(head(started)).toBe(4);
  await started.send(dataset('raw', T0 + 1, tagged('mart')), dataset('stage', T0 + 1));
  expect(head(started)).toBe(7);
  expect(await asked(started, ['orders', 'raw', 'stage'], T0 + MINUTE)).toEqual([
    'orders: marts PASS',
    'raw: marts PASS',
    'stage: nothing NOT_APPLICABLE',
  ]);
  await started.send(dataset('orders', T0 + 2, tagged('old')));
  expect(await asked(started, ['orders'], T0 + MINUTE)).toEqual(['orders: nothing NOT_APPLICABLE']);
  expect(head(started)).toBe(9);
});

it('tags of people count as those of events, also where they came along the lineage', async () => {
  const started = await open(`${MARTS.replace('rules: []', '')}rules:
  - { name: of-marts, on: run.failed, where: '"mart" in job.tags', then: [ { tag: { add: late } } ] }
`);
  const run = (eventType: string, runId: string): object => ({
    eventType,
    eventTime: new Date(T0 + 1).toISOString(),
    producer: PRODUCER,
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId },
    job: { namespace: 'etl', name: 'load' },
    inputs: [{ namespace: DB, name: 'raw' }],
    outputs: [{ namespace: DB, name: 'orders' }],
  });
  await started.send(dataset('raw', T0), run('COMPLETE', '019b76da-a800-7000-8000-000000000001'));
  const tag = { kind: 'TAG', text: 'mart', by: 'ann', expiresAt: null, key: null } as const;
  await started.pipeline.remark({ ...tag, subject: id('raw'), carried: true });
  await started.send();
  expect(await asked(started, ['raw', 'orders'], T0 + MINUTE)).toEqual(['raw: marts PASS', 'orders: marts PASS']);
  await started.send(run('FAIL', '019b76da-a800-7000-8000-000000000002'));
  expect((await started.decided()).map(({ rule, verdict }) => [rule, verdict])).toEqual([['of-marts', 'FIRED']]);
  await started.pipeline.removeRemark({ of: { kind: 'TAG', subject: id('raw'), tag: 'mart' }, by: 'ann' });
  await started.send();
  expect(await asked(started, ['raw', 'orders'], T0 + MINUTE)).toEqual([
    'raw: nothing NOT_APPLICABLE',
    'orders: nothing NOT_APPLICABLE',
  ]);
});

it('other files: what differs is told, what goes is taken back, and its breach ends', async () => {
  const started = await open(ORDERS);
  await started.send(dataset('orders', T0, tagged('mart')), dataset('raw', T0, tagged('mart')));
  await started.moveTo(T0 + 3 * HOUR);
  const before = head(started);
  await started.use(`${ORDERS}  - { name: other, on: run.failed, then: [ { tag: { add: x } } ] }\n`);
  expect(head(started)).toBe(before);
  await started.use(ORDERS.replace('fail: 2h', 'fail: 4h'));
  expect(head(started)).toBe(before + 1);
  expect(await asked(started, ['orders'], T0 + 3 * HOUR)).toEqual(['orders: orders-1.2 PASS']);
  expect((await started.decided()).map(({ change }) => change.kind)).toEqual([
    'freshness.failed',
    'freshness.recovered',
  ]);
  await started.use(MARTS);
  expect(head(started)).toBe(before + 4);
  expect(await asked(started, ['orders', 'raw'], T0 + 3 * HOUR)).toEqual(['orders: marts FAIL', 'raw: marts FAIL']);
  await started.use('rules: []');
  expect(await asked(started, ['orders', 'raw'], T0 + 3 * HOUR)).toEqual([
    'orders: nothing NOT_APPLICABLE',
    'raw: nothing NOT_APPLICABLE',
  ]);
});

it('a restart tells nothing again, and what changed in between', async () => {
  const first = await open(MARTS);
  await first.send(dataset('orders', T0, tagged('mart')), dataset('raw', T0));
  const before = head(first);
  await first.close();
  const second = await open(MARTS, T0 + MINUTE, first.folder);
  expect(head(second)).toBe(before);
  await second.send(dataset('raw', T0 + MINUTE, tagged('mart')));
  expect(await asked(second, ['orders', 'raw'], T0 + MINUTE)).toEqual(['orders: marts PASS', 'raw: marts PASS']);
  await second.close();
  const third = await open('rules: []', T0 + MINUTE, first.folder);
  expect(await asked(third, ['orders', 'raw'], T0 + MINUTE)).toEqual([
    'orders: nothing NOT_APPLICABLE',
    'raw: nothing NOT_APPLICABLE',
  ]);
});

it('of datasets that are merged, what was told of the one is taken back from both', async () => {
  const started = await open(ORDERS);
  await started.send(dataset('orders', T0), dataset('copy', T0));
  const before = head(started);
  await started.pipeline.merge({ ids: [id('orders')], into: id('copy'), by: 'ann', reason: null });
  await started.send();
  expect(await asked(started, ['copy'], T0)).toEqual(['copy: orders-1.2 PASS']);
  expect(head(started)).toBe(before);
  await started.use('rules: []');
  expect(await asked(started, ['copy'], T0)).toEqual(['copy: nothing NOT_APPLICABLE']);
});

it('a dataset that was dropped stays dropped, and is looked at when it comes back', async () => {
  const change = (lifecycleStateChange: string): object => ({
    lifecycleStateChange: { ...FACET, lifecycleStateChange },
  });
  const started = await open('rules: []');
  await started.send(dataset('orders', T0), dataset('orders', T0 + 1, change('DROP')));
  const before = head(started);
  await started.use(ORDERS);
  expect(head(started)).toBe(before);
  await started.send(dataset('orders', T0 + 2, change('CREATE')));
  expect(await asked(started, ['orders'], T0 + 2)).toEqual(['orders: orders-1.2 PASS']);
});
