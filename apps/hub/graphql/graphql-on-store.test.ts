/** The endpoint on the embedded store: what the reader double of the other tests can't show. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteGraphStore } from '#graph';
import { canonicalJson, type EventLog, LOCAL_VIEWER, type LoggedEvent } from '#lineage';
import { registerGraphql } from './register-graphql.ts';

const NS = 'postgres://db:5432';
const producer = 'https://example.com/etl';
const meta = { _producer: producer, _schemaURL: 'https://example.com/facet.json' };
const orders = (...fields: readonly (readonly [string, string])[]) => ({
  namespace: NS,
  name: 'shop.public.orders',
  facets: { schema: { ...meta, fields: fields.map(([name, type]) => ({ name, type })) } },
});
const column = (field: string, type: string, subtype: string) => ({
  namespace: NS,
  name: 'shop.public.orders',
  field,
  transformations: [{ type, subtype, description: '', masking: false }],
});
const mart = {
  namespace: NS,
  name: 'shop.public.mart',
  facets: {
    columnLineage: {
      ...meta,
      fields: { who: { inputFields: [column('email', 'DIRECT', 'IDENTITY'), column('email', 'INDIRECT', 'FILTER')] } },
    },
  },
};
const job = (name: string, facets: object = {}) => ({ namespace: 'etl', name, facets });
const at = (hour: number): string => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
const runOf = (n: number) => ({ runId: `00000000-0000-4000-8000-00000000000${n}` });

const dataset = (name: string, headwater_freshness: object) => ({
  namespace: NS,
  name,
  facets: { headwater_freshness },
});

const EVENTS: readonly object[] = [
  { eventTime: at(0), dataset: orders(['id', 'int'], ['email', 'text']) },
  {
    eventTime: at(1),
    eventType: 'COMPLETE',
    run: runOf(1),
    job: job('mart', { sql: { ...meta, query: 'insert into mart select email from orders' } }),
    inputs: [{ namespace: NS, name: 'shop.public.orders' }],
    outputs: [mart],
  },
  {
    eventTime: at(2),
    eventType: 'COMPLETE',
    run: runOf(2),
    job: job('export'),
    inputs: [{ namespace: NS, name: 'shop.public.orders' }],
  },
  { eventTime: at(3), dataset: orders(['id', 'bigint']) },
  {
    eventTime: at(4),
    eventType: 'COMPLETE',
    run: runOf(3),
    job: job('export'),
    inputs: [{ namespace: NS, name: 'shop.public.mart' }],
  },
  // Reads another column than the one that goes, and, below, nobody knows which.
  {
    eventTime: at(5),
    eventType: 'COMPLETE',
    run: runOf(4),
    job: job('counts'),
    inputs: [{ namespace: NS, name: 'shop.public.orders' }],
    outputs: [
      {
        namespace: NS,
        name: 'shop.public.counts',
        facets: {
          columnLineage: { ...meta, fields: { n: { inputFields: [column('id', 'DIRECT', 'AGGREGATION')] } } },
        },
      },
    ],
  },
  {
    eventTime: at(6),
    eventType: 'COMPLETE',
    run: runOf(5),
    job: job('dump'),
    inputs: [{ namespace: NS, name: 'shop.public.orders' }],
  },
  {
    eventTime: at(7),
    dataset: dataset('shop.public.raw', { watermark: at(7), ...meta }),
  },
  {
    eventTime: at(9),
    eventType: 'COMPLETE',
    run: runOf(6),
    job: job('stage'),
    inputs: [{ namespace: NS, name: 'shop.public.raw' }],
    outputs: [dataset('shop.public.staged', { maxAge: { warn: '12h', fail: '1d' }, declaredBy: 'dbt:shop', ...meta })],
  },
].map((event) => ({ producer, schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json', ...event }));

const logged = EVENTS.map((event, index): LoggedEvent => {
  const body = canonicalJson(event);
  return { position: index + 1, receivedAt: 0, hash: createHash('sha256').update(body).digest('hex'), body };
});

const ORDERS = `dataset:${NS}:shop.public.orders`;
const MART = `dataset:${NS}:shop.public.mart`;

describe('GraphQL on the embedded store', () => {
  let folder: string;
  let store: SqliteGraphStore;
  let app: FastifyInstance;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headwater-graphql-'));
    store = await SqliteGraphStore.open(folder);
    const { faults } = await store.apply(logged);
    expect(faults).toEqual([]);
    const log: Partial<EventLog> = {
      find: async (hashes) =>
        new Map(logged.filter(({ hash }) => hashes.includes(hash)).map((event) => [event.hash, event])),
    };
    app = Fastify();
    await registerGraphql(app, {
      store,
      log: log as EventLog,
      clock: { now: () => Date.UTC(2026, 0, 2) },
      version: '0.1.0',
      viewerOf: () => LOCAL_VIEWER,
      status: () => ({ role: 'all', store: 'embedded', queue: 'embedded', durability: 'synced', backlog: 0 }),
      onChanges: () => () => undefined,
      merge: async (request) => store.merge({ ...request, at: 1_767_300_000_000 }),
      split: async (request) => store.split({ ...request, at: 1_767_300_000_000 }),
      remark: async (request) => store.remark({ ...request, at: 1_767_300_000_000 }),
      removeRemark: async (request) => store.removeRemark({ ...request, at: 1_767_300_000_000 }),
      replayRefusals: async () => [],
    });
    await app.ready();
  });

  afterAll(async () => {
    await app.close();
    await store.close();
    await rm(folder, { recursive: true });
  });

  async function ask(query: string): Promise<Record<string, unknown>> {
    const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query } });
    const { data, errors } = response.json();
    expect(errors).toBeUndefined();
    return data;
  }

  it('says how fresh a dataset is, by which policy, and what made it so', async () => {
    const fields = '{ freshness { state dataTime deadline policy { name source text } why { at dataTime because } } }';
    const by = (name: string) => `dataset(namespace: "${NS}", name: "shop.public.${name}") ${fields}`;
    const answer = (await ask(`{ staged: ${by('staged')} raw: ${by('raw')} orders: ${by('orders')} }`)) as Record<
      'staged' | 'raw' | 'orders',
      { freshness: { why: { because: string }[] } }
    >;
    const [staged, raw] = ['staged', 'raw'].map((name) => `dataset:${NS}:shop.public.${name}`);
    expect(answer.staged.freshness).toMatchObject({
      // 17 hours behind at midnight: the warning is due at 19:00, the failure at 07:00.
      state: 'WARN',
      dataTime: '2026-01-01T07:00:00.000Z',
      deadline: '2026-01-02T07:00:00.000Z',
      policy: { name: 'dbt:shop', text: expect.stringContaining('12h') },
      why: [
        { at: staged, dataTime: '2026-01-01T07:00:00.000Z', because: expect.stringContaining('shop.public.raw') },
        { at: raw, dataTime: '2026-01-01T07:00:00.000Z', because: expect.stringContaining('watermark') },
      ],
    });
    expect(answer.raw.freshness).toMatchObject({
      state: 'NOT_APPLICABLE',
      dataTime: '2026-01-01T07:00:00.000Z',
      policy: null,
    });
    expect(answer.orders.freshness).toMatchObject({ state: 'NOT_APPLICABLE', dataTime: null, policy: null });
    expect(answer.orders.freshness.why.map(({ because }) => because)).toEqual([
      'no policy asks anything of it or of what is made from it: its data time is not kept',
    ]);
  });

  it('says why an edge is there', async () => {
    const { lineage } = (await ask(`{ lineage(of: ["${MART}"], direction: UPSTREAM, depth: 2) {
      edges { id kind from to current confidence evidence { source how event { id type raw } sql } } cut { at why } } }`)) as {
      lineage: { edges: { id: string }[] };
    };
    const read = {
      kind: 'READS',
      from: ORDERS,
      to: 'job:etl:mart',
      current: true,
      evidence: [
        {
          source: producer,
          event: { id: logged[1]?.hash, type: 'COMPLETE', raw: EVENTS[1] },
          sql: 'insert into mart select email from orders',
        },
      ],
    };
    expect(lineage).toMatchObject({ edges: [read, { kind: 'WRITES', to: MART }], cut: [] });
    const { edge } = await ask(
      `{ edge(id: "${lineage.edges[0]?.id}") { ... on LineageEdge { kind from to evidence { sql } } } }`,
    );
    expect(edge).toMatchObject({ kind: 'READS', from: ORDERS, to: 'job:etl:mart' });
  });

  it('compares two times', async () => {
    const { lineageDiff } =
      await ask(`{ lineageDiff(of: ["job:etl:export"], from: "${at(3)}", to: "${at(5)}", depth: 1, direction: UPSTREAM) {
      added { from to } removed { from to } nodesAdded { id } nodesRemoved { id } } }`);
    expect(lineageDiff).toEqual({
      added: [{ from: MART, to: 'job:etl:export' }],
      removed: [{ from: ORDERS, to: 'job:etl:export' }],
      nodesAdded: [{ id: MART }],
      nodesRemoved: [{ id: ORDERS }],
    });
    const { lineage } = await ask(
      `{ lineage(of: ["job:etl:export"], depth: 1, direction: UPSTREAM, asOf: "${at(3)}") { asOf edges { from current } } }`,
    );
    expect(lineage).toEqual({ asOf: at(3), edges: [{ from: ORDERS, current: true }] });
  });

  it('joins what a job does with a column into one edge, and finds that edge by its id', async () => {
    const fields =
      'id from to job transformations { type subtype } intervals { from to } confidence evidence { source }';
    const { columnLineage } = (await ask(
      `{ columnLineage(of: ["${MART}"], direction: UPSTREAM) { fields { id name } edges { ${fields} } } }`,
    )) as {
      columnLineage: { fields: unknown; edges: { id: string }[] };
    };
    expect(columnLineage.edges).toMatchObject([
      {
        from: `datasetField:${NS}:shop.public.orders:email`,
        to: `datasetField:${NS}:shop.public.mart:who`,
        job: 'job:etl:mart',
        transformations: [
          { type: 'DIRECT', subtype: 'IDENTITY' },
          { type: 'INDIRECT', subtype: 'FILTER' },
        ],
        intervals: [{ from: at(1), to: null }],
        evidence: [{ source: producer }],
      },
    ]);
    const { edge } = await ask(`{ edge(id: "${columnLineage.edges[0]?.id}") { ... on ColumnEdge { ${fields} } } }`);
    expect(edge).toEqual(columnLineage.edges[0]);
  });

  it('tells what a schema change breaks and for whom', async () => {
    const { dataset } = await ask(`{ dataset(namespace: "${NS}", name: "shop.public.orders") {
      fields { id name type ordinal } schemaVersions { at role breaking changes { kind field breaking } hit { id } } } }`);
    expect(dataset).toEqual({
      fields: [{ id: `datasetField:${NS}:shop.public.orders:id`, name: 'id', type: 'bigint', ordinal: 1 }],
      schemaVersions: [
        {
          at: at(3),
          role: 'DATASET_EVENT',
          breaking: true,
          changes: [
            { kind: 'TYPE_WIDENED', field: 'id', breaking: false },
            { kind: 'REMOVED', field: 'email', breaking: true },
          ],
          hit: [{ id: 'job:etl:dump' }, { id: 'job:etl:mart' }],
        },
        { at: at(0), role: 'DATASET_EVENT', breaking: false, changes: [], hit: [] },
      ],
    });
  });

  it('finds a field that only lineage knows, and nodes by encoded ids', async () => {
    const { field, node, run } = await ask(`{
      field: node(id: "datasetField:${NS}:shop.public.orders:email") { id ... on Field { name type ordinal dataset { id } } }
      node(id: "dataset:${encodeURIComponent(NS)}:shop.public.orders") { id }
      run(id: "${runOf(1).runId}") { id state job { id } reads { id } writes { id } events { id eventTime } } }`);
    expect(field).toEqual({
      id: `datasetField:${NS}:shop.public.orders:email`,
      name: 'email',
      type: null,
      ordinal: null,
      dataset: { id: ORDERS },
    });
    expect(node).toEqual({ id: ORDERS });
    expect(run).toEqual({
      id: `run:${runOf(1).runId}`,
      state: 'COMPLETED',
      job: { id: 'job:etl:mart' },
      reads: [{ id: ORDERS }],
      writes: [{ id: MART }],
      events: [{ id: logged[1]?.hash, eventTime: at(1) }],
    });
  });

  it('pages the change feed from its beginning to its end', async () => {
    const kinds: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < 50; page++) {
      const { changes } = (await ask(
        `{ changes(first: 4${after === null ? '' : `, after: "${after}"`}) { nodes { id kind subject { id } } pageInfo { hasNextPage endCursor } } }`,
      )) as { changes: { nodes: { kind: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
      kinds.push(...changes.nodes.map(({ kind }) => kind));
      after = changes.pageInfo.endCursor;
      if (!changes.pageInfo.hasNextPage) break;
    }
    expect(after).toBe(String(kinds.length));
    expect(kinds.filter((kind) => kind === 'node.added')).toHaveLength(10);
    expect(kinds).toContain('schema.changed');
  });

  it('joins what a person says is one, shows who said so, and parts it again', async () => {
    const COUNTS = `dataset:${NS}:shop.public.counts`;
    const merge = `mergeAssets(ids: ["${COUNTS}"], into: "${MART}", reason: " the same table ")`;
    expect(
      await ask(`mutation { ${merge} { id aliases ... on Dataset { merges { alias into by at reason } } } }`),
    ).toEqual({
      mergeAssets: {
        id: MART,
        aliases: [COUNTS],
        merges: [{ alias: COUNTS, into: MART, by: 'local', at: '2026-01-01T20:40:00.000Z', reason: 'the same table' }],
      },
    });
    const { lineage } = (await ask(
      `{ lineage(of: ["${COUNTS}"], direction: UPSTREAM, depth: 1) { edges { from merges { alias by } } } }`,
    )) as { lineage: { edges: unknown } };
    expect(lineage.edges).toEqual([
      { from: 'job:etl:counts', merges: [{ alias: COUNTS, by: 'local' }] },
      { from: 'job:etl:mart', merges: [{ alias: COUNTS, by: 'local' }] },
    ]);

    const codeOf = async (query: string): Promise<unknown> => {
      const response = await app.inject({
        method: 'POST',
        url: '/graphql',
        payload: { query: `mutation { ${query} { id } }` },
      });
      const [error] = response.json().errors;
      expect(error.message).toMatch(/Nothing was changed\.$/);
      return error.extensions.code;
    };
    expect(await codeOf(merge)).toBe('CONFLICT');
    expect(await codeOf(`mergeAssets(ids: ["${MART}"], into: "dataset:a:nobody")`)).toBe('NOT_FOUND');
    expect(await codeOf(`mergeAssets(ids: ["job:etl:mart"], into: "${MART}")`)).toBe('BAD_USER_INPUT');
    expect(await codeOf(`splitAsset(id: "${MART}", alias: "${ORDERS}")`)).toBe('CONFLICT');

    expect(await ask(`mutation { splitAsset(id: "${COUNTS}", alias: "${COUNTS}") { id aliases } }`)).toEqual({
      splitAsset: { id: MART, aliases: [] },
    });
    expect(
      await ask(`{ changes(filter: { kinds: ["assets.merged", "assets.split"] }) { nodes { kind text } } }`),
    ).toEqual({
      changes: {
        nodes: [
          { kind: 'assets.merged', text: `${COUNTS} was merged into shop.public.mart by local: the same table` },
          { kind: 'assets.split', text: `${COUNTS} was split from shop.public.mart by local` },
        ],
      },
    });
  });
});
