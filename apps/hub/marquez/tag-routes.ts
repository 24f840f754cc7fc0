import type { FastifyInstance } from 'fastify';
import { tagsOf } from '#lineage';
import { type MarquezDeps, marquezContext } from './marquez-context.ts';

/** `GET /tags`: the keys of all tags in use, by name. Tags that came as facets have no description of their own. */
export function tagRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/tags', async (request) => {
    const { params, reads } = marquezContext(deps, request);
    const { limit, offset } = params.page();
    const carried = await reads.facetsNamed(['tags']);
    const names = new Set([...carried.values()].flatMap((facets) => tagsOf(facets).map((tag) => tag.key)));
    return {
      tags: [...names]
        .sort()
        .slice(offset, offset + limit)
        .map((name) => ({ name, description: null })),
    };
  });
}
