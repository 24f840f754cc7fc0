import type { FastifyInstance } from 'fastify';
import { AWAY_RETRY_AFTER, graphAwayMessage, graphAwayReason } from '../storage/graph-away.ts';
import { columnLineageRoutes } from './column-lineage-routes.ts';
import { datasetRoutes } from './dataset-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { lineageRoutes } from './lineage-routes.ts';
import type { MarquezDeps } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';
import { namespaceRoutes } from './namespace-routes.ts';
import { runLineageRoutes } from './run-lineage-routes.ts';
import { runRoutes } from './run-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { sourceRoutes } from './source-routes.ts';
import { statsRoutes } from './stats-routes.ts';
import { tagRoutes } from './tag-routes.ts';

const PREFIX = '/api/v1';
/** Names of datasets are paths and queries: real ones are longer than the 100 characters that Fastify takes by itself. */
const NEEDED_PARAM_LENGTH = 4_096;

/**
 * The reads of Marquez 0.51.1 under `/api/v1`, in its shapes and with its walk, for the clients that speak to it:
 * hooks of the given Fastify (keys, `Headwater-After`, compression) apply to them. The errors are Marquez's too, but
 * for these routes alone; unknown paths and wrong methods are the hub's to answer, which knows all its routes.
 */
export async function registerMarquez(fastify: FastifyInstance, deps: MarquezDeps): Promise<void> {
  refuseShortParams(fastify);
  await fastify.register(
    async (scope) => {
      scope.setErrorHandler((error, request, reply) => {
        const known = knownError(error);
        if (known !== null) return reply.code(known.status).send(known.body);
        const away = graphAwayReason(error);
        if (away !== null) {
          const { body } = new MarquezError(503, graphAwayMessage(away));
          return reply.code(503).header('retry-after', AWAY_RETRY_AFTER).send(body);
        }
        request.log.error(error);
        const message = `There was an error processing your request. It has been logged (ID ${request.id}).`;
        return reply.code(500).send({ code: 500, message });
      });
      lineageRoutes(scope, deps);
      columnLineageRoutes(scope, deps);
      namespaceRoutes(scope, deps);
      datasetRoutes(scope, deps);
      jobRoutes(scope, deps);
      runRoutes(scope, deps);
      runLineageRoutes(scope, deps);
      searchRoutes(scope, deps);
      eventRoutes(scope, deps);
      tagRoutes(scope, deps);
      sourceRoutes(scope, deps);
      statsRoutes(scope, deps);
    },
    { prefix: PREFIX },
  );
}

function knownError(error: unknown): MarquezError | null {
  if (error instanceof MarquezError) return error;
  // Fastify's own refusals, and those of the hub's hooks: a status below 500 is meant for the caller.
  if (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  ) {
    return new MarquezError(error.statusCode, error.message);
  }
  return null;
}

function refuseShortParams(fastify: FastifyInstance): void {
  const length = fastify.initialConfig.routerOptions?.maxParamLength ?? fastify.initialConfig.maxParamLength ?? 100;
  if (length < NEEDED_PARAM_LENGTH) {
    throw new Error(
      `Fastify's maxParamLength is ${length}: datasets with longer names would be 404. Create it with { routerOptions: { maxParamLength: ${NEEDED_PARAM_LENGTH} } } or more.`,
    );
  }
}
