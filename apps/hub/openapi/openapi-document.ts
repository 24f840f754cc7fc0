import { GRAPHQL_PATHS } from './graphql-path.ts';
import { MARQUEZ_PATHS } from './marquez-paths.ts';
import { after, errors, json, type PathItem } from './parts.ts';
import { SCHEMAS } from './schemas.ts';

const position = {
  description: 'Where the event is in the log: opaque, to be sent as Headwater-After',
  schema: { type: 'string' },
};

/** The calls that are ours. Kept by hand; tests hold all paths against the routes that exist, and Marquez' shapes against its answers. */
const PATHS: Readonly<Record<string, PathItem>> = {
  '/api/v1/lineage': {
    post: {
      summary: 'Send one OpenLineage event',
      description:
        'Answered when the event is durable. The body may be compressed (`Content-Encoding: gzip`, `deflate` or `br`). An event that is held already changes nothing and is answered with its first position.',
      requestBody: { required: true, content: json('Event') },
      responses: {
        201: {
          description: 'The event is durable',
          headers: {
            'Headwater-Position': position,
            'Headwater-Repeat': { description: '`true`: the event was held already', schema: { const: 'true' } },
          },
        },
        ...errors(400, 401, 403, 413, 415, 422, 429, 503),
      },
    },
  },
  '/api/v1/lineage/batch': {
    post: {
      summary: 'Send an array of OpenLineage events',
      description: 'One bad event costs only itself.',
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Event' } } } },
      },
      responses: {
        200: {
          description: 'Some events were refused; the others are durable',
          headers: { 'Headwater-Position': position },
          content: json('BatchAnswer'),
        },
        204: { description: 'All events are durable', headers: { 'Headwater-Position': position } },
        ...errors(400, 401, 403, 413, 415, 422, 429, 503),
      },
    },
  },
  '/api/v1/export': {
    get: {
      summary: 'The whole graph, one JSON object a line',
      description: 'Equal sets of events give equal bytes.',
      parameters: [
        {
          name: 'with',
          in: 'query',
          schema: { enum: ['mutations', 'rows', 'mutations,rows'] },
          description: 'mutations: also what people said; rows: then what an import needs',
        },
        after,
      ],
      responses: {
        200: { description: 'Sorted lines', content: { 'application/x-ndjson': { schema: { type: 'string' } } } },
        ...errors(400, 401, 403, 409, 504),
      },
    },
  },
  '/api/v1/openapi.json': {
    get: {
      summary: 'This document',
      security: [],
      responses: {
        200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/health/live': {
    get: {
      summary: 'The process answers',
      security: [],
      responses: {
        200: {
          description: 'It does',
          content: {
            'application/json': {
              schema: { type: 'object', properties: { status: { const: 'live' }, version: { type: 'string' } } },
            },
          },
        },
      },
    },
  },
  '/health/ready': {
    get: {
      summary: 'Events are taken and applied',
      security: [],
      responses: {
        200: { description: 'They are', content: json('Health') },
        503: { description: 'Not now; dependencies say why', content: json('Health') },
      },
    },
  },
  '/metrics': {
    get: {
      summary: 'Metrics for Prometheus',
      responses: {
        200: { description: 'Prometheus text', content: { 'text/plain': { schema: { type: 'string' } } } },
        ...errors(401, 403),
      },
    },
  },
  '/': {
    get: {
      summary: 'What runs here, for people',
      security: [],
      responses: { 200: { description: 'A page', content: { 'text/html': { schema: { type: 'string' } } } } },
    },
  },
};

/** OpenAPI 3.1 of everything that the hub answers over HTTP; what GraphQL can be asked, it says itself. */
export function openApiDocument(version: string, basePath: string): object {
  const paths: Record<string, PathItem> = {};
  for (const [path, item] of [
    ...Object.entries(PATHS),
    ...Object.entries(MARQUEZ_PATHS),
    ...Object.entries(GRAPHQL_PATHS),
  ])
    paths[path] = { ...paths[path], ...item };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headwater',
      version,
      description:
        'A lineage hub: OpenLineage in; lineage, health and metrics out. The reads below /api/v1 have the shapes of Marquez. GraphQL is at /graphql.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    security: [{}, { key: [] }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key made by `headwater keys add`; not asked for where the hub has none',
        },
      },
    },
  };
}
