import type { FastifyInstance, FastifyRequest } from 'fastify';
import mercurius, { type MercuriusOptions } from 'mercurius';
import { checkBody, checkContentType } from './check-request.ts';
import { type Failed, formatErrors } from './format-errors.ts';
import type { GraphqlDeps } from './graphql-deps.ts';
import { DEFAULT_GRAPHQL_LIMITS } from './graphql-limits.ts';
import { guardOperations } from './guard-operations.ts';
import { loadSchema } from './load-schema.ts';
import { makeSchema } from './make-schema.ts';
import { declarations } from './resolvers/declarations.ts';
import { Session } from './session.ts';

/**
 * Serves the schema at `/graphql`: POST with JSON, GET for queries, subscriptions over `graphql-transport-ws`. In a scope
 * of its own, so that its error format doesn't reach the other routes. Bodies are parsed as the instance parses JSON.
 */
export async function registerGraphql(fastify: FastifyInstance, deps: GraphqlDeps): Promise<void> {
  const limits = { ...DEFAULT_GRAPHQL_LIMITS, ...deps.limits };
  const schema = makeSchema(loadSchema(), declarations);
  await fastify.register(async (scope) => {
    const options: MercuriusOptions = {
      schema,
      path: deps.path ?? '/graphql',
      jit: 1,
      graphiql: false,
      queryDepth: limits.depth,
      graphql: { parseOptions: { maxTokens: limits.tokens }, validateOptions: { maxErrors: 20 } },
      context: (request) => ({ session: new Session(deps, request, true) }),
      subscription: {
        context: (_socket, request) => ({ session: new Session(deps, request, false) }),
        // A proxy closes what is silent, and a stream may be silent for days.
        keepAlive: 30_000,
      },
      errorFormatter: (failed, { app }) => {
        const { statusCode, response } = formatErrors(failed as Failed, app.log);
        return { statusCode, response: { ...response } };
      },
      additionalRouteOptions: {
        bodyLimit: limits.bodyBytes,
        // The engine's own schema turns the numbers of an error's path into text.
        schema: {},
        preParsing: async (request, _reply, payload) => {
          checkContentType(request);
          return payload;
        },
        preHandler: async (request) => {
          if (!isWebSocket(request)) checkBody(request);
        },
      },
    };
    await scope.register(mercurius, options);
    guardOperations(scope, limits);
  });
}

/** As @fastify/websocket marks it: a header alone may be anyone's claim. */
const isWebSocket = (request: FastifyRequest): boolean => 'ws' in request && request.ws === true;
