import { facetMap, facetText } from './facet-map.ts';
import type { MarquezContext } from './marquez-context.ts';

export interface DataSource {
  readonly name: string;
  readonly connectionUrl: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/**
 * The sources that `dataSource` facets name, by name, and `default` for datasets without one. A source is as old as
 * the first of its datasets; its address is that of the dataset seen last.
 */
export async function dataSources({ reader, reads }: MarquezContext): Promise<readonly DataSource[]> {
  const [carried, namespaces] = await Promise.all([reads.facetsNamed(['dataSource']), reader.namespaces()]);
  const ids = [...carried.keys()];
  const assets = ids.length === 0 ? [] : await reader.assets(ids);
  const found = new Map<string, DataSource>();
  for (const asset of assets) {
    if (asset === null) continue;
    const facets = facetMap(carried.get(asset.id), 'dataset');
    const name = facetText(facets, 'dataSource', 'name');
    if (name === null) continue;
    const held = found.get(name);
    const newer = held === undefined || asset.lastSeen >= held.lastSeen;
    found.set(name, {
      name,
      connectionUrl: newer ? (facetText(facets, 'dataSource', 'uri') ?? '') : held.connectionUrl,
      firstSeen: Math.min(asset.firstSeen, held?.firstSeen ?? asset.firstSeen),
      lastSeen: Math.max(asset.lastSeen, held?.lastSeen ?? asset.lastSeen),
    });
  }
  if (!found.has('default')) {
    const since = Math.min(...namespaces.map((namespace) => namespace.firstSeen));
    const oldest = Number.isFinite(since) ? since : 0;
    found.set('default', { name: 'default', connectionUrl: '', firstSeen: oldest, lastSeen: oldest });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
