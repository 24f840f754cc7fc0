/** Nodes as rules see them, many at once. */
import {
  type Asset,
  datasetTypeOf,
  descriptionOf,
  type Facet,
  type GraphReader,
  integrationOf,
  jobTypeOf,
  ownersOf,
  tagsOn,
} from '#lineage';
import type { NodeView } from '#rules';
import { type RemarksOfAsset, remarksOn } from '../remarks/remarks-on.ts';

/** What a node is known by beside its name. */
export const NODE_FACETS = ['datasetType', 'documentation', 'jobType', 'ownership', 'symlinks', 'tags'];

/**
 * By the ids that were asked for; unknown ones are left out. Without the names of fields: `withFields` adds them. Tags are those
 * of events and those of people, also where these came along the lineage.
 * @param now ms
 */
export async function nodeViews(
  reader: GraphReader,
  ids: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, NodeView>> {
  if (ids.length === 0) return new Map();
  const assets = await reader.assets(ids);
  const known = assets.flatMap((asset) => asset ?? []);
  const nodes = [...new Set(known.map(({ id }) => id))];
  const [facets, remarks] = await Promise.all([reader.facets(nodes, NODE_FACETS), remarksOn(reader, nodes, now)]);
  const found = new Map<string, NodeView>();
  ids.forEach((id, i) => {
    const asset = assets[i];
    if (asset !== null && asset !== undefined)
      found.set(id, nodeView(asset, facets.get(asset.id) ?? [], peoplesTags(remarks.get(asset.id))));
    else if (id.startsWith('source:')) found.set(id, sourceView(id));
  });
  return found;
}

/** Those of fields are the fields', here as among tags of events. */
const peoplesTags = (remarks: RemarksOfAsset | undefined): readonly string[] =>
  (remarks?.items ?? []).flatMap(({ remark, field }) => (remark.kind === 'TAG' && field === null ? remark.text : []));

function nodeView(asset: Asset, facets: readonly Facet[], more: readonly string[]): NodeView {
  const { id, kind, namespace, name, aliases, lifecycle, processing } = asset;
  const isJob = kind === 'job';
  return {
    id,
    aliases,
    kind,
    namespace,
    name,
    tags: [
      ...new Set([
        ...tagsOn(facets, null).flatMap((tag) => (tag.value === null ? tag.key : [tag.key, `${tag.key}:${tag.value}`])),
        ...more,
      ]),
    ],
    owners: [...new Set(ownersOf(facets).map((owner) => owner.name))],
    description: descriptionOf(facets),
    type: isJob ? jobTypeOf(facets) : datasetTypeOf(namespace, facets),
    lifecycle: isJob ? null : lifecycle,
    fields: [],
    processing: isJob ? processing : null,
    integration: isJob ? integrationOf(facets) : null,
  };
}

/** `source:openlineage:…`: nobody says more of it. */
const sourceView = (id: string): NodeView => ({
  id,
  aliases: [],
  kind: 'source',
  namespace: 'source',
  name: id.slice('source:'.length),
  tags: [],
  owners: [],
  description: null,
  type: null,
  lifecycle: null,
  fields: [],
  processing: null,
  integration: null,
});

/** The same nodes with their fields; of jobs there are none. */
export async function withFields(
  reader: GraphReader,
  nodes: readonly NodeView[],
): Promise<ReadonlyMap<string, NodeView>> {
  const datasets = [...new Set(nodes.filter(({ kind }) => kind === 'dataset').map(({ id }) => id))];
  const schemas = datasets.length === 0 ? new Map() : await reader.schemas(datasets);
  return new Map(
    nodes.map((node) => [node.id, { ...node, fields: schemas.get(node.id)?.fields.map(nameOf) ?? [] }] as const),
  );
}

const nameOf = ({ name }: { readonly name: string }): string => name;
