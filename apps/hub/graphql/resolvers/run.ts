import { type Run, runNodeId, tagsOf } from '#lineage';
import { type Optional, pageSize } from '../check-arguments.ts';
import type { GraphReads } from '../graph-reads.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import { type EventNode, eventNode } from './event.ts';
import { toldTags } from './tags.ts';

/** Runs name their parents by job and run id; a parent that never spoke is no run. */
const relative = async (ref: Run['parent'], reads: GraphReads): Promise<Run | null> =>
  ref === null ? null : ((await reads.run(runNodeId(ref.runId)))?.run ?? null);

async function otherJobs(run: Run, reads: GraphReads) {
  const found = await reads.run(run.id);
  const all = found === null ? [] : [found.run.job, ...found.otherJobs];
  return reads.assets(
    all.filter((job) => job !== run.job),
    'job',
  );
}

async function events(run: Run, first: number, reads: GraphReads): Promise<readonly EventNode[]> {
  const hashes = await oneMore(run, first, reads);
  const logged = await Promise.all(hashes.slice(0, first).map((hash) => reads.event(hash)));
  // Of an event that retention took nothing is left to show: not even its time, which the schema promises.
  return logged.flatMap((event) => (event === null ? [] : [eventNode(event)]));
}

/** Asked for together, events and whether there are more are one call of the store. */
const oneMore = (run: Run, first: number, reads: GraphReads): Promise<readonly string[]> =>
  reads.runEvents(run.id, first + 1);

export const runTypes: Readonly<Record<string, ObjectFields>> = {
  Run: objectFields<Run>(['id', 'state', 'nominalStart', 'nominalEnd', 'startedAt', 'endedAt', 'lastSeen', 'error'], {
    job: (run, _args, { session }) => session.reads.asset(run.job),
    otherJobs: (run, _args, { session }) => otherJobs(run, session.reads),
    duration: ({ startedAt, endedAt }) => (endedAt === null ? null : endedAt - startedAt),
    parent: ({ parent }, _args, { session }) => relative(parent, session.reads),
    root: ({ root }, _args, { session }) => relative(root, session.reads),
    reads: (run, _args, { session }) => session.reads.assets(run.reads, 'dataset'),
    writes: (run, _args, { session }) => session.reads.assets(run.writes, 'dataset'),
    tags: async ({ id }, _args, { session }) => toldTags(tagsOf(await session.reads.runFacets(id, ['tags']))),
    facets: (run: Run, { names }: { names?: Optional<readonly string[]> }, { session }: GraphqlContext) =>
      session.reads.runFacets(run.id, names ?? null),
    events: (run: Run, { first }: { first?: Optional<number> }, { session }: GraphqlContext) =>
      events(run, pageSize(first, 20, session.limits), session.reads),
    eventsCut: async (run: Run, { first }: { first?: Optional<number> }, { session }: GraphqlContext) => {
      const size = pageSize(first, 20, session.limits);
      return (await oneMore(run, size, session.reads)).length > size;
    },
  }),
  Event: objectFields<EventNode>(['id', 'type', 'eventTime', 'producer', 'schemaURL', 'raw']),
};
