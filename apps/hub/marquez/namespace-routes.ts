import type { FastifyInstance } from 'fastify';
import { jsonTime } from './json-time.ts';
import { type MarquezContext, type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';

interface NamespaceJson {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly ownerName: string;
  readonly description: null;
  readonly isHidden: false;
}

/** `GET /namespaces` and one of them: those of jobs and of datasets in one list. */
export function namespaceRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/namespaces', async (request) => {
    const context = marquezContext(deps, request);
    const { limit, offset } = context.params.page();
    return { namespaces: (await namespaces(context)).slice(offset, offset + limit) };
  });

  scope.get('/namespaces/:namespace', async (request) => {
    const context = marquezContext(deps, request);
    const name = context.params.path('namespace');
    const found = (await namespaces(context)).find((namespace) => namespace.name === name);
    if (found === undefined) throw MarquezError.notFound('Namespace', name);
    return found;
  });
}

/** By name. `default` is always there; without events of its own it is as old as the oldest of the others. */
async function namespaces({ reader }: MarquezContext): Promise<readonly NamespaceJson[]> {
  const known = await reader.namespaces();
  const since = Math.min(...known.map((namespace) => namespace.firstSeen));
  const oldest = Number.isFinite(since) ? since : 0;
  const withDefault = known.some(({ name }) => name === 'default')
    ? known
    : [...known, { name: 'default', firstSeen: oldest, lastSeen: oldest }];
  return [...withDefault]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, firstSeen, lastSeen }) => ({
      name,
      createdAt: jsonTime(firstSeen),
      updatedAt: jsonTime(lastSeen),
      ownerName: 'anonymous',
      description: null,
      isHidden: false,
    }));
}
