/** What Marquez answers, as JSON Schema 2020-12: every key is always there, and `null` where nothing is known. */

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const textOrNull: Schema = { type: ['string', 'null'] };
const count: Schema = { type: 'integer', minimum: 0 };
const time: Schema = { type: 'string', format: 'date-time' };
const timeOrNull: Schema = { type: ['string', 'null'], format: 'date-time' };
const uuid: Schema = { type: 'string', format: 'uuid' };

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
const arrayOf = (items: Schema): Schema => ({ type: 'array', items });
/** All of its keys are always there. */
const object = <P extends Readonly<Record<string, Schema>>>(properties: P, description?: string): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
  ...(description === undefined ? {} : { description }),
});

const NAME = { namespace: text, name: text };
const VERSION_ID = { ...NAME, version: uuid };
const TRANSFORMATION = { transformationDescription: textOrNull, transformationType: textOrNull };
const INTERVAL = { startInterval: time, endInterval: time };

const DATASET_NODE = {
  id: ref('MarquezName'),
  type: { const: 'DB_TABLE', description: 'Whatever the dataset is' },
  name: text,
  physicalName: text,
  createdAt: { ...time, description: 'Event time' },
  updatedAt: time,
  namespace: text,
  sourceName: text,
  fields: arrayOf(ref('MarquezField')),
  tags: arrayOf(text),
  lastModifiedAt: { type: 'null' },
  description: textOrNull,
  lastLifecycleState: { type: 'string', description: 'Of the lifecycleStateChange facet; empty: none' },
};
const DATASET = {
  ...DATASET_NODE,
  currentVersion: uuid,
  columnLineage: orNull(
    arrayOf(
      object({
        name: text,
        inputFields: arrayOf(object({ namespace: text, dataset: text, field: text, ...TRANSFORMATION })),
        ...TRANSFORMATION,
      }),
    ),
  ),
  facets: ref('MarquezFacets'),
  deleted: { type: 'boolean' },
};

const JOB_BASE = {
  id: ref('MarquezName'),
  type: { enum: ['BATCH', 'STREAM', 'SERVICE'] },
  name: text,
  simpleName: text,
  parentJobName: textOrNull,
  parentJobUuid: { type: ['string', 'null'], format: 'uuid' },
  createdAt: time,
  updatedAt: time,
  namespace: text,
  inputs: arrayOf(ref('MarquezName')),
  outputs: arrayOf(ref('MarquezName')),
  location: textOrNull,
  description: textOrNull,
  latestRun: orNull(ref('MarquezRun')),
};

const DATASET_VERSIONS = arrayOf(object({ datasetVersionId: object(VERSION_ID), facets: ref('MarquezFacets') }));

export const MARQUEZ_SCHEMAS = {
  MarquezName: object(NAME),
  MarquezFacets: {
    type: 'object',
    description: 'By name, as they were sent, unknown ones too',
    additionalProperties: { type: 'object' },
  },
  MarquezField: object({ name: text, type: textOrNull, tags: arrayOf(text), description: textOrNull }),
  MarquezNamespace: object({
    name: text,
    createdAt: time,
    updatedAt: time,
    ownerName: text,
    description: textOrNull,
    isHidden: { type: 'boolean' },
  }),
  MarquezNamespaces: object({ namespaces: arrayOf(ref('MarquezNamespace')) }),
  MarquezDataset: object(DATASET),
  MarquezDatasets: object({ totalCount: count, datasets: arrayOf(ref('MarquezDataset')) }),
  MarquezDatasetVersion: object({
    id: ref('MarquezName'),
    type: DATASET_NODE.type,
    name: text,
    physicalName: text,
    createdAt: time,
    version: uuid,
    namespace: text,
    sourceName: text,
    fields: DATASET_NODE.fields,
    tags: arrayOf(text),
    description: textOrNull,
    facets: ref('MarquezFacets'),
    currentSchemaVersion: uuid,
    lifecycleState: text,
    createdByRun: orNull(ref('MarquezRun')),
  }),
  MarquezDatasetVersions: object({ versions: arrayOf(ref('MarquezDatasetVersion')), totalCount: count }),
  MarquezJob: object({
    ...JOB_BASE,
    latestRuns: { ...arrayOf(ref('MarquezRun')), maxItems: 10 },
    facets: ref('MarquezFacets'),
    currentVersion: uuid,
    labels: { ...arrayOf(text), description: "The jobType facet's jobType and integration" },
    tags: arrayOf(text),
  }),
  MarquezJobs: object({ totalCount: count, jobs: arrayOf(ref('MarquezJob')) }),
  MarquezJobVersion: object({
    id: object(VERSION_ID),
    name: text,
    createdAt: time,
    version: uuid,
    namespace: text,
    location: textOrNull,
    inputs: arrayOf(ref('MarquezName')),
    outputs: arrayOf(ref('MarquezName')),
    latestRun: orNull(ref('MarquezRun')),
  }),
  MarquezJobVersions: object({ versions: arrayOf(ref('MarquezJobVersion')) }),
  MarquezRun: object({
    id: { type: 'string', description: 'As it was sent: nearly always a UUID' },
    createdAt: time,
    updatedAt: time,
    nominalStartTime: timeOrNull,
    nominalEndTime: timeOrNull,
    state: { enum: ['NEW', 'RUNNING', 'COMPLETED', 'FAILED', 'ABORTED', 'OTHER'] },
    startedAt: timeOrNull,
    endedAt: timeOrNull,
    durationMs: { type: ['integer', 'null'] },
    args: { type: 'object', additionalProperties: text },
    jobVersion: orNull(object(VERSION_ID)),
    inputDatasetVersions: DATASET_VERSIONS,
    outputDatasetVersions: DATASET_VERSIONS,
    facets: ref('MarquezFacets'),
  }),
  MarquezRuns: object({ runs: arrayOf(ref('MarquezRun')), totalCount: count }),
  MarquezRunFacets: object({ runId: text, facets: ref('MarquezFacets') }),
  MarquezUpstreamRuns: object({
    runs: arrayOf(
      object({
        job: object(VERSION_ID),
        run: object({ id: text, start: time, end: timeOrNull, status: text }),
        inputs: arrayOf(object({ ...VERSION_ID, producedByRunId: textOrNull })),
      }),
    ),
  }),
  MarquezSearch: object({
    totalCount: count,
    results: arrayOf(
      object({ type: { enum: ['DATASET', 'JOB'] }, name: text, updatedAt: time, namespace: text, nodeId: text }),
    ),
  }),
  MarquezEvents: object({ totalCount: count, events: arrayOf(ref('Event')) }),
  MarquezTags: object({ tags: arrayOf(object({ name: text, description: textOrNull })) }),
  MarquezSource: object({
    type: text,
    name: text,
    createdAt: time,
    updatedAt: time,
    connectionUrl: text,
    description: textOrNull,
  }),
  MarquezSources: object({ sources: arrayOf(ref('MarquezSource')) }),
  MarquezEventCounts: arrayOf(object({ ...INTERVAL, fail: count, start: count, complete: count, abort: count })),
  MarquezCounts: arrayOf(object({ ...INTERVAL, count })),
  MarquezLineage: object({
    graph: arrayOf({
      oneOf: [
        graphNode('DATASET', object(DATASET_NODE)),
        graphNode('JOB', object({ ...JOB_BASE, currentRunUuid: textOrNull })),
      ],
    }),
  }),
  MarquezColumnLineage: object({
    graph: arrayOf(
      graphNode(
        'DATASET_FIELD',
        object({
          namespace: text,
          dataset: text,
          datasetVersion: uuid,
          field: text,
          fieldType: { type: 'string', description: 'Empty: not known' },
          ...TRANSFORMATION,
          inputFields: arrayOf(
            object({ namespace: text, dataset: text, datasetVersion: orNull(uuid), field: text, ...TRANSFORMATION }),
          ),
        }),
        'Backwards, as Marquez has them: from the field itself to the one that it comes from',
      ),
    ),
  }),
} as const;

function graphNode(type: string, data: Schema, about?: string): Schema {
  const edges = arrayOf(object({ origin: text, destination: text }));
  return object({
    id: text,
    type: { const: type },
    data,
    inEdges: about === undefined ? edges : { ...edges, description: about },
    outEdges: edges,
  });
}
