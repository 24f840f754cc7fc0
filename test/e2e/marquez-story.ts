/** What the reads of Marquez' clients are asked about: the events, and what is known of some of their nodes. */
import { expect } from 'vitest';

export type Json = Readonly<Record<string, unknown>>;

export const PRODUCER = 'https://example.com/marquez-e2e';
const SCHEMA_URL = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
export const WH = 'postgres://wh:5432';
export const AF = 'airflow-prod';
export const R1 = '96b2ff10-0000-4000-8000-000000000001';
export const R2 = '96b2ff10-0000-4000-8000-000000000002';
export const R3 = '96b2ff10-0000-4000-8000-000000000003';
export const BROKEN = '96b2ff10-0000-4000-8000-000000000009';
export const UNKNOWN = '96b2ff10-0000-4000-8000-00000000ffff';
export const VERSION = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

export const dataset = (name: string, namespace = WH): string => `dataset:${namespace}:${name}`;
export const job = (name: string, namespace = AF): string => `job:${namespace}:${name}`;
export const field = (name: string): string => `datasetField:${WH}:${name}`;
export const q = encodeURIComponent;

const facet = (value: Json): Json => ({ _producer: PRODUCER, _schemaURL: 'https://example.com/facet.json', ...value });
const table = (name: string, facets: Json = {}): Json => ({ namespace: WH, name, facets });
const schema = (...fields: readonly (readonly [name: string, type: string])[]): Json =>
  facet({ fields: fields.map(([name, type]) => ({ name, type })) });

interface Said {
  readonly at: string;
  readonly type: string;
  readonly run: string;
  readonly job: string;
  readonly namespace?: string;
  readonly runFacets?: Json;
  readonly jobFacets?: Json;
  readonly inputs?: readonly Json[];
  readonly outputs?: readonly Json[];
}

export function event({ at, type, run, job: name, namespace = AF, runFacets, jobFacets, inputs, outputs }: Said): Json {
  return {
    eventType: type,
    eventTime: at,
    producer: PRODUCER,
    schemaURL: SCHEMA_URL,
    run: { runId: run, ...(runFacets === undefined ? {} : { facets: runFacets }) },
    job: { namespace, name, ...(jobFacets === undefined ? {} : { facets: jobFacets }) },
    inputs: inputs ?? [],
    outputs: outputs ?? [],
  };
}

export const NOMINAL = facet({ nominalStartTime: '2026-01-01T00:00:00Z', nominalEndTime: '2026-01-02T00:00:00Z' });
export const AIRFLOW_TASK = { jobType: facet({ processingType: 'BATCH', integration: 'AIRFLOW', jobType: 'TASK' }) };
export const ORDERS = table('dwh.public.orders', {
  schema: schema(['order_id', 'BIGINT'], ['amount', 'NUMERIC(18,2)']),
  tags: facet({ tags: [{ key: 'pii', value: 'true', source: 'test' }] }),
  dataSource: facet({ name: 'warehouse', uri: 'jdbc:postgresql://wh:5432/dwh' }),
});
const DAILY = table('dwh.public.daily', {
  schema: schema(['total', 'NUMERIC(18,2)']),
  columnLineage: facet({
    fields: {
      total: {
        inputFields: [{ namespace: WH, name: 'dwh.public.orders', field: 'amount' }],
        transformationType: 'IDENTITY',
        transformationDescription: 'summed up',
      },
    },
  }),
});
const STREAMING = { jobType: facet({ processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' }) };
const topic = (name: string): Json => ({ namespace: 'kafka://broker:9092', name });
const file = (name: string): Json => ({ namespace: 's3://chain', name });
const LOAD = { job: 'load_orders', jobFacets: AIRFLOW_TASK, runFacets: { nominalTime: NOMINAL } };

export const EVENTS: readonly Json[] = [
  event({ ...LOAD, at: '2026-01-01T00:00:08Z', type: 'START', run: R1 }),
  event({ ...LOAD, at: '2026-01-01T00:00:09.500Z', type: 'COMPLETE', run: R1, outputs: [ORDERS] }),
  event({ at: '2026-01-01T00:01:00Z', type: 'START', run: R2, job: 'sum_up', inputs: [table('dwh.public.orders')] }),
  event({
    at: '2026-01-01T00:02:00Z',
    type: 'COMPLETE',
    run: R2,
    job: 'sum_up',
    inputs: [table('dwh.public.orders')],
    outputs: [DAILY],
  }),
  event({ ...LOAD, at: '2026-01-02T00:00:00Z', type: 'COMPLETE', run: R3, outputs: [ORDERS] }),
  event({ at: '2026-01-03T00:00:00Z', type: 'FAIL', run: BROKEN, job: 'broken' }),
  // c1 ─▶ j1 ─▶ c2 ─▶ j2 ─▶ c3 ─▶ j3 ─▶ c4
  ...[1, 2, 3].map((n) =>
    event({
      at: `2026-01-01T0${n}:00:00Z`,
      type: 'COMPLETE',
      run: `96b2ff10-0000-4000-8000-0000000000c${n}`,
      job: `j${n}`,
      namespace: 'chain',
      inputs: [file(`c${n}`)],
      outputs: [file(`c${n + 1}`)],
    }),
  ),
  // A continuous job: its edges come with its first event, and stay when a later one names no datasets.
  event({
    at: '2026-01-01T00:00:00Z',
    type: 'START',
    run: '96b2ff10-0000-4000-8000-0000000000f1',
    job: 'enrich',
    namespace: 'flink',
    jobFacets: STREAMING,
    inputs: [topic('clicks')],
    outputs: [topic('visits')],
  }),
  event({
    at: '2026-01-01T00:05:00Z',
    type: 'RUNNING',
    run: '96b2ff10-0000-4000-8000-0000000000f1',
    job: 'enrich',
    namespace: 'flink',
    jobFacets: STREAMING,
  }),
  // Declared, not run: no RunEvents.
  {
    eventTime: '2026-01-01T00:00:00Z',
    producer: PRODUCER,
    schemaURL: SCHEMA_URL.replace('RunEvent', 'JobEvent'),
    job: { namespace: AF, name: 'declared' },
    inputs: [table('dwh.public.daily')],
    outputs: [],
  },
  {
    eventTime: '2026-01-01T00:00:00Z',
    producer: PRODUCER,
    schemaURL: SCHEMA_URL.replace('RunEvent', 'DatasetEvent'),
    dataset: { namespace: 's3://lonely', name: 'alone/by itself' },
  },
];

/** Two runs of one job, one of which failed: what the statistics of the last hour count. */
export const eventsJustBefore = (now: number): readonly Json[] =>
  (['START', 'COMPLETE', 'START', 'FAIL'] as const).map((type, i) =>
    event({
      at: new Date(now - 4 + i).toISOString(),
      type,
      run: `96b2ff10-0000-4000-8000-00000000e00${Math.floor(i / 2)}`,
      job: 'just_now',
      namespace: 'recent',
    }),
  );

export const RUN_1 = {
  id: R1,
  createdAt: '2026-01-01T00:00:08Z',
  updatedAt: '2026-01-01T00:00:09.500Z',
  nominalStartTime: '2026-01-01T00:00:00Z',
  nominalEndTime: '2026-01-02T00:00:00Z',
  state: 'COMPLETED',
  startedAt: '2026-01-01T00:00:08Z',
  endedAt: '2026-01-01T00:00:09.500Z',
  durationMs: 1500,
  args: { nominal_start_time: '2026-01-01T00:00:00Z', nominal_end_time: '2026-01-02T00:00:00Z' },
  jobVersion: { namespace: AF, name: 'load_orders', version: VERSION },
  inputDatasetVersions: [],
  outputDatasetVersions: [
    { datasetVersionId: { namespace: WH, name: 'dwh.public.orders', version: VERSION }, facets: {} },
  ],
  facets: { nominalTime: NOMINAL },
};
export const RUN_3 = {
  ...RUN_1,
  id: R3,
  createdAt: '2026-01-02T00:00:00Z',
  updatedAt: '2026-01-02T00:00:00Z',
  startedAt: '2026-01-02T00:00:00Z',
  endedAt: '2026-01-02T00:00:00Z',
  durationMs: 0,
};
/** On the nodes of a graph a run comes without facets and dataset versions. */
export const PLAIN_RUN_3 = { ...RUN_3, outputDatasetVersions: [], facets: {} };

export const ORDERS_NODE = {
  id: { namespace: WH, name: 'dwh.public.orders' },
  type: 'DB_TABLE',
  name: 'dwh.public.orders',
  physicalName: 'dwh.public.orders',
  createdAt: '2026-01-01T00:00:09.500Z',
  updatedAt: '2026-01-02T00:00:00Z',
  namespace: WH,
  sourceName: 'warehouse',
  fields: [
    { name: 'order_id', type: 'BIGINT', tags: [], description: null },
    { name: 'amount', type: 'NUMERIC(18,2)', tags: [], description: null },
  ],
  tags: ['pii'],
  lastModifiedAt: null,
  description: null,
  lastLifecycleState: '',
};
export const ORDERS_DATASET = {
  ...ORDERS_NODE,
  currentVersion: VERSION,
  columnLineage: null,
  facets: ORDERS['facets'],
  deleted: false,
};
export const DAILY_DATASET = {
  ...ORDERS_DATASET,
  id: { namespace: WH, name: 'dwh.public.daily' },
  name: 'dwh.public.daily',
  physicalName: 'dwh.public.daily',
  // When it was first declared as an input.
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:02:00Z',
  sourceName: 'default',
  fields: [{ name: 'total', type: 'NUMERIC(18,2)', tags: [], description: null }],
  tags: [],
  columnLineage: [
    {
      name: 'total',
      inputFields: [
        {
          namespace: WH,
          dataset: 'dwh.public.orders',
          field: 'amount',
          transformationDescription: 'summed up',
          transformationType: 'IDENTITY',
        },
      ],
      transformationDescription: 'summed up',
      transformationType: 'IDENTITY',
    },
  ],
  facets: DAILY['facets'],
};

export const LOAD_BASE = {
  id: { namespace: AF, name: 'load_orders' },
  type: 'BATCH',
  name: 'load_orders',
  simpleName: 'load_orders',
  parentJobName: null,
  parentJobUuid: null,
  createdAt: '2026-01-01T00:00:08Z',
  updatedAt: '2026-01-02T00:00:00Z',
  namespace: AF,
  inputs: [],
  outputs: [{ namespace: WH, name: 'dwh.public.orders' }],
  location: null,
  description: null,
};
export const LOAD_JOB = {
  ...LOAD_BASE,
  latestRun: RUN_3,
  latestRuns: [RUN_3, RUN_1],
  facets: AIRFLOW_TASK,
  currentVersion: VERSION,
  labels: ['TASK', 'AIRFLOW'],
  tags: [],
};
