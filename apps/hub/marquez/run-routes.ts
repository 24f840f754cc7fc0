import type { FastifyInstance } from 'fastify';
import type { Run } from '#lineage';
import { facetMap } from './facet-map.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';
import { runsJson } from './run-json.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `GET /jobs/runs/{id}` and its facets. */
export function runRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/jobs/runs/:id', async (request) => {
    const context = marquezContext(deps, request);
    const [run] = await runsJson(context, [await findRun(context, context.params.path('id'))]);
    return run;
  });

  scope.get('/jobs/runs/:id/facets', async (request) => {
    const context = marquezContext(deps, request);
    context.params.required('type');
    const type = context.params.choice('type', ['run', 'job']);
    const run = await findRun(context, context.params.path('id'));
    const facets =
      type === 'job'
        ? (await context.reader.facets([run.job], null)).get(run.job)
        : (await context.reader.runFacets([run.id], null)).get(run.id);
    return { runId: run.runId, facets: facetMap(facets, type === 'job' ? 'job' : 'run') };
  });
}

/** A client may have sent a run id that is no UUID: it is found as it was sent. */
export async function findRun({ reader }: MarquezContext, id: string): Promise<Run> {
  const [found = null] = await reader.runsById([id]);
  if (found !== null) return found.run;
  throw UUID.test(id) ? MarquezError.notFound('Run', id) : MarquezError.noSuchResource();
}
