import { type Asset, type AssetKind, assetId } from '#lineage';
import type { MarquezContext } from './marquez-context.ts';
import { MarquezError } from './marquez-error.ts';

/**
 * The dataset or job of a path `/namespaces/{namespace}/datasets/{name}`, by any of its names. What is missing is named
 * from outside in: an unknown namespace before an unknown name in it.
 */
export async function findByPath(context: MarquezContext, kind: AssetKind): Promise<Asset> {
  const namespace = context.params.path('namespace');
  const name = context.params.path('name');
  const [asset = null] = await context.reader.assets([assetId({ kind, namespace, name })]);
  if (asset !== null) return asset;
  await requireNamespace(context, namespace);
  throw MarquezError.notFound(kind === 'job' ? 'Job' : 'Dataset', name);
}

/** `default` is always there, as in Marquez. */
export async function requireNamespace({ reader }: MarquezContext, namespace: string): Promise<void> {
  const known = namespace === 'default' || (await reader.namespaces()).some((each) => each.name === namespace);
  if (!known) throw MarquezError.notFound('Namespace', namespace);
}
