import { type Asset, assetId, type GraphReader, type NodeRef, parseNodeId } from '#lineage';
import { MarquezError } from './marquez-error.ts';

/** What a node id of a query names, in the graph's own words. */
export type FoundNode =
  | { readonly kind: 'asset'; readonly asset: Asset; readonly versioned: boolean }
  | { readonly kind: 'field'; readonly dataset: Asset; readonly field: string; readonly versioned: boolean };

type AssetRef = Exclude<NodeRef, { readonly kind: 'run' }>;

const VERSION = /#[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The dataset, job or field of a node id, found by canonical name, alias or symlink, in one call. An id can be cut into
 * namespace and name at several places: the first cut that names something known is meant. `#UUID` at the end is a
 * version, unless a name ends so.
 *
 * null: nothing known by it. `run:` and nonsense are refused as Marquez does.
 */
export async function findNode(reader: GraphReader, nodeId: string): Promise<FoundNode | null> {
  const stripped = VERSION.test(nodeId) ? refsOf(nodeId.replace(VERSION, '')) : [];
  // Whether a dataset has a field is not asked here, and no field's name ends in a version.
  const whole = stripped[0]?.kind === 'datasetField' ? [] : refsOf(nodeId);
  const refs = [...whole, ...stripped];
  const assets = await reader.assets(refs.map(ownerId));
  const at = assets.findIndex((asset) => asset !== null);
  const ref = refs[at];
  const asset = assets[at];
  if (ref === undefined || asset === undefined || asset === null) return null;
  const versioned = at >= whole.length;
  return ref.kind === 'datasetField'
    ? { kind: 'field', dataset: asset, field: ref.field, versioned }
    : { kind: 'asset', asset, versioned };
}

/** The likeliest name an id of something unknown has, for the error that says so. */
export function namedBy(nodeId: string): { readonly kind: 'Dataset' | 'Job'; readonly name: string } {
  const [ref] = refsOf(nodeId);
  return { kind: ref?.kind === 'job' ? 'Job' : 'Dataset', name: ref?.name ?? nodeId };
}

function refsOf(nodeId: string): readonly AssetRef[] {
  const refs = parseNodeId(nodeId);
  if (refs.length === 0) throw MarquezError.noSuchResource();
  const assets = refs.filter((ref): ref is AssetRef => ref.kind !== 'run');
  if (assets.length === 0) throw new MarquezError(404, `Node '${nodeId}' must be of type dataset or job!`);
  return assets;
}

function ownerId(ref: AssetRef): string {
  return assetId({ kind: ref.kind === 'job' ? 'job' : 'dataset', namespace: ref.namespace, name: ref.name });
}
