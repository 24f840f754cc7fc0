import type { FastifyInstance } from 'fastify';
import { parseInstant } from '#lineage';
import { eventTimeIndex } from './event-time-index.ts';
import { type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';

/** `GET /events/lineage`: RunEvents by event time, as they were sent, less secrets. */
export function eventRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  const index = eventTimeIndex(deps.log);

  scope.get('/events/lineage', async (request) => {
    const { params } = marquezContext(deps, request);
    const { events, total } = await index.byTime({
      before: instant(params.text('before')),
      after: instant(params.text('after')),
      descending: params.choice('sortDirection', ['desc', 'asc']) !== 'asc',
      ...params.page(),
    });
    return { totalCount: total, events: events.map((event): unknown => JSON.parse(event.body)) };
  });
}

function instant(text: string | null): number | null {
  if (text === null) return null;
  // A client that doesn't encode the + of an offset sends a space.
  const time = parseInstant(text.replace(/ (\d\d:\d\d)$/, '+$1'));
  if (time === null) throw new MarquezError(400, `Parameter is invalid: ${text}`);
  return time;
}
