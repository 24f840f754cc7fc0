import type { FastifyInstance } from 'fastify';
import './route-config.ts';

export interface KnownRoute {
  readonly method: string;
  /** As registered: `/api/v1/jobs/:name`. */
  readonly url: string;
  readonly scope: string | undefined;
}

/** Every route that is registered after this call, in order. */
export function collectRoutes(fastify: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = [];
  fastify.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      routes.push({
        method,
        url: route.url,
        // Read later: hooks of inner contexts, which run after this one, may still set it.
        get scope() {
          return route.config?.scope;
        },
      });
    }
  });
  return routes;
}

/** The methods that some route answers at this path: a wrong method is told from a wrong path by it. */
export function methodsAt(routes: readonly KnownRoute[], path: string): readonly string[] {
  const methods = new Set<string>();
  for (const { method, url } of routes) if (patternOf(url).test(path)) methods.add(method);
  return [...methods].sort();
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) =>
      segment === '*' ? '.*' : segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  return new RegExp(`^${source}/?$`);
}
