import type { FastifyRequest } from 'fastify';
import type { Clock, EventLog, GraphReader, GraphStore, MarquezReads, Viewer } from '#lineage';
import { marquezReads } from './marquez-reads.ts';
import { RequestParams } from './request-params.ts';

export interface MarquezDeps {
  readonly store: GraphStore;
  readonly log: EventLog;
  readonly clock: Clock;
  viewerOf(request: FastifyRequest): Viewer;
}

/** What one request reads with: everything it sees is what its viewer may see. */
export interface MarquezContext {
  readonly reader: GraphReader;
  readonly reads: MarquezReads;
  readonly params: RequestParams;
}

export function marquezContext(deps: MarquezDeps, request: FastifyRequest): MarquezContext {
  const reader = deps.store.reader(deps.viewerOf(request));
  return { reader, reads: marquezReads(reader), params: new RequestParams(request) };
}
