import { after, errors, inQuery, json, type PathItem } from './parts.ts';

/** The hub's own guards answer in its shape, whatever GraphQL refuses in GraphQL's. */
const REFUSED = {
  'application/json': {
    schema: { anyOf: [{ $ref: '#/components/schemas/GraphqlAnswer' }, { $ref: '#/components/schemas/Error' }] },
  },
};

const responses = {
  200: { description: 'Data, errors, or both', content: json('GraphqlAnswer') },
  ...Object.fromEntries(
    Object.entries(errors(400, 401, 403, 413, 415, 503, 504)).map(([status, answer]) => [
      status,
      { ...answer, content: REFUSED },
    ]),
  ),
};

export const GRAPHQL_PATHS: Readonly<Record<string, PathItem>> = {
  '/graphql': {
    get: {
      summary: 'A GraphQL query; with an upgrade to WebSocket, subscriptions over graphql-transport-ws',
      description: 'Queries only: what changes something is posted.',
      parameters: [
        { ...inQuery('query', { type: 'string' }), required: true },
        inQuery('variables', { type: 'string' }, 'JSON'),
        inQuery('operationName', { type: 'string' }),
        after,
      ],
      responses: { 101: { description: 'WebSocket, protocol graphql-transport-ws' }, ...responses },
    },
    post: {
      summary: 'A GraphQL query or mutation',
      description:
        'The schema answers introspection. Of a field that failed, `errors` has the path and `extensions.code`; an operation that is wrong, or would cost too much, is refused whole with a status of 400.',
      parameters: [after],
      requestBody: { required: true, content: json('GraphqlRequest') },
      responses,
    },
  },
};
