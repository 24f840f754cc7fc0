/** What people say of datasets, jobs and fields. */
import type { Cut, RemarkOutcome, RemarkRefusal } from '#lineage';
import { type Reach, type ReachQuery, type RemarkOn, type RemarksOfAsset, reachOf } from '#pipeline';
import { type Optional, pageSize } from '../check-arguments.ts';
import type { GraphReads } from '../graph-reads.ts';
import { badInput, type FailureCode, GraphqlFailure } from '../graphql-failure.ts';
import { kept } from '../kept.ts';
import { type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';
import { type Node, nodeById } from './node.ts';

/** A text that people read beside a dataset, not a document. */
const TEXT_CHARACTERS = 10_000;
const TAG_CHARACTERS = 200;

const CODE: Readonly<Record<RemarkRefusal, FailureCode>> = {
  UNKNOWN: 'NOT_FOUND',
  WRONG_KIND: 'BAD_USER_INPUT',
  NOT_THERE: 'NOT_FOUND',
};

export interface PageArgs {
  readonly first?: Optional<number>;
  readonly after?: Optional<string>;
}

interface AnnotationNode extends RemarkOn {
  /** The id of what it is shown on. */
  readonly shownOn: string;
}

interface AnnotationPage {
  readonly nodes: readonly AnnotationNode[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly cut: readonly Cut[];
}

/** Those of a node, or of one of its fields. */
export async function annotationsOf(
  shownOn: string,
  { asset, field }: { readonly asset: string; readonly field: string | null },
  { first, after }: PageArgs,
  { reads, limits }: Session,
): Promise<AnnotationPage> {
  const size = pageSize(first, 20, limits);
  if (after !== null && after !== undefined && !/^\d{1,15}$/.test(after))
    throw badInput(`after is ${JSON.stringify(after)}, not a place among annotations: use an endCursor`);
  const { items, cut }: RemarksOfAsset = await reads.remarks(asset);
  const found = items.filter(
    ({ remark, field: on }) =>
      remark.kind === 'ANNOTATION' && on === field && (after == null || Number(remark.id) < Number(after)),
  );
  const nodes = found.slice(0, size).map((one) => ({ ...one, shownOn }));
  return {
    nodes,
    pageInfo: { hasNextPage: found.length > size, endCursor: nodes.at(-1)?.remark.id ?? null },
    cut,
  };
}

interface AnnotateArgs {
  readonly subject: string;
  readonly text: string;
  readonly downstream?: Optional<boolean>;
  readonly expiresAt?: Optional<number>;
}

async function annotate(args: AnnotateArgs, session: Session): Promise<AnnotationNode> {
  session.require('annotate');
  const expiresAt = args.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= session.deps.clock.now())
    throw badInput('expiresAt is past: the annotation would never be seen. Give a later time, or none');
  const remark = await done(
    session.deps.remark({
      kind: 'ANNOTATION',
      subject: args.subject,
      text: written('text', args.text, TEXT_CHARACTERS),
      carried: args.downstream ?? false,
      by: session.viewer.name,
      expiresAt,
      key: null,
    }),
  );
  return { remark, field: remark.field, origin: null, shownOn: args.subject };
}

async function removeAnnotation(id: string, session: Session): Promise<boolean> {
  session.require('annotate');
  const outcome = await kept(session.deps.removeRemark({ of: { kind: 'ANNOTATION', id }, by: session.viewer.name }));
  return outcome?.kind === 'done';
}

interface TagArgs {
  readonly subject: string;
  readonly tag: string;
  readonly propagate?: Optional<boolean>;
}

async function tag(args: TagArgs, session: Session): Promise<readonly Node[]> {
  session.require('annotate');
  const { carried } = await done(
    session.deps.remark({
      kind: 'TAG',
      subject: args.subject,
      text: written('tag', args.tag.trim(), TAG_CHARACTERS),
      carried: args.propagate ?? false,
      by: session.viewer.name,
      expiresAt: null,
      key: null,
    }),
  );
  return touched(args.subject, carried, session.reads);
}

async function untag({ subject, tag: text }: TagArgs, session: Session): Promise<readonly Node[]> {
  session.require('annotate');
  const request = { of: { kind: 'TAG', subject, tag: text.trim() }, by: session.viewer.name } as const;
  const { carried } = await done(session.deps.removeRemark(request));
  return touched(subject, carried, session.reads);
}

async function touched(subject: string, carried: boolean, reads: GraphReads): Promise<readonly Node[]> {
  if (!carried) return nodesOf([subject], reads);
  const by = subject.startsWith('datasetField:') ? 'COLUMNS' : 'TABLES';
  const { ids } = await reachOf(reads.reader, { of: subject, direction: 'DOWNSTREAM', by });
  return nodesOf([subject, ...ids], reads);
}

async function nodesOf(ids: readonly string[], reads: GraphReads): Promise<readonly Node[]> {
  const nodes = await Promise.all(ids.map((id) => nodeById(id, reads)));
  return nodes.filter((node) => node !== null);
}

async function done(outcome: Promise<RemarkOutcome | null>) {
  const result = await kept(outcome);
  if (result === null)
    throw new GraphqlFailure('NOT_AVAILABLE', 'this store keeps no annotations and no tags of people');
  if (result.kind === 'refused') throw new GraphqlFailure(CODE[result.why], `${result.reason}. Nothing was changed.`);
  return result.remark;
}

function written(argument: string, text: string, most: number): string {
  if (text.trim() === '') throw badInput(`${argument} is empty: write something, or leave it`);
  if (text.length > most) throw badInput(`${argument} has ${text.length} characters, at most ${most} are kept`);
  if (text.includes('\0')) throw badInput(`${argument} holds NUL, which no text should`);
  return text;
}

async function reach(
  {
    of,
    direction,
    by,
  }: {
    readonly of: string;
    readonly direction?: Optional<ReachQuery['direction']>;
    readonly by?: Optional<ReachQuery['by']>;
  },
  session: Session,
): Promise<Reach> {
  if ((await nodeById(of, session.reads)) === null)
    throw new GraphqlFailure('NOT_FOUND', `nothing is known by the id ${of}`);
  return reachOf(session.reads.reader, { of, direction: direction ?? 'DOWNSTREAM', by: by ?? 'TABLES' });
}

type ReachArgs = Parameters<typeof reach>[0];

export const annotationQuery: ObjectFields = objectFields<object>([], {
  reach: async (_query, args: ReachArgs, { session }) => nodesOf((await reach(args, session)).ids, session.reads),
  reachDetail: (_query, args: ReachArgs, { session }) => reach(args, session),
});

export const annotationMutation: ObjectFields = objectFields<object>([], {
  annotate: (_mutation, args: AnnotateArgs, { session }) => annotate(args, session),
  removeAnnotation: (_mutation, { id }: { id: string }, { session }) => removeAnnotation(id, session),
  tag: (_mutation, args: TagArgs, { session }) => tag(args, session),
  untag: (_mutation, args: TagArgs, { session }) => untag(args, session),
});

export const annotationTypes: Readonly<Record<string, ObjectFields>> = {
  Annotation: objectFields<AnnotationNode>([], {
    id: ({ remark }) => remark.id,
    subject: ({ shownOn }, _args, { session }) => nodeById(shownOn, session.reads),
    text: ({ remark }) => remark.text,
    author: ({ remark }) => remark.by,
    at: ({ remark }) => remark.at,
    expiresAt: ({ remark }) => remark.expiresAt,
    origin: ({ origin }, _args, { session }) => (origin === null ? null : nodeById(origin, session.reads)),
  }),
  AnnotationConnection: objectFields<AnnotationPage>(['nodes', 'pageInfo', 'cut']),
  Reach: objectFields<Reach>(['stops', 'cut'], { nodes: ({ ids }, _args, { session }) => nodesOf(ids, session.reads) }),
  ReachStop: objectFields<Reach['stops'][number]>(['from', 'to', 'reason']),
};
