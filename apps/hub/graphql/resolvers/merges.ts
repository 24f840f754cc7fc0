/** What people say of names: that two datasets are one, and that they are not after all. */
import type { Asset, Merge, MergeOutcome, MergeRefusal } from '#lineage';
import { ids, type Optional } from '../check-arguments.ts';
import { type FailureCode, GraphqlFailure } from '../graphql-failure.ts';
import { kept } from '../kept.ts';
import { type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';

const CODE: Readonly<Record<MergeRefusal, FailureCode>> = {
  UNKNOWN: 'NOT_FOUND',
  WRONG_KIND: 'BAD_USER_INPUT',
  ITSELF: 'BAD_USER_INPUT',
  ALREADY_ONE: 'CONFLICT',
  NOT_MERGED: 'CONFLICT',
};

/** A reason is shown beside the merge: a sentence, not a document. */
const REASON_CHARACTERS = 1000;

interface MergeArgs {
  readonly ids: readonly string[];
  readonly into: string;
  readonly reason?: Optional<string>;
}

interface SplitArgs {
  readonly id: string;
  readonly alias: string;
  readonly reason?: Optional<string>;
}

async function mergeAssets(args: MergeArgs, session: Session): Promise<Asset> {
  session.require('annotate');
  const asked = ids('ids', args.ids, session.limits);
  const word = { by: session.viewer.name, reason: reasonOf(args.reason) };
  return assetOf(await kept(session.deps.merge({ ids: asked, into: args.into, ...word })), session);
}

async function splitAsset({ id, alias, reason }: SplitArgs, session: Session): Promise<Asset> {
  session.require('annotate');
  const word = { by: session.viewer.name, reason: reasonOf(reason) };
  return assetOf(await kept(session.deps.split({ id, alias, ...word })), session);
}

async function assetOf(outcome: MergeOutcome | null, { reads }: Session): Promise<Asset> {
  if (outcome === null)
    throw new GraphqlFailure(
      'NOT_AVAILABLE',
      'this store keeps no merges by hand: name the ids in aliases of the settings',
    );
  if (outcome.kind === 'refused')
    throw new GraphqlFailure(CODE[outcome.why], `${outcome.reason}. Nothing was changed.`);
  const asset = await reads.asset(outcome.node);
  if (asset === null) throw new Error(`${outcome.node} was merged, and is not known`);
  return asset;
}

function reasonOf(reason: Optional<string>): string | null {
  const text = reason?.trim() ?? '';
  if (text.length > REASON_CHARACTERS)
    throw new GraphqlFailure(
      'BAD_USER_INPUT',
      `reason has ${text.length} characters, at most ${REASON_CHARACTERS} are kept`,
    );
  return text === '' ? null : text;
}

export const mergeMutation: ObjectFields = objectFields<object>([], {
  mergeAssets: (_mutation, args: MergeArgs, { session }) => mergeAssets(args, session),
  splitAsset: (_mutation, args: SplitArgs, { session }) => splitAsset(args, session),
});

export const mergeTypes: Readonly<Record<string, ObjectFields>> = {
  Merge: objectFields<Merge>(['alias', 'into', 'by', 'at', 'reason']),
};
