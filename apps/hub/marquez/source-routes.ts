import type { FastifyInstance } from 'fastify';
import { type DataSource, dataSources } from './data-sources.ts';
import { jsonTime } from './json-time.ts';
import { type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';

/** `GET /sources` and one of them. */
export function sourceRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  scope.get('/sources', async (request) => {
    const context = marquezContext(deps, request);
    const { limit, offset } = context.params.page();
    return { sources: (await dataSources(context)).slice(offset, offset + limit).map(sourceJson) };
  });

  scope.get('/sources/:name', async (request) => {
    const context = marquezContext(deps, request);
    const name = context.params.path('name');
    const source = (await dataSources(context)).find((each) => each.name === name);
    if (source === undefined) throw MarquezError.notFound('Source', name);
    return sourceJson(source);
  });
}

function sourceJson({ name, connectionUrl, firstSeen, lastSeen }: DataSource): unknown {
  return {
    type: typeOf(connectionUrl),
    name,
    createdAt: jsonTime(firstSeen),
    updatedAt: jsonTime(lastSeen),
    connectionUrl,
    description: null,
  };
}

/** `jdbc:postgresql://db:5432/shop` is a POSTGRESQL; without an address Marquez says UNKNOWN. */
function typeOf(connectionUrl: string): string {
  const scheme = /^(?:jdbc:)?([a-z][a-z0-9+.-]*):/i.exec(connectionUrl)?.[1];
  return scheme === undefined ? 'UNKNOWN' : scheme.toUpperCase();
}
