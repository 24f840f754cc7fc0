import { MARQUEZ_SCHEMAS } from './marquez-schemas.ts';

/** Shapes that several paths share, as JSON Schema 2020-12. */
export const SCHEMAS = {
  Error: {
    type: 'object',
    required: ['code', 'message'],
    properties: {
      code: { type: 'integer', description: 'The HTTP status' },
      message: { type: 'string', description: 'What is wrong, where, and what to do' },
      errors: {
        type: 'array',
        items: { type: 'string' },
        description: 'One line per fault: `inputs[0].name must not be null`',
      },
    },
  },
  Event: {
    type: 'object',
    description: 'An OpenLineage RunEvent, JobEvent or DatasetEvent.',
    externalDocs: { url: 'https://openlineage.io/spec/2-0-2/OpenLineage.json' },
  },
  BatchAnswer: {
    type: 'object',
    required: ['status', 'summary', 'failed_events'],
    properties: {
      status: { const: 'partial_success' },
      summary: {
        type: 'object',
        required: ['received', 'successful', 'failed', 'retriable', 'non_retriable'],
        properties: {
          received: { type: 'integer' },
          successful: { type: 'integer' },
          failed: { type: 'integer' },
          retriable: { type: 'integer' },
          non_retriable: { type: 'integer' },
        },
      },
      failed_events: {
        type: 'array',
        items: {
          type: 'object',
          required: ['index', 'reason', 'retriable'],
          properties: { index: { type: 'integer' }, reason: { type: 'string' }, retriable: { type: 'boolean' } },
        },
      },
    },
  },
  Health: {
    type: 'object',
    required: ['status', 'role', 'version', 'store', 'queue', 'durability', 'backlog', 'dependencies'],
    properties: {
      status: { enum: ['ready', 'not ready'] },
      role: { enum: ['all', 'api', 'worker'] },
      version: { type: 'string' },
      store: { type: 'string' },
      queue: { type: 'string' },
      durability: { type: 'string' },
      head: { type: 'integer', description: 'The last durable position' },
      applied: { type: 'integer', description: 'Everything up to here is in the graph' },
      backlog: { type: 'integer', description: 'Durable events that are not in the graph yet' },
      dependencies: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          required: ['state', 'reason'],
          properties: { state: { enum: ['up', 'down'] }, reason: { type: ['string', 'null'] } },
        },
      },
    },
  },
  ...MARQUEZ_SCHEMAS,
  GraphqlRequest: {
    type: 'object',
    required: ['query'],
    properties: {
      query: { type: 'string', examples: ['{ status { version applied } }'] },
      variables: { type: ['object', 'null'] },
      operationName: { type: ['string', 'null'] },
    },
  },
  GraphqlAnswer: {
    type: 'object',
    properties: {
      data: { type: ['object', 'null'] },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['message', 'extensions'],
          properties: {
            message: { type: 'string' },
            locations: { type: 'array', items: { type: 'object' } },
            path: { type: 'array', items: { type: ['string', 'integer'] } },
            extensions: { type: 'object', required: ['code'], properties: { code: { type: 'string' } } },
          },
        },
      },
    },
  },
} as const;
