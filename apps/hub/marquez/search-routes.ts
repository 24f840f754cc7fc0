import type { FastifyInstance } from 'fastify';
import { parseInstant } from '#lineage';
import { jsonTime } from './json-time.ts';
import { type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';

/** `GET /search`: names only, a part of them, in any case. */
export function searchRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/search', async (request) => {
    const { params, reads } = marquezContext(deps, request);
    const text = params.text('q');
    if (text === null || text.trim() === '') throw MarquezError.invalid('query param q must not be blank');
    const filter = params.choice('filter', ['DATASET', 'JOB']);
    const sort = params.choice('sort', ['name', 'update_at', 'updated_at']) ?? 'name';
    const found = await reads.findByName({
      text,
      kind: filter === null ? null : filter === 'JOB' ? 'job' : 'dataset',
      namespace: params.text('namespace'),
      seenSince: dayOf(params.text('after')),
      seenBefore: dayOf(params.text('before')),
      order: sort === 'name' ? 'name' : 'lastSeen',
      limit: params.count('limit', 10),
    });
    return {
      totalCount: found.total,
      results: found.items.map((asset) => ({
        type: asset.kind === 'job' ? 'JOB' : 'DATASET',
        name: asset.name,
        updatedAt: jsonTime(asset.lastSeen),
        namespace: asset.namespace,
        nodeId: asset.id,
      })),
    };
  });
}

function dayOf(text: string | null): number | null {
  if (text === null) return null;
  const time = parseInstant(text);
  if (time === null) throw new MarquezError(400, `Parameter is invalid: ${text}`);
  return time;
}
