import type { Change, Counts, Refusal } from '#lineage';
import type { Replayed } from '#pipeline';
import { changeStream } from '../change-stream.ts';
import { ids, type Optional, pageSize, sequence } from '../check-arguments.ts';
import type { Connection } from '../connection.ts';
import type { HubFacts } from '../graphql-deps.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';
import { type GoneNode, nodeById, nodeOrGone } from './node.ts';

interface ChangeFilter {
  readonly kinds?: Optional<readonly string[]>;
  readonly subjects?: Optional<readonly string[]>;
  readonly since?: Optional<number>;
  readonly breaking?: Optional<boolean>;
}

interface ChangeArgs {
  readonly filter?: Optional<ChangeFilter>;
  readonly first?: Optional<number>;
  readonly after?: Optional<string>;
}

type Feed = Omit<Connection<Change>, 'totalCount'>;

async function changes({ filter, first, after }: ChangeArgs, session: Session): Promise<Feed> {
  const from = sequence(after);
  const page = await session.reads.reader.changes({
    kinds: filter?.kinds ?? null,
    subjects: await subjectsOf(filter, session),
    since: filter?.since ?? null,
    breaking: filter?.breaking ?? null,
    first: pageSize(first, 50, session.limits),
    after: from,
  });
  const last = page.items.at(-1);
  // The place of the last one shown, at the end of the feed too: who polls goes on from it.
  const endCursor = last === undefined ? from : String(last.sequence);
  return { nodes: page.items, pageInfo: { hasNextPage: page.next !== null, endCursor } };
}

/** Changes name their subjects by canonical ids; those asked for may be aliases, or of nodes that are no more. */
async function subjectsOf(
  filter: Optional<ChangeFilter>,
  { reads, limits }: Session,
): Promise<readonly string[] | null> {
  const given = filter?.subjects;
  if (given === null || given === undefined) return null;
  const asked = ids('filter.subjects', given, limits);
  const resolved = await reads.reader.resolve(asked);
  return [...new Set([...asked, ...resolved.filter((id) => id !== null)])];
}

async function newChanges(filter: Optional<ChangeFilter>, session: Session): Promise<AsyncIterator<Change>> {
  session.require('read');
  const kinds = filter?.kinds ?? null;
  const subjects = await subjectsOf(filter, session);
  const since = filter?.since ?? null;
  const breaking = filter?.breaking ?? null;
  return changeStream(
    session,
    (change) =>
      (kinds === null || kinds.includes(change.kind)) &&
      (subjects === null || subjects.includes(change.subject)) &&
      (since === null || change.at >= since) &&
      (breaking === null || change.breaking === breaking),
    (change) => change,
  );
}

interface RefusalNode extends Refusal {
  readonly replay: {
    readonly accepted: boolean;
    readonly position: string | null;
    readonly reason: string | null;
  } | null;
}

interface Paged {
  readonly first?: Optional<number>;
  readonly after?: Optional<string>;
}

async function refusals({ first, after }: Paged, { deps, limits }: Session): Promise<Connection<RefusalNode>> {
  const size = pageSize(first, 50, limits);
  // One more than asked for tells whether there is a next page.
  const found = await deps.log.refusals({ first: size + 1, after: after ?? null });
  const nodes = found.slice(0, size).map((refusal) => ({ ...refusal, replay: null }));
  return {
    nodes,
    pageInfo: { hasNextPage: found.length > size, endCursor: nodes.at(-1)?.id ?? null },
    totalCount: nodes.length,
  };
}

/** As they were before the replay, each with what became of it; ids of which there is no refusal are left out. */
async function replayRefusals(given: readonly string[], session: Session): Promise<readonly RefusalNode[]> {
  session.require('operate');
  const asked = ids('ids', given, session.limits);
  const before = await session.deps.log.refusal(asked);
  const replayed = await session.deps.replayRefusals(asked, session.viewer);
  const outcomes = new Map(replayed.map(({ id, outcome }) => [id, outcome]));
  return before.map((refusal) => ({ ...refusal, replay: replayOf(outcomes.get(refusal.id)) }));
}

function replayOf(outcome: Replayed['outcome'] | undefined): RefusalNode['replay'] {
  switch (outcome?.kind) {
    case 'accepted':
      return { accepted: true, position: String(outcome.position), reason: null };
    case 'refused':
      return { accepted: false, position: null, reason: outcome.message };
    case 'busy':
      return {
        accepted: false,
        position: null,
        reason: `the hub is busy: try again in ${outcome.retryAfterSeconds} s`,
      };
    case 'unavailable':
    case 'forbidden':
      return { accepted: false, position: null, reason: outcome.reason };
    case 'held': {
      const reason =
        'it was accepted before and could not be applied: `headwater replay` takes it in with a version that can';
      return { accepted: false, position: String(outcome.position), reason };
    }
    case 'gone':
    case undefined:
      return { accepted: false, position: null, reason: 'only an excerpt of it was kept: send the event itself again' };
  }
}

type HubStatus = HubFacts & Counts & { readonly version: string; readonly applied: string };

async function status({ deps, reads }: Session): Promise<HubStatus> {
  const [facts, counts, applied] = await Promise.all([deps.status(), reads.reader.counts(), reads.reader.applied()]);
  return { ...facts, ...counts, version: deps.version, applied: String(applied) };
}

export const hubQuery: ObjectFields = objectFields<object>([], {
  node: (_query, { id }: { id: string }, { session }) => nodeById(id, session.reads),
  changes: (_query, args: ChangeArgs, { session }) => changes(args, session),
  refusals: (_query, args: Paged, { session }) => refusals(args, session),
  status: (_query, _args, { session }) => status(session),
});

export const hubMutation: ObjectFields = objectFields<object>([], {
  replayRefusals: (_mutation, args: { ids: readonly string[] }, { session }) => replayRefusals(args.ids, session),
});

export const hubSubscription: ObjectFields = {
  plain: [],
  resolve: { changes: (change: Change) => change },
  subscribe: {
    changes: (_root: unknown, { filter }: { filter?: Optional<ChangeFilter> }, { session }: GraphqlContext) =>
      newChanges(filter, session),
  },
};

export const changeTypes: Readonly<Record<string, ObjectFields>> = {
  Change: objectFields<Change>(['kind', 'at', 'seen', 'text', 'breaking', 'corrected', 'before', 'after'], {
    id: (change) => String(change.sequence),
    subject: ({ subject }, _args, { session }) => nodeOrGone(subject, session.reads),
  }),
  ChangeConnection: objectFields<Feed>(['nodes', 'pageInfo']),
  GoneNode: objectFields<GoneNode>(['id']),
  Refusal: objectFields<RefusalNode>(['id', 'at', 'reason', 'where', 'status', 'bytes', 'replay'], {
    replayable: ({ body }) => body !== null,
    excerpt: ({ excerpt, body }) => excerpt ?? body?.slice(0, 256) ?? null,
  }),
  Replay: objectFields<NonNullable<RefusalNode['replay']>>(['accepted', 'position', 'reason']),
  RefusalConnection: objectFields<Connection<RefusalNode>>(['nodes', 'pageInfo']),
  HubStatus: objectFields<HubStatus>([
    'version',
    'role',
    'store',
    'queue',
    'durability',
    'applied',
    'backlog',
    'datasets',
    'jobs',
    'fields',
    'edges',
  ]),
};
