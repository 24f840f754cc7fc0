/** Contract files (ODCS) at work: what is broken is a change, told once, and over once; files come, change and go. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Change, LOCAL_VIEWER } from '#lineage';
import { sayProblem } from '#rules';
import { loadRules } from '#rules/language';
import { openReactingHub, type ReactingHub } from './reacting-hub.ts';
import { HOUR, MINUTE, T0 } from './rule-world.ts';

// Each opens a hub or three, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const DB = 'postgres://db:5432';
const id = (name: string): string => `dataset:${DB}:shop.public.${name}`;
const PRODUCER = 'https://example.com/contracts';
const FACET = { _producer: PRODUCER, _schemaURL: 'https://example.com/facet.json' };
const iso = (at: number): string => new Date(at).toISOString();

const contract = (promises: string, more = ''): string => `
apiVersion: v3.1.0
kind: DataContract
id: orders-contract
version: 1.2.0
status: active
servers:
  - { server: main, type: postgres, host: db, port: 5432, database: shop, schema: public }
schema:
  - name: Orders
    physicalName: orders
    properties:
      - { name: id, logicalType: integer, required: true }
      - { name: amount, physicalType: "decimal(10,2)" }
${promises}
${more}`;
const ROWS = '    quality: [ { metric: rowCount, mustBeGreaterThan: 100 } ]';
const LATENCY = 'slaProperties: [ { property: latency, value: 2, unit: h } ]';
const FREQUENCY = 'slaProperties: [ { property: frequency, value: 1, unit: h } ]';
const RULES = `
rules:
  - { name: broken, on: contract.violated, then: [ { tag: { add: broken } } ] }
  - { name: kept, on: contract.recovered, then: [ { tag: { add: kept } } ] }
`;
const GOOD = { id: 'bigint not null', amount: 'decimal(10,2)' };

let runs = 0;
interface Told {
  readonly fields?: Readonly<Record<string, string>>;
  readonly rows?: number;
  readonly watermark?: number;
}

const load = (at: number, { fields = GOOD, rows, watermark }: Told = {}, table = 'orders'): object => ({
  eventType: 'COMPLETE',
  eventTime: iso(at),
  producer: PRODUCER,
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}` },
  job: { namespace: 'shop', name: 'load' },
  inputs: [],
  outputs: [
    {
      namespace: DB,
      name: `shop.public.${table}`,
      facets: {
        schema: { ...FACET, fields: Object.entries(fields).map(([name, type]) => ({ name, type })) },
        ...(watermark === undefined ? {} : { headwater_freshness: { ...FACET, watermark: iso(watermark) } }),
      },
      outputFacets: rows === undefined ? {} : { outputStatistics: { ...FACET, rowCount: rows } },
    },
  ],
});

let hub: ReactingHub | null = null;
afterEach(async () => {
  await hub?.close();
  hub = null;
});
const open = async (contracts: readonly string[], folder?: string, now = T0): Promise<ReactingHub> => {
  hub = await openReactingHub(RULES, now, folder, contracts);
  return hub;
};

async function told({ store }: ReactingHub): Promise<readonly Change[]> {
  const { items } = await store.reader(LOCAL_VIEWER).changes({
    kinds: ['contract.violated', 'contract.recovered'],
    subjects: null,
    since: null,
    breaking: null,
    first: 100,
    after: null,
  });
  return items;
}
const said = async (of: ReactingHub): Promise<string[]> => (await told(of)).map(({ text }) => text);
const VIOLATED = 'shop.public.orders breaks the contract orders-contract: ';
const KEPT = 'shop.public.orders keeps its contract again';

describe('a contract', () => {
  it('that is broken by a schema is told once, and over once; rules and incidents hear of it', async () => {
    const opened = await open([contract('')]);
    await opened.send(load(T0));
    expect(await said(opened)).toEqual([]);
    await opened.moveTo(T0 + MINUTE);
    await opened.send(load(T0 + MINUTE, { fields: { id: 'bigint', amount: 'decimal(12,2)' } }));
    await opened.send(load(T0 + 2 * MINUTE, { fields: { id: 'bigint', amount: 'decimal(12,2)' } }));
    expect(await said(opened)).toEqual([`${VIOLATED}amount is decimal(12,2), which is wider than decimal(10,2)`]);
    expect((await told(opened))[0]).toMatchObject({
      subject: id('orders'),
      after: [{ contract: 'orders-contract', kind: 'FIELD_TYPE', path: 'schema[0].properties[1].physicalType' }],
    });
    expect((await opened.incidents()).map(({ kind, state }) => `${kind} ${state}`)).toEqual(['contract.violated OPEN']);
    // Another promise of it is news; one of two that is kept again is none.
    await opened.send(load(T0 + 3 * MINUTE, { fields: { amount: 'decimal(12,2)' } }));
    await opened.send(load(T0 + 4 * MINUTE, { fields: { amount: 'decimal(10,2)' } }));
    expect((await said(opened)).slice(1)).toEqual([`${VIOLATED}there is no field id`]);
    await opened.send(load(T0 + 5 * MINUTE));
    expect((await said(opened)).slice(2)).toEqual([KEPT]);
    expect((await opened.decided()).map(({ rule, verdict }) => `${rule} ${verdict}`)).toEqual([
      'broken FIRED',
      'broken FIRED',
      'kept FIRED',
    ]);
    expect((await opened.incidents()).map(({ state }) => state)).toEqual(['RESOLVED']);
  });

  it('that is broken by time alone is told when it is', async () => {
    const opened = await open([contract('', LATENCY)]);
    await opened.send(load(T0, { watermark: T0 }));
    await opened.moveTo(T0 + 2 * HOUR - 1);
    expect(await said(opened)).toEqual([]);
    await opened.moveTo(T0 + 2 * HOUR);
    expect(await said(opened)).toEqual([`${VIOLATED}It reaches ${iso(T0)}, 2 h ago: it has to be less than 2h old`]);
    await opened.moveTo(T0 + 3 * HOUR);
    await opened.send(load(T0 + 3 * HOUR, { watermark: T0 + 3 * HOUR }));
    expect((await said(opened)).slice(1)).toEqual([KEPT]);
  });

  it('that asks for data each hour is broken an hour after the last', async () => {
    const opened = await open([contract('', FREQUENCY)]);
    await opened.send(load(T0));
    await opened.moveTo(T0 + HOUR);
    expect(await said(opened)).toEqual([]);
    await opened.moveTo(T0 + HOUR + 1_000);
    expect(await said(opened)).toEqual([expect.stringContaining('it was last written')]);
    await opened.send(load(T0 + HOUR + 1_000));
    expect((await said(opened)).slice(1)).toEqual([KEPT]);
  });

  it('of row counts is held against what the last run said', async () => {
    const opened = await open([contract(ROWS)]);
    await opened.send(load(T0, { rows: 101 }), load(T0 + 1_000));
    // Who reads a part of it says nothing of the whole.
    const { outputs, ...reading } = load(T0 + 1_500) as { readonly outputs: readonly object[] };
    const inputFacets = { inputStatistics: { ...FACET, rowCount: 3 } };
    await opened.send({
      ...reading,
      job: { namespace: 'shop', name: 'read' },
      inputs: [{ ...outputs[0], inputFacets }],
      outputs: [],
    });
    expect(await said(opened)).toEqual([]);
    await opened.send(load(T0 + 2_000, { rows: 7 }));
    expect(await said(opened)).toEqual([
      `${VIOLATED}it had 7 rows at ${iso(T0 + 2_000)}: the row count must be greater than 100`,
    ]);
    await opened.send(load(T0 + 3_000, { rows: 1_000 }));
    expect((await said(opened)).slice(1)).toEqual([KEPT]);
  });

  it('that comes, changes and goes is held, and let go, without a restart', async () => {
    const opened = await open([]);
    const bad = { fields: { id: 'bigint' } };
    await opened.send(load(T0, bad));
    await opened.use(RULES, [contract('')]);
    expect(await said(opened)).toEqual([`${VIOLATED}there is no field amount`]);
    await opened.use(RULES, [contract('').replace('status: active', 'status: draft')]);
    expect((await said(opened)).slice(1)).toEqual([KEPT]);
    await opened.use(RULES, [contract('')]);
    await opened.use(RULES, []);
    expect((await said(opened)).slice(2)).toEqual([`${VIOLATED}there is no field amount`, KEPT]);
  });

  it('that went while the hub was away is let go when it is back; what was told is not told again', {
    timeout: 60_000,
  }, async () => {
    const first = await open([contract('')]);
    await first.send(load(T0, { fields: { id: 'bigint' } }));
    await first.close();
    const second = await open([contract('')], first.folder, T0 + MINUTE);
    expect(await said(second)).toHaveLength(1);
    await second.close();
    const third = await open([], first.folder, T0 + 2 * MINUTE);
    expect((await said(third)).slice(1)).toEqual([KEPT]);
  });

  it('says what it is held against, and what of it is not', async () => {
    const opened = await open([
      contract(ROWS, 'slaProperties: [ { property: retention, value: 3, unit: y } ]').replace('db, port', 'else, port'),
    ]);
    await opened.send(load(T0));
    expect(opened.contracts.results()).toMatchObject([
      { object: 'Orders', dataset: 'dataset:postgres://else:5432:shop.public.orders', isKnown: false, violations: [] },
    ]);
    await opened.use(RULES, [contract(ROWS, 'slaProperties: [ { property: retention, value: 3, unit: y } ]')]);
    expect(opened.contracts.results()).toMatchObject([
      {
        dataset: id('orders'),
        isKnown: true,
        unchecked: [
          { path: 'slaProperties[0]', reason: "retention can't be seen from outside" },
          { path: 'schema[0].quality[0]', reason: 'no row count was told' },
        ],
      },
    ]);
  });

  it('that is written wrong is told with line and column, and so is one that is there twice', () => {
    const problems = (...texts: readonly string[]): string[] => {
      const files = texts.map((text, i) => ({ file: `rules/contracts/${i}.yaml`, text, isContract: true }));
      const loaded = loadRules(files);
      return loaded.ok ? [] : loaded.problems.map(sayProblem);
    };
    expect(problems(contract(''))).toEqual([]);
    expect(problems(contract('').replace('logicalType: integer', 'logicalType: int'))).toEqual([
      'rules/contracts/0.yaml:13:34 schema[0].properties[0].logicalType must be one of string, date, timestamp, time, number, integer, object, array, boolean',
    ]);
    expect(problems(contract('', 'slaPropertys: []'))).toEqual([
      'rules/contracts/0.yaml:16:15 slaPropertys is no key of a data contract',
    ]);
    expect(problems(contract('').replace('version: 1.2.0\n', ''))).toEqual([
      'rules/contracts/0.yaml:2:1 version must be a text',
    ]);
    expect(problems(contract(''), contract(''))).toEqual([
      'rules/contracts/1.yaml:4:5 the contract "orders-contract" is there already, at rules/contracts/0.yaml:4',
    ]);
    expect(problems(contract(''), ': {')).toEqual([expect.stringContaining('rules/contracts/1.yaml:1:')]);
  });
});
