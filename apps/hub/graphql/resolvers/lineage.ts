import type { GraphQLResolveInfo } from 'graphql/index.js';
import {
  type Asset,
  type ColumnLineage,
  type Cut,
  type Edge,
  type Interval,
  type Lineage,
  type LineageQuery,
  type Merge,
  type Transformation,
} from '#lineage';
import { asksFor } from '../asks-for.ts';
import { ids, lineageDepth, lineageLimit, type Optional, pageSize, period } from '../check-arguments.ts';
import { type JoinedColumnEdge, joinColumnEdges, strongest } from '../column-edges.ts';
import type { GraphReads } from '../graph-reads.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';
import { evidenceOf, evidenceTypes } from './evidence.ts';
import type { FieldNode } from './field-node.ts';
import { seenByDataset } from './seen-by-dataset.ts';

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

/** Fields that edges are read in detail for. `dataset`: of one that is no node, the edges alone tell when it was seen. */
const DETAILED: ReadonlySet<string> = new Set(['intervals', 'evidence', 'confidence', 'dataset']);

function queryOf(args: LineageArgs, limit: number, { limits }: Session, info: GraphQLResolveInfo): LineageQuery {
  return {
    details: asksFor(DETAILED, info),
    of: ids('of', args.of, limits),
    direction: args.direction ?? 'BOTH',
    depth: lineageDepth(args.depth, 5, limits),
    limit: lineageLimit(args.limit, limit, limits),
    asOf: args.asOf ?? null,
  };
}

async function lineage(args: LineageArgs, session: Session, info: GraphQLResolveInfo): Promise<LineageNode> {
  const query = queryOf(args, 500, session, info);
  return { ...(await session.reads.reader.lineage(query)), query };
}

async function columnLineage(
  args: LineageArgs,
  session: Session,
  info: GraphQLResolveInfo,
): Promise<ColumnLineageNode> {
  const query = queryOf(args, 2000, session, info);
  const { fields, edges, cut } = await session.reads.reader.columnLineage(query);
  const seen = seenByDataset({ fields, edges });
  return {
    fields: fields.map((field) => ({ kind: 'field', ...field, member: null, seen: seen.get(field.dataset) ?? null })),
    edges: joinColumnEdges(edges),
    cut,
    query,
  };
}

async function lineageDiff(args: DiffArgs, session: Session, info: GraphQLResolveInfo): Promise<LineageDiff> {
  period(args.from, args.to);
  const query = queryOf(args, session.limits.lineage, session, info);
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

/** What people said of the datasets at its ends: it may have been seen under one name and be shown under another. */
async function mergesOf({ from, to }: { from: string; to: string }, reads: GraphReads): Promise<readonly Merge[]> {
  const ends = [from, to].filter((id) => !id.startsWith('job:'));
  return (await Promise.all(ends.map((id) => reads.merges(id)))).flat();
}

/** The job whose SQL may show an edge. */
function jobOf({ kind, from, to }: Edge): string | null {
  if (kind === 'READS' || kind === 'MAY_READ') return to;
  return kind === 'WRITES' || kind === 'MAY_WRITE' ? from : null;
}

export const lineageQuery: ObjectFields = objectFields<object>([], {
  lineage: (_query, args: LineageArgs, { session }, info) => lineage(args, session, info),
  columnLineage: (_query, args: LineageArgs, { session }, info) => columnLineage(args, session, info),
  lineageDiff: (_query, args: DiffArgs, { session }, info) => lineageDiff(args, session, info),
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
    merges: (one, _args, { session }) => mergesOf(one, session.reads),
  }),
  ColumnEdge: objectFields<JoinedColumnEdge>(['id', 'from', 'to', 'job', 'transformations', 'current', 'intervals'], {
    confidence: ({ evidence }) => strongest(evidence),
    evidence: ({ evidence, job }) => evidenceOf(evidence, job),
    merges: (one, _args, { session }) => mergesOf(one, session.reads),
  }),
  Transformation: objectFields<Transformation>(['type', 'subtype', 'description', 'masking']),
  Interval: objectFields<Interval>(['from', 'to']),
  Cut: objectFields<Cut>(['at', 'why', 'hidden']),
  Cycle: objectFields<{ nodes: readonly string[]; continuous: boolean }>(['continuous'], {
    nodes: ({ nodes }, _args, { session }) => session.reads.assets(nodes),
  }),
  ...evidenceTypes,
};
