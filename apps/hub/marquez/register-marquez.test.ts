import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { type GraphStore, LOCAL_VIEWER } from '#lineage';
import { AF, dataset, facet, field, logOf, NOW, WH } from '../../../test/marquez/graph-by-hand.ts';
import { ORDERS, q, R1, R2, start, UUID, WHOLE_RUN } from '../../../test/marquez/marquez-hub.ts';
import { registerMarquez } from './register-marquez.ts';

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
    const fastify = Fastify();
    const deps = { store: {} as GraphStore, log: logOf([]), clock: { now: () => NOW }, viewerOf: () => LOCAL_VIEWER };
    await expect(registerMarquez(fastify, deps)).rejects.toThrow(/maxParamLength/);
  });

  it('logs a failure and gives its id, not its text', async () => {
    const fastify = Fastify({ routerOptions: { maxParamLength: 5_000 } });
    const store = new Proxy({} as GraphStore, {
      get: () => () => {
        throw new Error('disk gone');
      },
    });
    await registerMarquez(fastify, { store, log: logOf([]), clock: { now: () => NOW }, viewerOf: () => LOCAL_VIEWER });
    const response = await fastify.inject('/api/v1/namespaces');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      code: 500,
      message: expect.stringMatching(/^There was an error processing your request\. It has been logged \(ID .+\)\.$/),
    });
  });
});
