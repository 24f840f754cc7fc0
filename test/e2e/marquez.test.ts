/** The reads that clients of Marquez know, over HTTP, on events that came in over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawAnswer, startTestHub, type TestHub } from '../harness.ts';
import { DescribedReads } from './described-reads.ts';
import {
  AF,
  AIRFLOW_TASK,
  BROKEN,
  DAILY_DATASET,
  dataset,
  EVENTS,
  eventsJustBefore,
  field,
  type Json,
  job,
  LOAD_BASE,
  LOAD_JOB,
  NOMINAL,
  ORDERS,
  ORDERS_DATASET,
  ORDERS_NODE,
  PLAIN_RUN_3,
  PRODUCER,
  q,
  R1,
  R2,
  R3,
  RUN_1,
  RUN_3,
  UNKNOWN,
  VERSION,
  WH,
} from './marquez-story.ts';

let hub: TestHub;
let reads: DescribedReads;
/** Events of the last hour: what the statistics of the day count. */
let recent: readonly Json[] = [];

beforeAll(async () => {
  hub = await startTestHub();
  recent = eventsJustBefore(Date.now());
  let position = '';
  for (const each of [...EVENTS, ...recent]) position = await hub.send(each);
  reads = await DescribedReads.of(hub, position);
}, 120_000);
afterAll(async () => {
  expect(await hub.stop()).toEqual({ code: 0, signal: null });
  expect(hub.log()).not.toContain('"level":50');
});

const get = (path: string): Promise<RawAnswer> => reads.get(path);
const ok = (path: string): Promise<unknown> => reads.ok(path);
const list = (path: string, key: string): Promise<Json[]> => reads.list(path, key);
const names = (items: readonly Json[]): unknown[] => items.map(({ name }) => name);
const nodeIds = async (path: string): Promise<unknown[]> => (await list(path, 'graph')).map(({ id }) => id);

describe('lineage', () => {
  it('is nodes with their data and the edges of both directions, sorted by id', async () => {
    const edge = { origin: job('load_orders'), destination: dataset('dwh.public.orders') };
    expect(await ok(`/lineage?nodeId=${q(job('load_orders'))}&depth=0`)).toEqual({
      graph: [
        { id: dataset('dwh.public.orders'), type: 'DATASET', data: ORDERS_NODE, inEdges: [edge], outEdges: [] },
        {
          id: job('load_orders'),
          type: 'JOB',
          data: { ...LOAD_BASE, currentRunUuid: R3, latestRun: PLAIN_RUN_3 },
          inEdges: [],
          outEdges: [edge],
        },
      ],
    });
  });

  it.each([
    [-3, ['c1', 'c2', 'j1']],
    [0, ['c1', 'c2', 'j1']],
    [1, ['c1', 'c2', 'c3', 'j1', 'j2']],
    [2, ['c1', 'c2', 'c3', 'c4', 'j1', 'j2', 'j3']],
    [20, ['c1', 'c2', 'c3', 'c4', 'j1', 'j2', 'j3']],
  ])('to depth %i from c2 counts jobs from its writer', async (depth, expected) => {
    expect(await nodeIds(`/lineage?nodeId=${q(dataset('c2', 's3://chain'))}&depth=${depth}`)).toEqual(
      expected.map((name) => (name.startsWith('c') ? dataset(name, 's3://chain') : job(name, 'chain'))),
    );
  });

  it('brings in fellow readers, and jobs that were only declared', async () => {
    expect(await nodeIds(`/lineage?nodeId=${q(dataset('dwh.public.orders'))}`)).toEqual([
      dataset('dwh.public.daily'),
      dataset('dwh.public.orders'),
      job('declared'),
      job('load_orders'),
      job('sum_up'),
    ]);
  });

  it('of a continuous job stays when it is silent about its datasets', async () => {
    const visits = dataset('visits', 'kafka://broker:9092');
    const graph = await list(`/lineage?nodeId=${q(visits)}`, 'graph');
    expect(graph.map(({ id }) => id)).toEqual([
      dataset('clicks', 'kafka://broker:9092'),
      visits,
      job('enrich', 'flink'),
    ]);
    expect(graph[2]).toMatchObject({ data: { type: 'STREAM', latestRun: { state: 'RUNNING', endedAt: null } } });
  });

  it('of what nothing reads or writes is one node', async () => {
    expect(await nodeIds(`/lineage?nodeId=${q('dataset:s3://lonely:alone/by itself')}`)).toEqual([
      'dataset:s3://lonely:alone/by itself',
    ]);
    expect(await nodeIds(`/lineage?nodeId=${q(job('broken'))}`)).toEqual([job('broken')]);
  });
});

describe('column lineage', () => {
  const [total, amount] = [field('dwh.public.daily:total'), field('dwh.public.orders:amount')];
  const input = {
    namespace: WH,
    dataset: 'dwh.public.orders',
    datasetVersion: VERSION,
    field: 'amount',
    transformationDescription: 'summed up',
    transformationType: 'IDENTITY',
  };
  const GRAPH = {
    graph: [
      {
        id: total,
        type: 'DATASET_FIELD',
        data: {
          namespace: WH,
          dataset: 'dwh.public.daily',
          datasetVersion: VERSION,
          field: 'total',
          fieldType: 'NUMERIC(18,2)',
          transformationDescription: 'summed up',
          transformationType: 'IDENTITY',
          inputFields: [input],
        },
        inEdges: [{ origin: total, destination: amount }],
        outEdges: [],
      },
      {
        id: amount,
        type: 'DATASET_FIELD',
        data: {
          namespace: WH,
          dataset: 'dwh.public.orders',
          datasetVersion: VERSION,
          field: 'amount',
          fieldType: 'NUMERIC(18,2)',
          transformationDescription: null,
          transformationType: null,
          inputFields: [],
        },
        inEdges: [],
        outEdges: [{ origin: amount, destination: total }],
      },
    ],
  };

  it.each([total, dataset('dwh.public.daily'), job('sum_up')])('of %s goes upstream', async (nodeId) => {
    expect(await ok(`/column-lineage?nodeId=${q(nodeId)}`)).toEqual(GRAPH);
  });

  it('goes downstream when asked to', async () => {
    expect(await ok(`/column-lineage?nodeId=${q(amount)}`)).toEqual({ graph: [] });
    expect(await ok(`/column-lineage?nodeId=${q(amount)}&withDownstream=true`)).toEqual(GRAPH);
  });

  it('is empty for a dataset without, and nothing for an unknown field', async () => {
    expect(await ok(`/column-lineage?nodeId=${q(dataset('c1', 's3://chain'))}`)).toEqual({ graph: [] });
    expect(await get(`/column-lineage?nodeId=${q(field('dwh.public.daily:none'))}`)).toMatchObject({
      status: 404,
      json: { code: 404, message: 'Could not find node' },
    });
  });
});

describe('namespaces', () => {
  it('of jobs and datasets are one list by name, with a default one', async () => {
    const namespaces = await list('/namespaces', 'namespaces');
    const sorted = ['airflow-prod', 'chain', 'default', 'flink', 'kafka://broker:9092', WH, 'recent', 's3://chain'];
    expect(names(namespaces)).toEqual([...sorted, 's3://lonely']);
    expect(namespaces[0]).toEqual({
      name: AF,
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-03T00:00:00Z',
      ownerName: 'anonymous',
      description: null,
      isHidden: false,
    });
    expect(await ok(`/namespaces/${q(WH)}`)).toMatchObject({ name: WH });
    expect(names(await list('/namespaces?limit=2&offset=1', 'namespaces'))).toEqual(['chain', 'default']);
  });
});

describe('datasets', () => {
  const path = `/namespaces/${q(WH)}/datasets`;

  it('come by name, with the number of all', async () => {
    expect(await ok(path)).toEqual({ totalCount: 2, datasets: [DAILY_DATASET, ORDERS_DATASET] });
    expect(await ok(`${path}?limit=1&offset=1`)).toEqual({ totalCount: 2, datasets: [ORDERS_DATASET] });
    expect(await ok(`${path}?limit=0`)).toEqual({ totalCount: 2, datasets: [] });
    expect(await ok(`/namespaces/${AF}/datasets`)).toEqual({ totalCount: 0, datasets: [] });
  });

  it('come alone', async () => {
    expect(await ok(`${path}/dwh.public.daily`)).toEqual(DAILY_DATASET);
    expect(await ok(`/namespaces/${q('s3://lonely')}/datasets/${q('alone/by itself')}`)).toMatchObject({
      name: 'alone/by itself',
      columnLineage: null,
    });
  });

  it('have a version for each run that wrote them, which runs and column lineage name', async () => {
    const { lastModifiedAt: _, updatedAt: __, lastLifecycleState: lifecycleState, ...shared } = ORDERS_NODE;
    const version = (createdAt: string, createdByRun: Json) => ({
      ...shared,
      createdAt,
      version: VERSION,
      currentSchemaVersion: VERSION,
      lifecycleState,
      createdByRun,
      facets: ORDERS['facets'],
    });
    const answer = await ok(`${path}/dwh.public.orders/versions`);
    expect(answer).toEqual({
      totalCount: 2,
      versions: [version('2026-01-02T00:00:00Z', RUN_3), version('2026-01-01T00:00:09.500Z', RUN_1)],
    });
    const [latest, first] = (answer as { readonly versions: readonly { readonly version: string }[] }).versions;
    expect(await ok(`${path}/dwh.public.orders`)).toMatchObject({ currentVersion: latest?.version });
    expect(await ok(`/jobs/runs/${R2}`)).toMatchObject({
      inputDatasetVersions: [{ datasetVersionId: { name: 'dwh.public.orders', version: first?.version } }],
    });
    expect(await ok(`${path}/dwh.public.orders/versions/${first?.version}`)).toEqual(
      version('2026-01-01T00:00:09.500Z', RUN_1),
    );
  });
});

describe('jobs', () => {
  it('come newest first, of all namespaces or one', async () => {
    const all = ['just_now', 'broken', 'load_orders', 'j3', 'j2', 'j1', 'enrich', 'sum_up', 'declared'];
    expect(names(await list('/jobs', 'jobs'))).toEqual(all);
    expect(await ok('/jobs?limit=0')).toEqual({ totalCount: 9, jobs: [] });
    expect(names(await list('/jobs?limit=2&offset=1', 'jobs'))).toEqual(['broken', 'load_orders']);
    expect(await ok(`/namespaces/${AF}/jobs?limit=1&offset=1`)).toEqual({ totalCount: 4, jobs: [LOAD_JOB] });
    expect(await ok(`/namespaces/${q(WH)}/jobs`)).toEqual({ totalCount: 0, jobs: [] });
  });

  it('come by the state of their last run', async () => {
    expect(names(await list('/jobs?lastRunStates=FAILED', 'jobs'))).toEqual(['just_now', 'broken']);
    expect(names(await list('/jobs?lastRunStates=RUNNING&lastRunStates=FAILED', 'jobs'))).toEqual([
      'just_now',
      'broken',
      'enrich',
    ]);
    expect(await ok(`/namespaces/${AF}/jobs?lastRunStates=COMPLETED&limit=1`)).toEqual({
      totalCount: 2,
      jobs: [LOAD_JOB],
    });
  });

  it('come alone', async () => {
    expect(await ok(`/namespaces/${AF}/jobs/load_orders`)).toEqual(LOAD_JOB);
    expect(await ok(`/namespaces/${AF}/jobs/declared`)).toMatchObject({
      inputs: [{ namespace: WH, name: 'dwh.public.daily' }],
      latestRun: null,
      latestRuns: [],
      facets: {},
      labels: [],
    });
  });

  it('have runs, newest first', async () => {
    const path = `/namespaces/${AF}/jobs/load_orders/runs`;
    expect(await ok(path)).toEqual({ runs: [RUN_3, RUN_1], totalCount: 2 });
    expect(await ok(`${path}?limit=1&offset=1`)).toEqual({ runs: [RUN_1], totalCount: 2 });
    expect(await ok(`/namespaces/${AF}/jobs/declared/runs`)).toEqual({ runs: [], totalCount: 0 });
  });

  it('have versions', async () => {
    const path = `/namespaces/${AF}/jobs/load_orders/versions`;
    const version = {
      id: { namespace: AF, name: 'load_orders', version: VERSION },
      name: 'load_orders',
      createdAt: '2026-01-01T00:00:09.500Z',
      version: VERSION,
      namespace: AF,
      location: null,
      inputs: [],
      outputs: [{ namespace: WH, name: 'dwh.public.orders' }],
      latestRun: RUN_3,
    };
    const answer = await ok(path);
    expect(answer).toEqual({ versions: [version] });
    const uuid = String((await list(path, 'versions'))[0]?.['version']);
    expect(await ok(`/namespaces/${AF}/jobs/load_orders`)).toMatchObject({ currentVersion: uuid });
    expect(await ok(`/jobs/runs/${R3}`)).toMatchObject({ jobVersion: { version: uuid } });
    expect(await ok(`${path}/${uuid}`)).toEqual(version);
  });
});

describe('runs', () => {
  it('come alone, with their facets and those of their job', async () => {
    expect(await ok(`/jobs/runs/${R1}`)).toEqual(RUN_1);
    expect(await ok(`/jobs/runs/${R1}/facets?type=run`)).toEqual({ runId: R1, facets: { nominalTime: NOMINAL } });
    expect(await ok(`/jobs/runs/${R1}/facets?type=job`)).toEqual({ runId: R1, facets: AIRFLOW_TASK });
    expect(await ok(`/jobs/runs/${BROKEN}`)).toMatchObject({ state: 'FAILED', jobVersion: null, facets: {} });
  });

  it('come with the runs that made what they read', async () => {
    const [written, read] = [R1, R2].map((id) => `/runlineage/upstream?runId=${id}`);
    const upstream = {
      job: { namespace: AF, name: 'load_orders', version: VERSION },
      run: { id: R1, start: '2026-01-01T00:00:08Z', end: '2026-01-01T00:00:09.500Z', status: 'COMPLETED' },
      inputs: [],
    };
    expect(await ok(String(written))).toEqual({ runs: [upstream] });
    expect(await ok(String(read))).toEqual({
      runs: [
        {
          job: { namespace: AF, name: 'sum_up', version: VERSION },
          run: { id: R2, start: '2026-01-01T00:01:00Z', end: '2026-01-01T00:02:00Z', status: 'COMPLETED' },
          inputs: [{ namespace: WH, name: 'dwh.public.orders', version: VERSION, producedByRunId: R1 }],
        },
        upstream,
      ],
    });
    expect(await list(`${read}&depth=0`, 'runs')).toHaveLength(1);
  });
});

describe('search', () => {
  it('finds a part of a name, in any case', async () => {
    const found = { type: 'DATASET', namespace: WH, updatedAt: '2026-01-02T00:00:00Z', name: 'dwh.public.orders' };
    expect(await ok('/search?q=ORDERS')).toEqual({
      totalCount: 2,
      results: [
        { ...found, nodeId: dataset('dwh.public.orders') },
        { ...found, type: 'JOB', namespace: AF, name: 'load_orders', nodeId: job('load_orders') },
      ],
    });
  });

  it("is asked as Marquez' own web client asks", async () => {
    const { status, json } = await hub.ask({ path: '/api/v1/search/?q=orders&sort=UPDATE_AT&limit=100' });
    expect({ status, json }).toMatchObject({ status: 200, json: { totalCount: 2 } });
  });

  it('filters, sorts, and counts beyond its limit', async () => {
    const results = async (query: string) => names(await list(`/search?q=${query}`, 'results'));
    expect(await results('o&filter=JOB&limit=100')).toEqual(['broken', 'just_now', 'load_orders']);
    expect(await results('j&filter=JOB&sort=update_at')).toEqual(['just_now', 'j3', 'j2', 'j1']);
    expect(await results('c&namespace=s3%3A%2F%2Fchain')).toEqual(['c1', 'c2', 'c3', 'c4']);
    expect(await results('dwh&before=2026-01-02')).toEqual(['dwh.public.daily']);
    expect(await results('dwh&after=2026-01-02')).toEqual(['dwh.public.orders']);
    expect(await results('order_id')).toEqual([]);
    expect(await ok('/search?q=c&filter=DATASET&limit=2')).toMatchObject({ totalCount: 7, results: [{}, {}] });
  });
});

describe('events', () => {
  const runEvents = (): Json[] => [...EVENTS.filter((each) => 'run' in each), ...recent];

  it('come by event time, newest first, as they were sent', async () => {
    const expected = [...runEvents()].sort((a, b) => (String(a['eventTime']) < String(b['eventTime']) ? 1 : -1));
    expect(await ok('/events/lineage')).toEqual({ totalCount: expected.length, events: expected });
    const rising = await list('/events/lineage?sortDirection=asc&limit=2', 'events');
    expect(rising).toEqual(expected.reverse().slice(0, 2));
  });

  it('come within bounds, by page, with the number of all', async () => {
    const bounds = `after=${q('2026-01-01T01:00:00+00:00')}&before=${q('2026-01-02T00:00:00+00:00')}`;
    const page = async (more: string) => {
      const { totalCount, events } = (await ok(`/events/lineage?${bounds}${more}`)) as {
        readonly totalCount: number;
        readonly events: readonly { readonly job: { readonly name: string } }[];
      };
      return [totalCount, ...events.map((each) => each.job.name)];
    };
    expect(await page('')).toEqual([3, 'j3', 'j2', 'j1']);
    expect(await page('&limit=1&offset=1')).toEqual([3, 'j2']);
    expect(await page('&offset=5')).toEqual([3]);
  });

  it('are counted by type: by hour of the day, by day of the week', async () => {
    for (const [period, length] of [
      ['DAY', 24],
      ['WEEK&timezone=Asia%2FKolkata', 7],
    ] as const) {
      const spans = (await ok(`/stats/lineage-events?period=${period}`)) as readonly Readonly<
        Record<'startInterval' | 'endInterval' | 'start' | 'complete' | 'fail' | 'abort', number>
      >[];
      expect(spans).toHaveLength(length);
      const sum = (key: 'start' | 'complete' | 'fail' | 'abort') => spans.reduce((all, span) => all + span[key], 0);
      expect([sum('start'), sum('complete'), sum('fail'), sum('abort')]).toEqual([2, 1, 1, 0]);
      expect(Object.keys(spans[0] ?? {}).sort()).toEqual(
        ['startInterval', 'endInterval', 'fail', 'start', 'complete', 'abort'].sort(),
      );
      for (const [i, span] of spans.entries()) if (i > 0) expect(span.startInterval).toBe(spans[i - 1]?.endInterval);
    }
  });

  it('add to what is known of jobs, datasets and sources', async () => {
    const counts = async (what: string) =>
      ((await ok(`/stats/${what}?period=DAY`)) as readonly { readonly count: number }[]).map(({ count }) => count);
    const [jobs, datasets, sources] = [await counts('jobs'), await counts('datasets'), await counts('sources')];
    expect([jobs.at(0), jobs.at(-1)]).toEqual([8, 9]);
    expect(new Set(datasets)).toEqual(new Set([9]));
    expect(new Set(sources)).toEqual(new Set([2]));
  });
});

describe('tags and sources', () => {
  it('are those that facets name', async () => {
    expect(await ok('/tags')).toEqual({ tags: [{ name: 'pii', description: null }] });
    const warehouse = {
      type: 'POSTGRESQL',
      name: 'warehouse',
      createdAt: '2026-01-01T00:00:09.500Z',
      updatedAt: '2026-01-02T00:00:00Z',
      connectionUrl: 'jdbc:postgresql://wh:5432/dwh',
      description: null,
    };
    const sources = await list('/sources', 'sources');
    expect(names(sources)).toEqual(['default', 'warehouse']);
    expect(sources[1]).toEqual(warehouse);
    expect(await ok('/sources/warehouse')).toEqual(warehouse);
  });
});

describe('errors', () => {
  it.each([
    [`/namespaces/nope`, "Namespace 'nope' not found."],
    [`/namespaces/nope/datasets`, "Namespace 'nope' not found."],
    [`/namespaces/nope/jobs/x`, "Namespace 'nope' not found."],
    [`/namespaces/${q(WH)}/datasets/x`, "Dataset 'x' not found."],
    [`/namespaces/${q(WH)}/datasets/x/versions`, "Dataset 'x' not found."],
    [`/namespaces/${AF}/jobs/x`, "Job 'x' not found."],
    [`/namespaces/${AF}/jobs/x/runs`, "Job 'x' not found."],
    [`/jobs/runs/${UNKNOWN}`, `Run '${UNKNOWN}' not found.`],
    [`/jobs/runs/${UNKNOWN}/facets?type=run`, `Run '${UNKNOWN}' not found.`],
    [`/lineage?nodeId=${q(dataset('x'))}`, "Dataset 'x' not found."],
    [`/lineage?nodeId=${q(job('x'))}`, "Job 'x' not found."],
    [`/lineage?nodeId=run:${R1}`, `Node 'run:${R1}' must be of type dataset or job!`],
    [`/column-lineage?nodeId=${q(dataset('x'))}`, 'Could not find node'],
  ])('GET %s is 404: %s', async (path, message) => {
    expect(await get(path)).toMatchObject({ status: 404, json: { code: 404, message } });
  });

  it.each([
    '/lineage?nodeId=nonsense',
    `/lineage?nodeId=${q(job('load_orders'))}&depth=x`,
    '/jobs/runs/no-uuid',
    '/jobs?lastRunStates=NONE',
    '/jobs?limit=many',
    '/no/such/path',
  ])('GET %s is a resource that is not there', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject(
      path === '/no/such/path' ? { code: 404 } : { code: 404, message: 'HTTP 404 Not Found' },
    );
  });

  it.each([
    ['/lineage', 'query param nodeId must not be null'],
    ['/column-lineage', 'query param nodeId must not be null'],
    ['/search', 'query param q must not be blank'],
    ['/search?q=%20', 'query param q must not be blank'],
    ['/jobs?limit=-1', 'query param limit must be greater than or equal to 0'],
    [`/namespaces/${q(WH)}/datasets?offset=-1`, 'query param offset must be greater than or equal to 0'],
    [`/jobs/runs/${R1}/facets`, 'query param type must not be null'],
  ])('GET %s is 400: %s', async (path, error) => {
    expect(await get(path)).toMatchObject({ status: 400, json: { errors: [error] } });
  });

  it('an unreadable time is 400 and named', async () => {
    expect(await get('/events/lineage?before=yesterday')).toMatchObject({
      status: 400,
      json: { code: 400, message: 'Parameter is invalid: yesterday' },
    });
  });

  it('a wrong method is 405, an unknown type 415, a body that lacks something 422', async () => {
    const post = (path: string, body: string, type = 'application/json') =>
      hub.ask({ method: 'POST', path: `/api/v1${path}`, body, headers: { 'content-type': type } });
    expect((await post('/jobs', '{}')).status).toBe(405);
    expect(await post('/lineage', '{}', 'text/plain')).toMatchObject({ status: 415, json: { code: 415 } });
    const lacking = await post('/lineage', JSON.stringify({ eventType: 'START', producer: PRODUCER }));
    expect(lacking).toMatchObject({
      status: 422,
      json: { errors: expect.arrayContaining(['eventTime must not be null']) },
    });
  });
});
