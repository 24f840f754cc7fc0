import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Asset,
  type ColumnEdge,
  type EventLog,
  type Facet,
  type GraphReader,
  type GraphStore,
  LOCAL_VIEWER,
  type LoggedEvent,
  parseInstant,
  type Run,
  type SchemaField,
} from '#lineage';
import { registerMarquez } from './register-marquez.ts';

const WH = 'postgres://wh:5432';
const AF = 'airflow-prod';
const at = (text: string): number => parseInstant(text) ?? Number.NaN;
const T0 = at('2026-01-01T00:00:00Z');
const NOW = at('2026-01-02T10:30:00Z');

interface JobFixture {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly parent?: string;
  readonly processing?: Asset['processing'];
  readonly runs?: readonly Run[];
}

/** A graph by hand: what a store would answer, from plain tables. */
interface Fixture {
  readonly datasets?: Readonly<Record<string, readonly SchemaField[]>>;
  readonly jobs?: Readonly<Record<string, JobFixture>>;
  readonly facets?: Readonly<Record<string, readonly Facet[]>>;
  readonly columns?: readonly (readonly [from: string, to: string])[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly events?: readonly Readonly<Record<string, unknown>>[];
}

const dataset = (name: string): string => `dataset:${WH}:${name}`;
const job = (name: string): string => `job:${AF}:${name}`;
const field = (name: string): string => `datasetField:${WH}:${name}`;

const run = (id: string, name: string, more: Partial<Run> = {}): Run => ({
  id: `run:${id}`,
  runId: id,
  job: job(name),
  state: 'COMPLETED',
  processing: 'BATCH',
  nominalStart: null,
  nominalEnd: null,
  startedAt: T0 + 8_000,
  endedAt: T0 + 9_500,
  lastSeen: T0 + 9_500,
  parent: null,
  root: null,
  error: null,
  reads: [],
  writes: [],
  ...more,
});

const facet = (scope: Facet['scope'], name: string, value: unknown): Facet => ({
  scope,
  name,
  source: 'openlineage:test',
  producer: 'https://example.com/producer',
  schemaURL: `https://example.com/${name}.json`,
  at: T0,
  value,
});

const column = (name: string, type: string): SchemaField => ({ name, type, description: null, fields: [] });

function readerOf(fixture: Fixture): GraphReader {
  const assets = new Map<string, Asset>();
  const add = (id: string, kind: Asset['kind'], namespace: string, processing: Asset['processing']) =>
    assets.set(id, {
      id,
      kind,
      namespace,
      name: id.slice(`${kind}:${namespace}:`.length),
      aliases: [],
      firstSeen: T0,
      lastSeen: T0 + 9_500,
      lifecycle: 'ACTIVE',
      processing,
    });
  for (const name of Object.keys(fixture.datasets ?? {})) add(dataset(name), 'dataset', WH, 'BATCH');
  for (const [name, { reads = [], writes = [], processing = 'BATCH' }] of Object.entries(fixture.jobs ?? {})) {
    add(job(name), 'job', AF, processing);
    for (const each of [...reads, ...writes])
      if (!assets.has(dataset(each))) add(dataset(each), 'dataset', WH, 'BATCH');
  }
  const jobs = Object.entries(fixture.jobs ?? {});
  const runs = jobs.flatMap(([, each]) => each.runs ?? []).sort((a, b) => b.startedAt - a.startedAt);
  const fieldOf = (id: string) => {
    const cut = id.lastIndexOf(':');
    return { id, dataset: `dataset:${id.slice('datasetField:'.length, cut)}`, name: id.slice(cut + 1) };
  };
  const canonical = (id: string) => fixture.aliases?.[id] ?? id;
  const page = <T>(items: readonly T[], limit: number, offset: number) => ({
    items: items.slice(offset, offset + limit),
    next: null,
    total: items.length,
  });
  const answers: Partial<GraphReader> = {
    resolve: async (ids) => ids.map((id) => (assets.has(canonical(id)) ? canonical(id) : null)),
    assets: async (ids) => ids.map((id) => assets.get(canonical(id)) ?? null),
    list: async ({ kind, namespace, order, limit, offset }) =>
      page(
        [...assets.values()]
          .filter((asset) => asset.kind === kind && (namespace === null || asset.namespace === namespace))
          .sort((a, b) => (order === 'name' ? (a.name < b.name ? -1 : 1) : b.lastSeen - a.lastSeen)),
        limit,
        offset,
      ),
    namespaces: async () =>
      [...new Set([...assets.values()].map((asset) => asset.namespace))].map((name) => ({
        name,
        firstSeen: T0,
        lastSeen: T0 + 9_500,
      })),
    facets: async (ids, names) =>
      new Map(ids.map((id) => [id, (fixture.facets?.[id] ?? []).filter(({ name }) => names?.includes(name) ?? true)])),
    runFacets: async (ids) => new Map(ids.map((id) => [id, fixture.facets?.[id] ?? []])),
    schemas: async (ids) =>
      new Map(ids.map((id) => [id, { fields: fixture.datasets?.[assets.get(id)?.name ?? ''] ?? [], partial: false }])),
    schemaVersions: async () => new Map(),
    neighbours: async (ids) =>
      new Map(
        ids.map((id) => {
          const own = fixture.jobs?.[assets.get(id)?.name ?? ''];
          const isJob = id.startsWith('job:');
          const by = (direction: 'reads' | 'writes') =>
            jobs.filter(([, each]) => each[direction]?.some((name) => dataset(name) === id)).map(([name]) => job(name));
          return [
            id,
            {
              readers: isJob ? [] : by('reads'),
              writers: isJob ? [] : by('writes'),
              reads: isJob ? (own?.reads ?? []).map(dataset) : [],
              writes: isJob ? (own?.writes ?? []).map(dataset) : [],
              parents: isJob && own?.parent !== undefined ? [job(own.parent)] : [],
            },
          ];
        }),
      ),
    recentRuns: async (ids, first) =>
      new Map(ids.map((id) => [id, runs.filter((each) => each.job === id).slice(0, first)])),
    latestRuns: async (ids) => {
      const found = new Map<string, Run>();
      for (const id of ids) {
        const latest = runs.find((each) => each.job === id);
        if (latest !== undefined) found.set(id, latest);
      }
      return found;
    },
    runs: async (ids, first) =>
      new Map(
        ids.map((id) => [
          id,
          page(
            runs.filter((each) => each.job === id),
            first,
            0,
          ),
        ]),
      ),
    runsById: async (ids) =>
      ids.map((id) => {
        const found = runs.find((each) => each.runId === id || each.id === id);
        return found === undefined ? null : { run: found, otherJobs: [] };
      }),
    jobVersions: async (ids) =>
      new Map(
        ids.map((id) => [
          id,
          runs
            .filter((each) => each.job === id)
            .map(({ startedAt, reads, writes }, i) => ({
              id: `${id}#${i}`,
              from: startedAt,
              to: null,
              reads,
              writes,
              sql: null,
              codeLocation: null,
            })),
        ]),
      ),
    // Edges one step up from what is asked: enough for the two levels of the fixtures.
    columnLineage: async ({ of, direction, depth }) => {
      const all = (fixture.columns ?? []).map(
        ([from, to]): ColumnEdge => ({
          id: `${from}>${to}`,
          from,
          to,
          job: null,
          transformation: { type: '', subtype: null, description: null, masking: null },
          current: true,
          intervals: [],
          evidence: [],
        }),
      );
      const wanted = new Set(
        of.flatMap((id) =>
          id.startsWith('dataset:')
            ? all.flatMap((edge) => [edge.from, edge.to]).filter((each) => fieldOf(each).dataset === id)
            : [id],
        ),
      );
      const start = new Set(wanted);
      const taken = new Set<ColumnEdge>();
      for (let step = 0; step < depth; step++) {
        for (const edge of all) {
          if (wanted.has(edge.to) || (direction === 'BOTH' && wanted.has(edge.from))) taken.add(edge);
        }
        for (const edge of taken) {
          wanted.add(edge.from);
          if (direction === 'BOTH') wanted.add(edge.to);
        }
      }
      const ids = new Set([...start, ...[...taken].flatMap((edge) => [edge.from, edge.to])]);
      return { fields: [...ids].map(fieldOf), edges: [...taken], cut: [] };
    },
    search: async ({ text, types }) =>
      page(
        [...assets.values()]
          .filter(
            (asset) => (types?.includes(asset.kind) ?? true) && asset.name.toLowerCase().includes(text.toLowerCase()),
          )
          .map((asset) => ({ asset, matched: 'name' })),
        1_000,
        0,
      ),
  };
  return new Proxy({} as GraphReader, {
    get: (_, name) => Reflect.get(answers, name),
    has: (_, name) => name in answers,
  });
}

function logOf(events: readonly Readonly<Record<string, unknown>>[]): EventLog {
  const logged = events.map(
    (event, i): LoggedEvent => ({ position: i + 1, receivedAt: NOW, hash: String(i), body: JSON.stringify(event) }),
  );
  const read: EventLog['read'] = async (after, limit) =>
    logged.filter(({ position }) => position > after).slice(0, limit);
  return new Proxy({} as EventLog, { get: (_, name) => (name === 'read' ? read : undefined), has: () => false });
}

let hub: FastifyInstance | undefined;
let calls = 0;

afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function start(fixture: Fixture): Promise<(path: string) => Promise<Answer>> {
  const fastify = Fastify({ routerOptions: { maxParamLength: 5_000 } });
  const reader = readerOf(fixture);
  const counted = new Proxy(reader, {
    get(target, name) {
      calls++;
      return Reflect.get(target, name);
    },
  });
  const store = new Proxy({} as GraphStore, { get: (_, name) => (name === 'reader' ? () => counted : undefined) });
  await registerMarquez(fastify, {
    store,
    log: logOf(fixture.events ?? []),
    clock: { now: () => NOW },
    viewerOf: () => LOCAL_VIEWER,
  });
  hub = fastify;
  return async (path) => {
    calls = 0;
    const response = await fastify.inject({ method: 'GET', url: `/api/v1${path}` });
    return { status: response.statusCode, body: response.body === '' ? null : response.json() };
  };
}

const ids = ({ body }: Answer): readonly string[] => (body as { graph: { id: string }[] }).graph.map((node) => node.id);
const q = encodeURIComponent;

const R1 = '96b2ff10-0000-4000-8000-000000000001';
const R2 = '96b2ff10-0000-4000-8000-000000000002';
const R3 = '96b2ff10-0000-4000-8000-000000000003';
const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

/** The example of the reference: one job that writes one table. */
const ORDERS: Fixture = {
  datasets: { 'dwh.orders': [column('order_id', 'BIGINT')] },
  jobs: {
    load_orders: {
      writes: ['dwh.orders'],
      runs: [run(R1, 'load_orders', { writes: [dataset('dwh.orders')], nominalStart: T0 })],
    },
  },
  facets: {
    [job('load_orders')]: [
      facet('job', 'jobType', { processingType: 'BATCH', integration: 'AIRFLOW', jobType: 'TASK' }),
    ],
    [dataset('dwh.orders')]: [facet('dataset', 'schema', { fields: [{ name: 'order_id', type: 'BIGINT' }] })],
    [`run:${R1}`]: [facet('run', 'nominalTime', { nominalStartTime: '2026-01-01T00:00:00Z' })],
  },
};

const PLAIN_RUN = {
  id: R1,
  createdAt: '2026-01-01T00:00:08Z',
  updatedAt: '2026-01-01T00:00:09.500Z',
  nominalStartTime: '2026-01-01T00:00:00Z',
  nominalEndTime: null,
  state: 'COMPLETED',
  startedAt: '2026-01-01T00:00:08Z',
  endedAt: '2026-01-01T00:00:09.500Z',
  durationMs: 1500,
  args: { nominal_start_time: '2026-01-01T00:00:00Z' },
  jobVersion: { namespace: AF, name: 'load_orders', version: UUID },
  inputDatasetVersions: [],
  outputDatasetVersions: [],
  facets: {},
};

const WHOLE_RUN = {
  ...PLAIN_RUN,
  outputDatasetVersions: [{ datasetVersionId: { namespace: WH, name: 'dwh.orders', version: UUID }, facets: {} }],
  facets: {
    nominalTime: {
      _producer: 'https://example.com/producer',
      _schemaURL: 'https://example.com/nominalTime.json',
      nominalStartTime: '2026-01-01T00:00:00Z',
    },
  },
};

describe('GET /lineage', () => {
  it('answers with the nodes, both ways, in the shape of the reference', async () => {
    const get = await start(ORDERS);
    const edge = { origin: job('load_orders'), destination: dataset('dwh.orders') };
    expect(await get(`/lineage?nodeId=${q(dataset('dwh.orders'))}`)).toEqual({
      status: 200,
      body: {
        graph: [
          {
            id: dataset('dwh.orders'),
            type: 'DATASET',
            data: {
              id: { namespace: WH, name: 'dwh.orders' },
              type: 'DB_TABLE',
              name: 'dwh.orders',
              physicalName: 'dwh.orders',
              createdAt: '2026-01-01T00:00:00Z',
              updatedAt: '2026-01-01T00:00:09.500Z',
              namespace: WH,
              sourceName: 'default',
              fields: [{ name: 'order_id', type: 'BIGINT', tags: [], description: null }],
              tags: [],
              lastModifiedAt: null,
              description: null,
              lastLifecycleState: '',
            },
            inEdges: [edge],
            outEdges: [],
          },
          {
            id: job('load_orders'),
            type: 'JOB',
            data: {
              id: { namespace: AF, name: 'load_orders' },
              type: 'BATCH',
              name: 'load_orders',
              simpleName: 'load_orders',
              parentJobName: null,
              parentJobUuid: null,
              currentRunUuid: R1,
              createdAt: '2026-01-01T00:00:00Z',
              updatedAt: '2026-01-01T00:00:09.500Z',
              namespace: AF,
              inputs: [],
              outputs: [{ namespace: WH, name: 'dwh.orders' }],
              location: null,
              description: null,
              latestRun: PLAIN_RUN,
            },
            inEdges: [],
            outEdges: [edge],
          },
        ],
      },
    });
  });

  // c1 ─▶ j1 ─▶ c2 ─▶ j2 ─▶ c3 ─▶ j3 ─▶ c4
  const CHAIN: Fixture = {
    jobs: {
      j1: { reads: ['c1'], writes: ['c2'] },
      j2: { reads: ['c2'], writes: ['c3'] },
      j3: { reads: ['c3'], writes: ['c4'] },
    },
  };

  it.each([
    [-3, ['c1', 'c2', 'j1']],
    [0, ['c1', 'c2', 'j1']],
    [1, ['c1', 'c2', 'c3', 'j1', 'j2']],
    [2, ['c1', 'c2', 'c3', 'c4', 'j1', 'j2', 'j3']],
    [20, ['c1', 'c2', 'c3', 'c4', 'j1', 'j2', 'j3']],
  ])('depth %i counts jobs from the writer of c2', async (depth, names) => {
    const get = await start(CHAIN);
    const expected = names.map((name) => (name.startsWith('c') ? dataset(name) : job(name)));
    expect(ids(await get(`/lineage?nodeId=${q(dataset('c2'))}&depth=${depth}`))).toEqual(expected);
  });

  it('shows at each dataset only the edges of jobs that the walk found', async () => {
    const get = await start(CHAIN);
    const { body } = await get(`/lineage?nodeId=${q(dataset('c2'))}&depth=0`);
    const node = (body as { graph: { id: string; inEdges: unknown; outEdges: unknown }[] }).graph.find(
      (each) => each.id === dataset('c2'),
    );
    expect(node).toMatchObject({ inEdges: [{ origin: job('j1'), destination: dataset('c2') }], outEdges: [] });
  });

  it('brings in siblings: a fellow reader is one step away', async () => {
    const get = await start({ jobs: { a: { reads: ['in'], writes: ['x'] }, b: { reads: ['in'], writes: ['y'] } } });
    expect(ids(await get(`/lineage?nodeId=${q(job('a'))}&depth=1`))).toEqual([
      dataset('in'),
      dataset('x'),
      dataset('y'),
      job('a'),
      job('b'),
    ]);
  });

  it('begins at a reader where nobody writes the dataset', async () => {
    const get = await start({ jobs: { a: { reads: ['in'], writes: ['x'] } } });
    expect(ids(await get(`/lineage?nodeId=${q(dataset('in'))}&depth=0`))).toEqual([
      dataset('in'),
      dataset('x'),
      job('a'),
    ]);
  });

  it('gives a known node without edges alone', async () => {
    const get = await start({ datasets: { lonely: [] }, jobs: { idle: {} } });
    expect(ids(await get(`/lineage?nodeId=${q(dataset('lonely'))}`))).toEqual([dataset('lonely')]);
    expect(ids(await get(`/lineage?nodeId=${q(job('idle'))}`))).toEqual([job('idle')]);
  });

  it('ends on a cycle', async () => {
    const get = await start({ jobs: { a: { reads: ['x'], writes: ['y'] }, b: { reads: ['y'], writes: ['x'] } } });
    expect(ids(await get(`/lineage?nodeId=${q(job('a'))}&depth=2000000000`))).toHaveLength(4);
  });

  it('finds a node by alias, by encoded parts and with a version', async () => {
    const get = await start({ ...ORDERS, aliases: { 'dataset:postgresql://wh:dwh.orders': dataset('dwh.orders') } });
    const whole = ids(await get(`/lineage?nodeId=${q(dataset('dwh.orders'))}`));
    for (const id of [
      'dataset:postgresql://wh:dwh.orders',
      `dataset:${q(WH)}:dwh.orders`,
      `${dataset('dwh.orders')}#${R1}`,
    ]) {
      expect(ids(await get(`/lineage?nodeId=${q(id)}`))).toEqual(whole);
    }
  });

  it('costs the same number of store calls for few nodes and for many', async () => {
    const wide = (width: number): Fixture => ({
      jobs: Object.fromEntries(
        Array.from({ length: width }, (_, i) => [
          `j${i}`,
          { reads: ['in'], writes: [`out${i}`], runs: [run(R1, `j${i}`)] },
        ]),
      ),
    });
    const small = await start(wide(2));
    await small(`/lineage?nodeId=${q(dataset('in'))}`);
    const few = calls;
    await hub?.close();
    const large = await start(wide(300));
    expect(ids(await large(`/lineage?nodeId=${q(dataset('in'))}`))).toHaveLength(601);
    expect(calls).toBe(few);
  });

  it.each([
    ['', 400, { errors: ['query param nodeId must not be null'] }],
    ['?nodeId=nonsense', 404, { code: 404, message: 'HTTP 404 Not Found' }],
    [`?nodeId=${q(dataset('dwh.orders'))}&depth=x`, 404, { code: 404, message: 'HTTP 404 Not Found' }],
    [`?nodeId=${q(dataset('nope'))}`, 404, { code: 404, message: "Dataset 'nope' not found." }],
    [`?nodeId=${q(job('nope'))}`, 404, { code: 404, message: "Job 'nope' not found." }],
    [`?nodeId=run:${R1}`, 404, { code: 404, message: `Node 'run:${R1}' must be of type dataset or job!` }],
    [
      `?nodeId=${q(field('dwh.orders:order_id'))}`,
      404,
      { code: 404, message: `Node '${field('dwh.orders:order_id')}' must be of type dataset or job!` },
    ],
  ])('refuses %s as Marquez does', async (query, status, body) => {
    const get = await start(ORDERS);
    expect(await get(`/lineage${query}`)).toMatchObject({ status, body });
  });
});

describe('GET /column-lineage', () => {
  const TOTALS: Fixture = {
    datasets: {
      'dwh.daily': [column('total', 'NUMERIC(18,2)'), column('day', 'DATE')],
      'dwh.orders': [column('amount', 'NUMERIC'), column('order_id', 'BIGINT')],
    },
    jobs: { sum_up: { reads: ['dwh.orders'], writes: ['dwh.daily'] } },
    columns: [[field('dwh.orders:amount'), field('dwh.daily:total')]],
  };
  const TOTAL = field('dwh.daily:total');
  const AMOUNT = field('dwh.orders:amount');

  it.each([TOTAL, dataset('dwh.daily'), job('sum_up')])(
    'goes upstream from %s, with in-edges written backwards',
    async (nodeId) => {
      const get = await start(TOTALS);
      expect(await get(`/column-lineage?nodeId=${q(nodeId)}`)).toEqual({
        status: 200,
        body: {
          graph: [
            {
              id: TOTAL,
              type: 'DATASET_FIELD',
              data: {
                namespace: WH,
                dataset: 'dwh.daily',
                datasetVersion: UUID,
                field: 'total',
                fieldType: 'NUMERIC(18,2)',
                transformationDescription: null,
                transformationType: null,
                inputFields: [
                  {
                    namespace: WH,
                    dataset: 'dwh.orders',
                    datasetVersion: UUID,
                    field: 'amount',
                    transformationDescription: null,
                    transformationType: null,
                  },
                ],
              },
              inEdges: [{ origin: TOTAL, destination: AMOUNT }],
              outEdges: [],
            },
            {
              id: AMOUNT,
              type: 'DATASET_FIELD',
              data: {
                namespace: WH,
                dataset: 'dwh.orders',
                datasetVersion: UUID,
                field: 'amount',
                fieldType: 'NUMERIC',
                transformationDescription: null,
                transformationType: null,
                inputFields: [],
              },
              inEdges: [],
              outEdges: [{ origin: AMOUNT, destination: TOTAL }],
            },
          ],
        },
      });
    },
  );

  it('goes downstream only when asked', async () => {
    const get = await start(TOTALS);
    expect(ids(await get(`/column-lineage?nodeId=${q(AMOUNT)}`))).toEqual([]);
    expect(ids(await get(`/column-lineage?nodeId=${q(AMOUNT)}&withDownstream=true`))).toEqual([TOTAL, AMOUNT]);
  });

  it('has no graph for a dataset or field without column lineage, and no node for an unknown one', async () => {
    const get = await start(TOTALS);
    const unknown = { status: 404, body: { code: 404, message: 'Could not find node' } };
    expect(await get(`/column-lineage?nodeId=${q(field('dwh.daily:day'))}`)).toEqual({
      status: 200,
      body: { graph: [] },
    });
    expect(await get(`/column-lineage?nodeId=${q(dataset('dwh.orders'))}`)).toEqual({
      status: 200,
      body: { graph: [] },
    });
    expect(await get(`/column-lineage?nodeId=${q(field('dwh.daily:nope'))}`)).toEqual(unknown);
    expect(await get(`/column-lineage?nodeId=${q(dataset('nope'))}`)).toEqual(unknown);
  });

  it('refuses a version together with downstream', async () => {
    const get = await start(TOTALS);
    expect(await get(`/column-lineage?nodeId=${q(`${TOTAL}#${R1}`)}&withDownstream=true`)).toMatchObject({
      status: 400,
    });
    expect(ids(await get(`/column-lineage?nodeId=${q(`${TOTAL}#${R1}`)}`))).toEqual([TOTAL, AMOUNT]);
  });
});

describe('lists and single objects', () => {
  const ns = q(WH);
  const DATASET = {
    id: { namespace: WH, name: 'dwh.orders' },
    type: 'DB_TABLE',
    name: 'dwh.orders',
    physicalName: 'dwh.orders',
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:09.500Z',
    namespace: WH,
    sourceName: 'default',
    fields: [{ name: 'order_id', type: 'BIGINT', tags: [], description: null }],
    tags: [],
    lastModifiedAt: null,
    lastLifecycleState: '',
    description: null,
    currentVersion: UUID,
    columnLineage: null,
    facets: {
      schema: {
        _producer: 'https://example.com/producer',
        _schemaURL: 'https://example.com/schema.json',
        fields: [{ name: 'order_id', type: 'BIGINT' }],
      },
    },
    deleted: false,
  };
  const JOB = {
    id: { namespace: AF, name: 'load_orders' },
    type: 'BATCH',
    name: 'load_orders',
    simpleName: 'load_orders',
    parentJobName: null,
    parentJobUuid: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:09.500Z',
    namespace: AF,
    inputs: [],
    outputs: [{ namespace: WH, name: 'dwh.orders' }],
    location: null,
    description: null,
    latestRun: WHOLE_RUN,
    latestRuns: [WHOLE_RUN],
    facets: { jobType: expect.objectContaining({ jobType: 'TASK' }) },
    currentVersion: UUID,
    labels: ['TASK', 'AIRFLOW'],
    tags: [],
  };

  it('lists namespaces by name, default among them', async () => {
    const get = await start(ORDERS);
    const own = {
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:09.500Z',
      ownerName: 'anonymous',
      description: null,
      isHidden: false,
    };
    expect((await get('/namespaces')).body).toEqual({
      namespaces: [
        { name: AF, ...own },
        { name: 'default', ...own, updatedAt: '2026-01-01T00:00:00Z' },
        { name: WH, ...own },
      ],
    });
    expect((await get(`/namespaces/${ns}`)).body).toEqual({ name: WH, ...own });
    expect(await get('/namespaces/nope')).toEqual({
      status: 404,
      body: { code: 404, message: "Namespace 'nope' not found." },
    });
  });

  it('shows datasets', async () => {
    const get = await start(ORDERS);
    expect((await get(`/namespaces/${ns}/datasets`)).body).toEqual({ totalCount: 1, datasets: [DATASET] });
    expect((await get(`/namespaces/${ns}/datasets/dwh.orders`)).body).toEqual(DATASET);
    expect((await get(`/namespaces/${ns}/datasets?offset=1`)).body).toEqual({ totalCount: 1, datasets: [] });
    expect((await get('/namespaces/default/datasets')).body).toEqual({ totalCount: 0, datasets: [] });
  });

  it('shows column lineage in a dataset', async () => {
    const get = await start({
      ...ORDERS,
      datasets: { ...ORDERS.datasets, 'dwh.raw': [] },
      columns: [[field('dwh.raw:id'), field('dwh.orders:order_id')]],
    });
    expect((await get(`/namespaces/${ns}/datasets/dwh.orders`)).body).toMatchObject({
      columnLineage: [
        {
          name: 'order_id',
          inputFields: [
            {
              namespace: WH,
              dataset: 'dwh.raw',
              field: 'id',
              transformationDescription: null,
              transformationType: null,
            },
          ],
          transformationDescription: null,
          transformationType: null,
        },
      ],
    });
  });

  it('names what is missing from outside in', async () => {
    const get = await start(ORDERS);
    const message = async (path: string) => (await get(path)).body;
    expect(await message('/namespaces/nope/datasets/x')).toEqual({ code: 404, message: "Namespace 'nope' not found." });
    expect(await message('/namespaces/nope/jobs')).toEqual({ code: 404, message: "Namespace 'nope' not found." });
    expect(await message(`/namespaces/${ns}/datasets/x`)).toEqual({ code: 404, message: "Dataset 'x' not found." });
    expect(await message(`/namespaces/${AF}/jobs/x/runs`)).toEqual({ code: 404, message: "Job 'x' not found." });
    expect(await message(`/jobs/runs/${R2}`)).toEqual({ code: 404, message: `Run '${R2}' not found.` });
    expect(await message('/jobs/runs/7')).toEqual({ code: 404, message: 'HTTP 404 Not Found' });
  });

  it('checks limit and offset', async () => {
    const get = await start(ORDERS);
    expect(await get('/jobs?limit=-1')).toMatchObject({
      status: 400,
      body: { errors: ['query param limit must be greater than or equal to 0'] },
    });
    expect(await get('/jobs?offset=-1')).toMatchObject({
      status: 400,
      body: { errors: ['query param offset must be greater than or equal to 0'] },
    });
    expect(await get('/jobs?limit=many')).toMatchObject({ status: 404 });
    expect(await get('/jobs?limit=0')).toEqual({ status: 200, body: { totalCount: 1, jobs: [] } });
  });

  it('shows jobs, and those whose last run is in a state', async () => {
    const get = await start(ORDERS);
    expect((await get('/jobs')).body).toEqual({ totalCount: 1, jobs: [JOB] });
    expect((await get(`/namespaces/${AF}/jobs`)).body).toEqual({ totalCount: 1, jobs: [JOB] });
    expect((await get(`/namespaces/${AF}/jobs/load_orders`)).body).toEqual(JOB);
    expect((await get('/jobs?lastRunStates=FAILED')).body).toEqual({ totalCount: 0, jobs: [] });
    expect((await get('/jobs?lastRunStates=FAILED&lastRunStates=COMPLETED')).body).toEqual({
      totalCount: 1,
      jobs: [JOB],
    });
    expect(await get('/jobs?lastRunStates=WEIRD')).toMatchObject({ status: 404 });
  });

  it('types continuous jobs and names parents', async () => {
    const get = await start({ jobs: { dag: {}, 'dag.task': { parent: 'dag', processing: 'STREAMING' } } });
    expect((await get(`/namespaces/${AF}/jobs/dag.task`)).body).toMatchObject({
      type: 'STREAM',
      simpleName: 'task',
      parentJobName: 'dag',
      parentJobUuid: UUID,
    });
  });

  it('shows runs and their facets', async () => {
    const get = await start(ORDERS);
    expect((await get(`/jobs/runs/${R1}`)).body).toEqual(WHOLE_RUN);
    expect((await get(`/namespaces/${AF}/jobs/load_orders/runs`)).body).toEqual({ runs: [WHOLE_RUN], totalCount: 1 });
    expect((await get(`/jobs/runs/${R1}/facets?type=run`)).body).toEqual({ runId: R1, facets: WHOLE_RUN.facets });
    expect((await get(`/jobs/runs/${R1}/facets?type=job`)).body).toEqual({ runId: R1, facets: JOB.facets });
    expect(await get(`/jobs/runs/${R1}/facets`)).toMatchObject({
      status: 400,
      body: { errors: ['query param type must not be null'] },
    });
  });

  it('gives a dataset a version for each run that wrote it, under the UUID that the run names', async () => {
    const get = await start(ORDERS);
    const { body } = await get(`/namespaces/${ns}/datasets/dwh.orders/versions`);
    const [version] = (body as { versions: { version: string }[] }).versions;
    expect(body).toEqual({
      totalCount: 1,
      versions: [
        {
          id: DATASET.id,
          type: 'DB_TABLE',
          name: 'dwh.orders',
          physicalName: 'dwh.orders',
          createdAt: '2026-01-01T00:00:09.500Z',
          version: UUID,
          currentSchemaVersion: UUID,
          namespace: WH,
          sourceName: 'default',
          fields: DATASET.fields,
          tags: [],
          lifecycleState: '',
          description: null,
          createdByRun: WHOLE_RUN,
          facets: DATASET.facets,
        },
      ],
    });
    expect((await get(`/namespaces/${ns}/datasets/dwh.orders`)).body).toMatchObject({
      currentVersion: version?.version,
    });
    expect((await get(`/jobs/runs/${R1}`)).body).toMatchObject({
      outputDatasetVersions: [{ datasetVersionId: { version: version?.version } }],
    });
    expect(await get(`/namespaces/${ns}/datasets/dwh.orders/versions/${version?.version}`)).toMatchObject({
      status: 200,
      body: { version: version?.version },
    });
    expect(await get(`/namespaces/${ns}/datasets/dwh.orders/versions/${R1}`)).toMatchObject({ status: 404 });
  });

  it('gives a job a version for what it reads and writes', async () => {
    const get = await start(ORDERS);
    const { body } = await get(`/namespaces/${AF}/jobs/load_orders/versions`);
    const [version] = (body as { versions: { version: string }[] }).versions;
    expect(body).toEqual({
      versions: [
        {
          id: { namespace: AF, name: 'load_orders', version: UUID },
          name: 'load_orders',
          createdAt: '2026-01-01T00:00:08Z',
          version: UUID,
          namespace: AF,
          location: null,
          inputs: [],
          outputs: [{ namespace: WH, name: 'dwh.orders' }],
          latestRun: WHOLE_RUN,
        },
      ],
    });
    expect((await get(`/namespaces/${AF}/jobs/load_orders`)).body).toMatchObject({
      currentVersion: version?.version,
      latestRun: { jobVersion: { version: version?.version } },
    });
    expect(await get(`/namespaces/${AF}/jobs/load_orders/versions/${version?.version}`)).toMatchObject({ status: 200 });
  });
});

describe('GET /runlineage/upstream', () => {
  const HOUR = 3_600_000;
  const made = (id: string, name: string, hour: number, io: Partial<Run>) =>
    run(id, name, { startedAt: T0 + hour * HOUR, endedAt: T0 + (hour + 0.5) * HOUR, ...io });
  // extract r1 ─▶ raw ─▶ clean r2 ─▶ orders ─▶ report r3
  const STAIRS: Fixture = {
    jobs: {
      extract: { writes: ['raw'], runs: [made(R1, 'extract', 0, { writes: [dataset('raw')] })] },
      clean: {
        reads: ['raw'],
        writes: ['orders'],
        runs: [made(R2, 'clean', 1, { reads: [dataset('raw')], writes: [dataset('orders')] })],
      },
      report: { reads: ['orders'], runs: [made(R3, 'report', 2, { reads: [dataset('orders')] })] },
    },
  };
  const runsOf = ({ body }: Answer) => (body as { runs: { run: { id: string } }[] }).runs.map((each) => each.run.id);

  it('goes from run to run by what was read and who made it', async () => {
    const get = await start(STAIRS);
    const whole = await get(`/runlineage/upstream?runId=${R3}`);
    expect(runsOf(whole)).toEqual([R3, R2, R1]);
    expect((whole.body as { runs: unknown[] }).runs[0]).toEqual({
      job: { namespace: AF, name: 'report', version: UUID },
      run: { id: R3, start: '2026-01-01T02:00:00Z', end: '2026-01-01T02:30:00Z', status: 'COMPLETED' },
      inputs: [{ namespace: WH, name: 'orders', version: UUID, producedByRunId: R2 }],
    });
    expect(runsOf(await get(`/runlineage/upstream?runId=${R3}&depth=0`))).toEqual([R3]);
    expect(runsOf(await get(`/runlineage/upstream?runId=${R3}&depth=1`))).toEqual([R3, R2]);
  });

  it('takes only what was made before the run began', async () => {
    const get = await start({
      jobs: {
        extract: { writes: ['raw'], runs: [made(R1, 'extract', 5, { writes: [dataset('raw')] })] },
        clean: { reads: ['raw'], runs: [made(R2, 'clean', 1, { reads: [dataset('raw')] })] },
      },
    });
    expect((await get(`/runlineage/upstream?runId=${R2}`)).body).toMatchObject({
      runs: [{ inputs: [{ producedByRunId: null }] }],
    });
  });

  it('wants a run that is known', async () => {
    const get = await start(STAIRS);
    expect(await get('/runlineage/upstream')).toMatchObject({
      status: 400,
      body: { errors: ['query param runId must not be null'] },
    });
    expect(await get(`/runlineage/upstream?runId=${R1.replace('1', '9')}`)).toMatchObject({ status: 404 });
  });
});

describe('GET /search', () => {
  it('finds by a part of the name, in any case', async () => {
    const get = await start(ORDERS);
    const result = {
      type: 'DATASET',
      name: 'dwh.orders',
      updatedAt: '2026-01-01T00:00:09.500Z',
      namespace: WH,
      nodeId: dataset('dwh.orders'),
    };
    expect((await get('/search?q=ORDERS&filter=DATASET')).body).toEqual({ totalCount: 1, results: [result] });
    expect((await get('/search?q=orders&limit=1')).body).toEqual({ totalCount: 2, results: [result] });
    expect((await get('/search?q=orders&after=2026-01-02')).body).toEqual({ totalCount: 0, results: [] });
    expect((await get('/search?q=orders&before=2026-01-02&filter=JOB')).body).toMatchObject({ totalCount: 1 });
  });

  it('wants a text', async () => {
    const get = await start(ORDERS);
    const blank = { status: 400, body: { errors: ['query param q must not be blank'] } };
    expect(await get('/search')).toMatchObject(blank);
    expect(await get('/search?q=%20')).toMatchObject(blank);
    expect(await get('/search?q=x&limit=-1')).toMatchObject({ status: 400 });
    expect(await get('/search?q=x&filter=TABLE')).toMatchObject({ status: 404 });
  });
});

describe('events and statistics', () => {
  const event = (eventTime: string, eventType: string) => ({
    eventTime,
    eventType,
    run: { runId: R1 },
    job: { namespace: AF, name: 'x' },
    producer: 'p',
  });
  const EVENTS = [
    event('2026-01-02T10:05:00Z', 'COMPLETE'),
    event('2026-01-02T10:00:00+00:00', 'START'),
    event('2026-01-01T23:59:00+02:00', 'START'),
    { eventTime: '2026-01-02T10:00:00Z', job: { namespace: AF, name: 'x' }, producer: 'p' },
  ];

  it('lists RunEvents by event time', async () => {
    const get = await start({ events: EVENTS });
    expect((await get('/events/lineage')).body).toEqual({ totalCount: 3, events: [EVENTS[0], EVENTS[1], EVENTS[2]] });
    expect((await get('/events/lineage?sortDirection=asc&limit=1&offset=1')).body).toEqual({
      totalCount: 3,
      events: [EVENTS[1]],
    });
    expect((await get('/events/lineage?after=2026-01-02T10:00:00%2B00:00&before=2026-01-02T10:05:00Z')).body).toEqual({
      totalCount: 1,
      events: [EVENTS[1]],
    });
    expect((await get('/events/lineage?after=2026-01-02T10:00:00+00:00')).body).toMatchObject({ totalCount: 2 });
    expect(await get('/events/lineage?after=soon')).toMatchObject({
      status: 400,
      body: { code: 400, message: 'Parameter is invalid: soon' },
    });
  });

  it('counts them by hour', async () => {
    const get = await start({ events: EVENTS });
    const { body } = await get('/stats/lineage-events?period=DAY');
    expect(body).toHaveLength(24);
    expect((body as unknown[]).at(-1)).toEqual({
      startInterval: '2026-01-02T10:00:00Z',
      endInterval: '2026-01-02T11:00:00Z',
      fail: 0,
      start: 1,
      complete: 1,
      abort: 0,
    });
  });

  it('counts them by day of a time zone', async () => {
    const get = await start({ events: EVENTS });
    const { body } = await get('/stats/lineage-events?period=WEEK&timezone=America%2FNew_York');
    expect(body).toHaveLength(7);
    expect((body as unknown[]).at(-1)).toEqual({
      startInterval: '2026-01-02T05:00:00Z',
      endInterval: '2026-01-03T05:00:00Z',
      fail: 0,
      start: 1,
      complete: 1,
      abort: 0,
    });
    expect(await get('/stats/lineage-events?period=WEEK')).toMatchObject({ status: 400 });
    expect(await get('/stats/lineage-events?period=WEEK&timezone=Mars')).toMatchObject({ status: 400 });
    expect(await get('/stats/lineage-events')).toMatchObject({ status: 400 });
  });

  it('counts jobs, datasets and sources as known by the end of each interval', async () => {
    const get = await start(ORDERS);
    for (const what of ['jobs', 'datasets', 'sources']) {
      const { body } = await get(`/stats/${what}?period=WEEK&timezone=UTC`);
      expect((body as { count: number }[]).map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 1, 1]);
      expect((body as unknown[]).at(-1)).toEqual({
        startInterval: '2026-01-02T00:00:00Z',
        endInterval: '2026-01-03T00:00:00Z',
        count: 1,
      });
    }
  });
});

describe('tags and sources', () => {
  it('come from facets', async () => {
    const get = await start({
      ...ORDERS,
      facets: {
        [dataset('dwh.orders')]: [
          facet('dataset', 'tags', {
            tags: [
              { key: 'pii', value: 'true', source: 'dbt', field: 'order_id' },
              { key: 'mart', value: 'true', source: 'dbt' },
            ],
          }),
          facet('dataset', 'dataSource', { name: 'warehouse', uri: 'postgres://wh:5432' }),
        ],
      },
    });
    expect((await get('/tags')).body).toEqual({
      tags: [
        { name: 'mart', description: null },
        { name: 'pii', description: null },
      ],
    });
    expect((await get(`/namespaces/${q(WH)}/datasets/dwh.orders`)).body).toMatchObject({
      tags: ['mart'],
      sourceName: 'warehouse',
      fields: [{ name: 'order_id', tags: ['pii'] }],
    });
    const warehouse = {
      type: 'POSTGRES',
      name: 'warehouse',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:09.500Z',
      connectionUrl: 'postgres://wh:5432',
      description: null,
    };
    expect((await get('/sources')).body).toMatchObject({ sources: [{ name: 'default' }, warehouse] });
    expect((await get('/sources/warehouse')).body).toEqual(warehouse);
    expect((await get('/sources/nope')).body).toEqual({ code: 404, message: "Source 'nope' not found." });
  });
});

describe('registering', () => {
  it('refuses a Fastify that cuts long names off', async () => {
    hub = Fastify();
    const deps = { store: {} as GraphStore, log: logOf([]), clock: { now: () => NOW }, viewerOf: () => LOCAL_VIEWER };
    await expect(registerMarquez(hub, deps)).rejects.toThrow(/maxParamLength/);
  });

  it('logs a failure and gives its id, not its text', async () => {
    hub = Fastify({ routerOptions: { maxParamLength: 5_000 } });
    const store = new Proxy({} as GraphStore, {
      get: () => () => {
        throw new Error('disk gone');
      },
    });
    await registerMarquez(hub, { store, log: logOf([]), clock: { now: () => NOW }, viewerOf: () => LOCAL_VIEWER });
    const response = await hub.inject('/api/v1/namespaces');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      code: 500,
      message: expect.stringMatching(/^There was an error processing your request\. It has been logged \(ID .+\)\.$/),
    });
  });
});
