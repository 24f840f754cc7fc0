import type { MARQUEZ_SCHEMAS } from './marquez-schemas.ts';
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

function get(summary: string, schema: keyof typeof MARQUEZ_SCHEMAS, parameters: readonly object[]): PathItem {
  const operation: Operation = {
    summary,
    parameters: [...parameters, after],
    responses: {
      200: { description: 'As Marquez answers', content: json(schema) },
      // A value that doesn't parse is 404 too, one that is out of range 400.
      ...errors(400, 401, 403, 404, 503, 504),
    },
  };
  return { get: operation };
}

/** The reads that clients of Marquez know. */
export const MARQUEZ_PATHS: Readonly<Record<string, PathItem>> = {
  '/api/v1/lineage': get('Lineage around a dataset or job, both ways', 'MarquezLineage', [nodeId, depth]),
  '/api/v1/column-lineage': get('Column lineage of a field, dataset or job', 'MarquezColumnLineage', [
    nodeId,
    depth,
    inQuery('withDownstream', { type: 'boolean', default: false }),
  ]),
  '/api/v1/namespaces': get('Namespaces, by name', 'MarquezNamespaces', page),
  '/api/v1/namespaces/{namespace}': get('One namespace', 'MarquezNamespace', [ns]),
  '/api/v1/namespaces/{namespace}/datasets': get('Datasets of a namespace, by name', 'MarquezDatasets', [ns, ...page]),
  '/api/v1/namespaces/{namespace}/datasets/{name}': get('One dataset', 'MarquezDataset', [ns, name]),
  '/api/v1/namespaces/{namespace}/datasets/{name}/versions': get('Versions of a dataset', 'MarquezDatasetVersions', [
    ns,
    name,
    ...page,
  ]),
  '/api/v1/namespaces/{namespace}/datasets/{name}/versions/{version}': get(
    'One version of a dataset',
    'MarquezDatasetVersion',
    [ns, name, inPath('version', 'A UUID')],
  ),
  '/api/v1/namespaces/{namespace}/jobs': get('Jobs of a namespace, newest first', 'MarquezJobs', [ns, ...page]),
  '/api/v1/namespaces/{namespace}/jobs/{name}': get('One job', 'MarquezJob', [ns, name]),
  '/api/v1/namespaces/{namespace}/jobs/{name}/runs': get('Runs of a job, newest first', 'MarquezRuns', [
    ns,
    name,
    ...page,
  ]),
  '/api/v1/namespaces/{namespace}/jobs/{name}/versions': get('Versions of a job', 'MarquezJobVersions', [
    ns,
    name,
    ...page,
  ]),
  '/api/v1/namespaces/{namespace}/jobs/{name}/versions/{version}': get('One version of a job', 'MarquezJobVersion', [
    ns,
    name,
    inPath('version', 'A UUID'),
  ]),
  '/api/v1/jobs': get('All jobs, newest first', 'MarquezJobs', [...page, inQuery('lastRunStates', { type: 'string' })]),
  '/api/v1/jobs/runs/{id}': get('One run', 'MarquezRun', [inPath('id', "The run's UUID")]),
  '/api/v1/jobs/runs/{id}/facets': get('Facets of a run, or of its job', 'MarquezRunFacets', [
    inPath('id', "The run's UUID"),
    { ...inQuery('type', { enum: ['run', 'job'] }), required: true },
  ]),
  '/api/v1/runlineage/upstream': get('The runs that a run comes from', 'MarquezUpstreamRuns', [
    { ...inQuery('runId', { type: 'string' }), required: true },
    inQuery('depth', { type: 'integer', default: 20 }),
  ]),
  '/api/v1/search': get('Datasets and jobs by a part of their name', 'MarquezSearch', [
    { ...inQuery('q', { type: 'string', minLength: 1 }), required: true },
    inQuery('filter', { enum: ['DATASET', 'JOB'] }),
    inQuery('sort', { enum: ['name', 'update_at', 'updated_at'] }),
    inQuery('limit', { ...count, default: 10 }),
    inQuery('namespace', { type: 'string' }),
    inQuery('before', { type: 'string', format: 'date' }),
    inQuery('after', { type: 'string', format: 'date' }),
  ]),
  '/api/v1/events/lineage': get('Run events by event time', 'MarquezEvents', [
    inQuery('before', { type: 'string', format: 'date-time' }),
    inQuery('after', { type: 'string', format: 'date-time' }),
    inQuery('sortDirection', { enum: ['asc', 'desc'], default: 'desc' }),
    ...page,
  ]),
  '/api/v1/tags': get('Tags', 'MarquezTags', page),
  '/api/v1/sources': get('Sources', 'MarquezSources', page),
  '/api/v1/sources/{name}': get('One source', 'MarquezSource', [inPath('name', 'Percent-encoded')]),
  '/api/v1/stats/lineage-events': get('Run events by hour or day', 'MarquezEventCounts', [
    inQuery('period', { enum: ['DAY', 'WEEK'] }),
    inQuery('timezone', { type: 'string' }),
  ]),
  '/api/v1/stats/jobs': get('Jobs by hour or day', 'MarquezCounts', [
    inQuery('period', { enum: ['DAY', 'WEEK'] }),
    inQuery('timezone', { type: 'string' }),
  ]),
  '/api/v1/stats/datasets': get('Datasets by hour or day', 'MarquezCounts', [
    inQuery('period', { enum: ['DAY', 'WEEK'] }),
    inQuery('timezone', { type: 'string' }),
  ]),
  '/api/v1/stats/sources': get('Sources by hour or day', 'MarquezCounts', [
    inQuery('period', { enum: ['DAY', 'WEEK'] }),
    inQuery('timezone', { type: 'string' }),
  ]),
};
