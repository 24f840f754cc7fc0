import { after, errors, inPath, inQuery, json, type Operation, type PathItem } from './parts.ts';

const ns = inPath('namespace', 'Percent-encoded');
const name = inPath('name', 'Percent-encoded');
const count = { type: 'integer', minimum: 0 };
const page = [inQuery('limit', { ...count, default: 100 }), inQuery('offset', { ...count, default: 0 })];
const nodeId = {
  ...inQuery(
    'nodeId',
    { type: 'string' },
    'An id like `dataset:NAMESPACE:NAME` or `job:NAMESPACE:NAME`, percent-encoded',
  ),
  required: true,
};
const depth = inQuery('depth', { type: 'integer', default: 20 }, 'Of lineage: jobs; of column lineage: edges');

function get(
  summary: string,
  parameters: readonly object[],
  statuses: readonly number[] = [404],
  schema?: 'LineageGraph',
): PathItem {
  const content = schema === undefined ? { 'application/json': { schema: { type: 'object' } } } : json(schema);
  const operation: Operation = {
    summary,
    parameters: [...parameters, after],
    responses: {
      200: { description: 'As Marquez answers', content },
      ...errors(...new Set([...statuses, 401, 403, 504])),
    },
  };
  return { get: operation };
}

/** The reads that clients of Marquez know. */
export const MARQUEZ_PATHS: Readonly<Record<string, PathItem>> = {
  '/api/v1/lineage': get('Lineage around a dataset or job, both ways', [nodeId, depth], [400, 404], 'LineageGraph'),
  '/api/v1/column-lineage': get(
    'Column lineage of a field, dataset or job',
    [nodeId, depth, inQuery('withDownstream', { type: 'boolean', default: false })],
    [400, 404],
    'LineageGraph',
  ),
  '/api/v1/namespaces': get('Namespaces, by name', page, [400]),
  '/api/v1/namespaces/{namespace}': get('One namespace', [ns]),
  '/api/v1/namespaces/{namespace}/datasets': get('Datasets of a namespace, by name', [ns, ...page], [400, 404]),
  '/api/v1/namespaces/{namespace}/datasets/{name}': get('One dataset', [ns, name]),
  '/api/v1/namespaces/{namespace}/datasets/{name}/versions': get(
    'Versions of a dataset',
    [ns, name, ...page],
    [400, 404],
  ),
  '/api/v1/namespaces/{namespace}/datasets/{name}/versions/{version}': get('One version of a dataset', [
    ns,
    name,
    inPath('version', 'A UUID'),
  ]),
  '/api/v1/namespaces/{namespace}/jobs': get('Jobs of a namespace, newest first', [ns, ...page], [400, 404]),
  '/api/v1/namespaces/{namespace}/jobs/{name}': get('One job', [ns, name]),
  '/api/v1/namespaces/{namespace}/jobs/{name}/runs': get(
    'Runs of a job, newest first',
    [ns, name, ...page],
    [400, 404],
  ),
  '/api/v1/namespaces/{namespace}/jobs/{name}/versions': get('Versions of a job', [ns, name, ...page], [400, 404]),
  '/api/v1/namespaces/{namespace}/jobs/{name}/versions/{version}': get('One version of a job', [
    ns,
    name,
    inPath('version', 'A UUID'),
  ]),
  '/api/v1/jobs': get('All jobs, newest first', [...page, inQuery('lastRunStates', { type: 'string' })], [400]),
  '/api/v1/jobs/runs/{id}': get('One run', [inPath('id', "The run's UUID")]),
  '/api/v1/jobs/runs/{id}/facets': get(
    'Facets of a run, or of its job',
    [inPath('id', "The run's UUID"), { ...inQuery('type', { enum: ['run', 'job'] }), required: true }],
    [400, 404],
  ),
  '/api/v1/runlineage/upstream': get(
    'The runs that a run comes from',
    [{ ...inQuery('runId', { type: 'string' }), required: true }, inQuery('depth', { type: 'integer', default: 20 })],
    [400, 404],
  ),
  '/api/v1/search': get(
    'Datasets and jobs by a part of their name',
    [
      { ...inQuery('q', { type: 'string', minLength: 1 }), required: true },
      inQuery('filter', { enum: ['DATASET', 'JOB'] }),
      inQuery('sort', { enum: ['name', 'update_at', 'updated_at'] }),
      inQuery('limit', { ...count, default: 10 }),
      inQuery('namespace', { type: 'string' }),
      inQuery('before', { type: 'string', format: 'date' }),
      inQuery('after', { type: 'string', format: 'date' }),
    ],
    [400],
  ),
  '/api/v1/events/lineage': get(
    'Run events by event time',
    [
      inQuery('before', { type: 'string', format: 'date-time' }),
      inQuery('after', { type: 'string', format: 'date-time' }),
      inQuery('sortDirection', { enum: ['asc', 'desc'], default: 'desc' }),
      ...page,
    ],
    [400],
  ),
  '/api/v1/tags': get('Tags', page, [400]),
  '/api/v1/sources': get('Sources', page, [400]),
  '/api/v1/sources/{name}': get('One source', [inPath('name', 'Percent-encoded')]),
  '/api/v1/stats/lineage-events': get(
    'Run events by hour or day',
    [inQuery('period', { enum: ['DAY', 'WEEK'] }), inQuery('timezone', { type: 'string' })],
    [400],
  ),
  '/api/v1/stats/jobs': get(
    'Jobs by hour or day',
    [inQuery('period', { enum: ['DAY', 'WEEK'] }), inQuery('timezone', { type: 'string' })],
    [400],
  ),
  '/api/v1/stats/datasets': get(
    'Datasets by hour or day',
    [inQuery('period', { enum: ['DAY', 'WEEK'] }), inQuery('timezone', { type: 'string' })],
    [400],
  ),
  '/api/v1/stats/sources': get(
    'Sources by hour or day',
    [inQuery('period', { enum: ['DAY', 'WEEK'] }), inQuery('timezone', { type: 'string' })],
    [400],
  ),
};
