import {
  type Asset,
  type AssetKind,
  canonicalDataset,
  canonicalJob,
  descriptionOf,
  type Facet,
  type Owner,
  ownersOf,
  type SearchHit,
} from '#lineage';
import { type Optional, pageSize } from '../check-arguments.ts';
import { type Connection, connection } from '../connection.ts';
import { badInput } from '../graphql-failure.ts';
import { type GraphqlContext, type ObjectFields, objectFields } from '../object-fields.ts';
import { annotationsOf, type PageArgs } from './annotations.ts';
import { termOf } from './glossary.ts';
import { exactAssetId } from './node.ts';
import { type ShownTag, tagsOfAsset } from './tags.ts';

/** The fields that datasets and jobs share. Tags of a dataset's fields are among its tags, with their field. */
export const assetFields: ObjectFields = objectFields<Asset>(
  ['id', 'namespace', 'name', 'aliases', 'firstSeen', 'lastSeen'],
  {
    description: async (asset, _args, { session }) => descriptionOf(await session.reads.meaning(asset.id)),
    owners: async (asset, _args, { session }) => ownersOf(await session.reads.meaning(asset.id)),
    tags: (asset, _args, { session }) => tagsOfAsset(asset.id, session.reads),
    facets: (asset: Asset, { names }: { names?: Optional<readonly string[]> }, { session }: GraphqlContext) =>
      session.reads.facets(asset.id, names ?? null),
    annotations: (asset: Asset, args: PageArgs, { session }: GraphqlContext) =>
      annotationsOf(asset.id, { asset: asset.id, field: null }, args, session),
    incidents: (asset: Asset, { open }: { open?: Optional<boolean> }, { session }: GraphqlContext) =>
      session.rules?.incidentsOf(asset.id, open ?? true) ?? [],
  },
);

interface SearchArgs {
  readonly text: string;
  readonly filter?: Optional<{
    readonly types?: Optional<readonly string[]>;
    readonly namespaces?: Optional<readonly string[]>;
    readonly tags?: Optional<readonly string[]>;
    readonly owners?: Optional<readonly string[]>;
  }>;
  readonly first?: Optional<number>;
  readonly after?: Optional<string>;
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

export const assetQuery: ObjectFields = objectFields<object>([], {
  dataset: (_query, args: Named, { session }) => assetNamed('dataset', args, session),
  job: (_query, args: Named, { session }) => assetNamed('job', args, session),
  run: async (_query, { id }: { id: string }, { session }) => (await session.reads.run(id))?.run ?? null,
  search: (_query, args: SearchArgs, { session }) => search(args, session),
});

/** A name as it was seen, or as it would be: who asks for `s3a://` need not know that it is kept as `s3://`. */
async function assetNamed(kind: AssetKind, name: Named, { reads }: GraphqlContext['session']): Promise<Asset | null> {
  const canonical = kind === 'dataset' ? canonicalDataset(name) : canonicalJob(name);
  const found = await reads.assets(
    [name, canonical].map((one) => exactAssetId(kind, one.namespace, one.name)),
    kind,
  );
  return found[0] ?? null;
}

async function search(
  { text, filter, first, after }: SearchArgs,
  { reads, limits }: GraphqlContext['session'],
): Promise<Connection<SearchHit>> {
  if (text.length > limits.searchText) {
    throw badInput(`text has ${text.length} characters, at most ${limits.searchText} are searched for: shorten it`);
  }
  const page = await reads.reader.search({
    text,
    types: filter?.types?.map(assetKind) ?? null,
    namespaces: filter?.namespaces ?? null,
    tags: filter?.tags ?? null,
    owners: filter?.owners ?? null,
    first: pageSize(first, 20, limits),
    after: after ?? null,
  });
  return connection(page);
}

function assetKind(type: string): AssetKind {
  const kind = type.toLowerCase();
  if (kind === 'dataset' || kind === 'job') return kind;
  throw badInput(`filter.types has ${JSON.stringify(type)}: search knows DATASET and JOB`);
}

export const searchTypes: Readonly<Record<string, ObjectFields>> = {
  SearchHit: objectFields<SearchHit>(['matched'], { node: ({ asset }) => asset }),
  SearchConnection: objectFields<Connection<SearchHit>>(['nodes', 'pageInfo', 'totalCount']),
  PageInfo: objectFields<Connection<unknown>['pageInfo']>(['hasNextPage', 'endCursor']),
  Owner: objectFields<Owner>(['name', 'type']),
  Tag: objectFields<ShownTag>(['key', 'value', 'source', 'field', 'origin'], {
    term: ({ key }, _args, { session }) => termOf(key, session),
  }),
  Facet: objectFields<Facet>(['name', 'scope', 'source', 'producer', 'schemaURL', 'at', 'value']),
};
