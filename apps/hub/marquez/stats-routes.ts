import type { FastifyInstance } from 'fastify';
import type { AssetKind } from '#lineage';
import { dataSources } from './data-sources.ts';
import { eventTimeIndex } from './event-time-index.ts';
import { jsonTime } from './json-time.ts';
import { localDays } from './local-days.ts';
import { type MarquezDeps, marquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';
import type { RequestParams } from './request-params.ts';

const HOUR = 3_600_000;

/**
 * `GET /stats/…?period=DAY|WEEK&timezone=`: the last 24 hours, or 7 days of a time zone, the current one included.
 * Events are counted in each interval; jobs, datasets and sources as known by its end.
 */
export function statsRoutes(scope: FastifyInstance, deps: MarquezDeps): void {
  const index = eventTimeIndex(deps.log);

  scope.get('/stats/lineage-events', async (request) => {
    const bounds = intervals(marquezContext(deps, request).params, deps.clock.now());
    const counts = await index.countByType(bounds);
    return spans(bounds).map((span, i) => {
      const of = counts[i];
      return {
        ...span,
        fail: of?.get('FAIL') ?? 0,
        start: of?.get('START') ?? 0,
        complete: of?.get('COMPLETE') ?? 0,
        abort: of?.get('ABORT') ?? 0,
      };
    });
  });

  for (const kind of ['job', 'dataset'] satisfies AssetKind[]) {
    scope.get(`/stats/${kind}s`, async (request) => {
      const { params, reads } = marquezContext(deps, request);
      const bounds = intervals(params, deps.clock.now());
      const known = await reads.firstSeenBefore(kind, bounds.slice(1));
      return spans(bounds).map((span, i) => ({ ...span, count: known[i] ?? 0 }));
    });
  }

  scope.get('/stats/sources', async (request) => {
    const context = marquezContext(deps, request);
    const bounds = intervals(context.params, deps.clock.now());
    const sources = await dataSources(context);
    return spans(bounds).map((span, i) => {
      const end = bounds[i + 1] ?? Number.POSITIVE_INFINITY;
      return { ...span, count: sources.filter((source) => source.firstSeen < end).length };
    });
  });
}

function intervals(params: RequestParams, now: number): readonly number[] {
  const period = params.choice('period', ['DAY', 'WEEK']);
  if (period === null) throw MarquezError.invalid('query param period must be DAY or WEEK');
  if (period === 'DAY') {
    const hour = Math.floor(now / HOUR) * HOUR;
    return Array.from({ length: 25 }, (_, i) => hour + (i - 23) * HOUR);
  }
  const timezone = params.required('timezone');
  const days = localDays(now, timezone, 7);
  if (days === null)
    throw MarquezError.invalid(`query param timezone must be a time zone of the IANA list, not '${timezone}'`);
  return days;
}

function spans(bounds: readonly number[]): readonly { readonly startInterval: string; readonly endInterval: string }[] {
  return bounds.slice(1).map((end, i) => ({ startInterval: jsonTime(bounds[i] ?? end), endInterval: jsonTime(end) }));
}
