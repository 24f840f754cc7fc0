import { registerGraphql } from './graphql/register-graphql.ts';
import { HttpError } from './http/http-error.ts';
import type { RoutePlugin } from './http/http-server.ts';
import { ANONYMOUS } from './keys/access.ts';
import { registerMarquez } from './marquez/register-marquez.ts';

/** What answers besides the hub's own controllers: each gets the same guards and the same base path. */
export const ROUTE_PLUGINS: readonly RoutePlugin[] = [marquezReads, graphql];

/** The reads that clients of Marquez know. */
async function marquezReads(...[fastify, { store, log, clock }]: Parameters<RoutePlugin>): Promise<void> {
  await registerMarquez(fastify, { store, log, clock, viewerOf: (request) => request.viewer });
}

async function graphql(...[fastify, parts]: Parameters<RoutePlugin>): Promise<void> {
  const { store, log, clock, version, pipeline, rules, settings, keeping, access } = parts;
  await registerGraphql(fastify, {
    store,
    log,
    clock,
    version,
    viewerOf(request) {
      if (request.viewer !== ANONYMOUS) return request.viewer;
      // A WebSocket that was let in without a key: it came in the first message, in whatever spelling, or it didn't.
      const late = request.headers.authorization ?? request.headers.Authorization;
      const who = access.authenticate(Array.isArray(late) ? late[0] : late);
      if (who.kind === 'denied') throw new HttpError(401, who.message);
      return who.viewer;
    },
    status: () => ({ role: settings.role, ...keeping, backlog: pipeline.status().backlog }),
    onChanges: (listener) => pipeline.onChanges(listener),
    rules,
    merge: (request) => pipeline.merge(request),
    split: (request) => pipeline.split(request),
    remark: (request) => pipeline.remark(request),
    removeRemark: (request) => pipeline.removeRemark(request),
    replayRefusals: (ids, viewer) => pipeline.replayRefusals(ids, viewer),
  });
}
