import 'fastify';
import type { Scope, Viewer } from '#lineage';

/** The scope that a route wants; `open`: anybody may ask, key or no key. */
export type RouteScope = Scope | 'open';

/**
 * What a route's body is: `event` and `batch` come as bytes (a Buffer, decompressed) with their own limits, `json`, the
 * default, is parsed and must say `application/json`.
 */
export type RouteBody = 'event' | 'batch' | 'json';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: set before any handler runs. */
    viewer: Viewer;
  }
  interface FastifyContextConfig {
    /** Every route must say one; the hub doesn't start with a route that doesn't. */
    scope?: RouteScope;
    body?: RouteBody;
  }
}
