import type { Facet, FacetScope } from '#lineage';

export type FacetValue = Readonly<Record<string, unknown>>;

/** Facets as Marquez serves them, and as they were sent: `_producer` and `_schemaURL` inside. */
export type FacetJson = Readonly<Record<string, FacetValue>>;

/**
 * The facets of one scope by name. The graph keeps one a source; Marquez knows one a name: the last written, of equal
 * times the one whose source sorts last, so that the answer doesn't depend on the order of the list.
 */
export function facetMap(facets: readonly Facet[] | undefined, scope: FacetScope): FacetJson {
  const latest = new Map<string, Facet>();
  for (const facet of facets ?? []) {
    if (facet.scope !== scope) continue;
    const held = latest.get(facet.name);
    if (held === undefined || facet.at > held.at || (facet.at === held.at && facet.source > held.source))
      latest.set(facet.name, facet);
  }
  return Object.fromEntries(
    [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((facet) => [facet.name, asSent(facet)]),
  );
}

/** A text inside a facet; null where there is none. */
export function facetText(facets: FacetJson, name: string, key: string): string | null {
  const value = facets[name]?.[key];
  return typeof value === 'string' ? value : null;
}

function asSent(facet: Facet): FacetValue {
  const base = { _producer: facet.producer, ...(facet.schemaURL === null ? {} : { _schemaURL: facet.schemaURL }) };
  return isObject(facet.value) ? { ...base, ...facet.value } : base;
}

function isObject(value: unknown): value is FacetValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
