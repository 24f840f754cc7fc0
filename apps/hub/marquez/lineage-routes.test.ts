import { describe, expect, it } from 'vitest';
import { type Run } from '#lineage';
import { AF, column, dataset, type Fixture, field, job, run, T0, WH } from '../../../test/marquez/graph-by-hand.ts';
import { type Answer, ids, ORDERS, PLAIN_RUN, q, R1, R2, R3, start, UUID } from '../../../test/marquez/marquez-hub.ts';

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
    const callsFor = async (width: number, nodes: number): Promise<number> => {
      let calls = 0;
      const get = await start(wide(width), () => calls++);
      expect(ids(await get(`/lineage?nodeId=${q(dataset('in'))}`))).toHaveLength(nodes);
      return calls;
    };
    expect(await callsFor(300, 601)).toBe(await callsFor(2, 5));
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
