/** The Marquez-compatible routes over a graph by hand, without a hub around them. */
import Fastify from 'fastify';
import { expect, onTestFinished } from 'vitest';
import { type GraphStore, LOCAL_VIEWER } from '#lineage';
import { registerMarquez } from '../../apps/hub/marquez/register-marquez.ts';
import { AF, column, dataset, type Fixture, facet, job, logOf, NOW, readerOf, run, T0, WH } from './graph-by-hand.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * The routes over a graph by hand, until the test ends.
 * @param onRead is told of each call of the store
 */
export async function start(
  fixture: Fixture,
  onRead: () => void = () => undefined,
): Promise<(path: string) => Promise<Answer>> {
  const fastify = Fastify({ routerOptions: { maxParamLength: 5_000 } });
  onTestFinished(() => fastify.close());
  const counted = new Proxy(readerOf(fixture), {
    get(target, name) {
      onRead();
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
  return async (path) => {
    const response = await fastify.inject({ method: 'GET', url: `/api/v1${path}` });
    return { status: response.statusCode, body: response.body === '' ? null : response.json() };
  };
}

export const ids = ({ body }: Answer): readonly string[] =>
  (body as { graph: { id: string }[] }).graph.map((node) => node.id);
export const q = encodeURIComponent;

export const R1 = '96b2ff10-0000-4000-8000-000000000001';
export const R2 = '96b2ff10-0000-4000-8000-000000000002';
export const R3 = '96b2ff10-0000-4000-8000-000000000003';
export const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

/** The example of the reference: one job that writes one table. */
export const ORDERS: Fixture = {
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

export const PLAIN_RUN = {
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

export const WHOLE_RUN = {
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
