import {
  type Asset,
  type ColumnLineage,
  type Cut,
  type Edge,
  type Interval,
  type Lineage,
  type LineageQuery,
  type Transformation,
} from '#lineage';
import { ids, lineageDepth, lineageLimit, type Optional, pageSize, period } from '../check-arguments.ts';
import { type JoinedColumnEdge, joinColumnEdges, strongest } from '../column-edges.ts';
import type { GraphReads } from '../graph-reads.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';
import { evidenceOf, evidenceTypes } from './evidence.ts';
import type { FieldNode } from './field.ts';

interface LineageArgs {
  readonly of: readonly string[];
  readonly direction?: Optional<LineageQuery['direction']>;
  readonly depth?: Optional<number>;
  readonly limit?: Optional<number>;
  readonly asOf?: Optional<number>;
}

interface DiffArgs extends LineageArgs {
  readonly from: number;
  readonly to: number;
}

/** What was asked goes along: `asOf` and the ids that nothing is known by are told from it. */
interface Answered {
  readonly query: LineageQuery;
}

type LineageNode = Lineage & Answered;
type ColumnLineageNode = Pick<ColumnLineage, 'cut'> &
  Answered & { readonly fields: readonly FieldNode[]; readonly edges: readonly JoinedColumnEdge[] };

interface LineageDiff {
  readonly added: readonly Edge[];
  readonly removed: readonly Edge[];
  readonly nodesAdded: readonly Asset[];
  readonly nodesRemoved: readonly Asset[];
  readonly cut: readonly Cut[];
}

function queryOf(args: LineageArgs, limit: number, { limits }: Session): LineageQuery {
  return {
    of: ids('of', args.of, limits),
    direction: args.direction ?? 'BOTH',
    depth: lineageDepth(args.depth, 5, limits),
    limit: lineageLimit(args.limit, limit, limits),
    asOf: args.asOf ?? null,
  };
}

async function lineage(args: LineageArgs, session: Session): Promise<LineageNode> {
  const query = queryOf(args, 500, session);
  return { ...(await session.reads.reader.lineage(query)), query };
}

async function columnLineage(args: LineageArgs, session: Session): Promise<ColumnLineageNode> {
  const query = queryOf(args, 2000, session);
  const { fields, edges, cut } = await session.reads.reader.columnLineage(query);
  const seen = seenByDataset({ fields, edges });
  return {
    fields: fields.map((field) => ({ kind: 'field', ...field, member: null, seen: seen.get(field.dataset) ?? null })),
    edges: joinColumnEdges(edges),
    cut,
    query,
  };
}

/** When the edges say that each dataset was there: of one that is no node nothing else is known. */
function seenByDataset({
  fields,
  edges,
}: Omit<ColumnLineage, 'cut'>): ReadonlyMap<string, { first: number; last: number }> {
  const datasets = new Map(fields.map(({ id, dataset }) => [id, dataset]));
  const seen = new Map<string, { first: number; last: number }>();
  for (const { from, to, evidence } of edges) {
    for (const end of [from, to]) {
      const dataset = datasets.get(end) ?? end;
      for (const { firstSeen, lastSeen } of evidence) {
        const { first, last } = seen.get(dataset) ?? { first: firstSeen, last: lastSeen };
        seen.set(dataset, { first: Math.min(first, firstSeen), last: Math.max(last, lastSeen) });
      }
    }
  }
  return seen;
}

async function lineageDiff(args: DiffArgs, session: Session): Promise<LineageDiff> {
  period(args.from, args.to);
  const query = queryOf(args, session.limits.lineage, session);
  const [before, after] = await Promise.all([
    session.reads.reader.lineage({ ...query, asOf: args.from }),
    session.reads.reader.lineage({ ...query, asOf: args.to }),
  ]);
  return {
    added: without(after.edges, before.edges),
    removed: without(before.edges, after.edges),
    nodesAdded: without(after.nodes, before.nodes),
    nodesRemoved: without(before.nodes, after.nodes),
    cut: [...before.cut, ...without(after.cut.map(withId), before.cut.map(withId))],
  };
}

function without<T extends { readonly id: string }>(
  these: readonly T[],
  those: readonly { readonly id: string }[],
): readonly T[] {
  const known = new Set(those.map(({ id }) => id));
  return these.filter(({ id }) => !known.has(id));
}

const withId = (cut: Cut): Cut & { readonly id: string } => ({ ...cut, id: `${cut.why} ${cut.at}` });

/** Column edges are shown joined, so one asked for by its id is looked up among its neighbours. */
async function edge(id: string, { reader }: GraphReads): Promise<Edge | JoinedColumnEdge | null> {
  const found = await reader.edge(id);
  if (found === null || 'kind' in found) return found;
  const around = await reader.columnLineage({
    of: [found.from],
    direction: 'DOWNSTREAM',
    depth: 1,
    limit: 5000,
    asOf: null,
  });
  const { from, to, job } = found;
  const siblings = around.edges.filter((one) => one.from === from && one.to === to && one.job === job && one.id !== id);
  const [joined] = joinColumnEdges([found, ...siblings]);
  return joined ?? null;
}

async function unknown({ query }: Answered, reads: GraphReads): Promise<readonly string[]> {
  const resolved = await reads.reader.resolve(query.of);
  return query.of.filter((_, at) => resolved[at] === null);
}

/** The job whose SQL may show an edge. */
function jobOf({ kind, from, to }: Edge): string | null {
  if (kind === 'READS' || kind === 'MAY_READ') return to;
  return kind === 'WRITES' || kind === 'MAY_WRITE' ? from : null;
}

export const lineageQuery: ObjectFields = objectFields<object>([], {
  lineage: (_query, args: LineageArgs, { session }) => lineage(args, session),
  columnLineage: (_query, args: LineageArgs, { session }) => columnLineage(args, session),
  lineageDiff: (_query, args: DiffArgs, { session }) => lineageDiff(args, session),
  cycles: (_query, { first }: { first?: Optional<number> }, { session }) =>
    session.reads.reader.cycles(pageSize(first, 20, session.limits)),
  edge: (_query, { id }: { id: string }, { session }) => edge(id, session.reads),
});

const answered = {
  asOf: ({ query }: Answered) => query.asOf,
  unknown: (answer: Answered, _args: object, { session }: GraphqlContext) => unknown(answer, session.reads),
};

export const edgeTypes: Readonly<Record<string, ObjectFields>> = {
  Lineage: objectFields<LineageNode>(['nodes', 'edges', 'cut'], answered),
  ColumnLineage: objectFields<ColumnLineageNode>(['fields', 'edges', 'cut'], answered),
  LineageDiff: objectFields<LineageDiff>(['added', 'removed', 'nodesAdded', 'nodesRemoved', 'cut']),
  LineageEdge: objectFields<Edge>(['id', 'from', 'to', 'kind', 'current', 'intervals'], {
    confidence: ({ evidence }) => strongest(evidence),
    evidence: (one) => evidenceOf(one.evidence, jobOf(one)),
  }),
  ColumnEdge: objectFields<JoinedColumnEdge>(['id', 'from', 'to', 'job', 'transformations', 'current', 'intervals'], {
    confidence: ({ evidence }) => strongest(evidence),
    evidence: ({ evidence, job }) => evidenceOf(evidence, job),
  }),
  Transformation: objectFields<Transformation>(['type', 'subtype', 'description', 'masking']),
  Interval: objectFields<Interval>(['from', 'to']),
  Cut: objectFields<Cut>(['at', 'why', 'hidden']),
  Cycle: objectFields<{ nodes: readonly string[]; continuous: boolean }>(['continuous'], {
    nodes: ({ nodes }, _args, { session }) => session.reads.assets(nodes),
  }),
  ...evidenceTypes,
};
