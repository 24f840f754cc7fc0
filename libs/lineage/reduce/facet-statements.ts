/** Facets as they are served: known and unknown alike, without the keys that every facet has. */
import type { AssetName, FacetScope, FacetStatement } from '../delta.ts';
import { get, type JsonObject, objectOf, textOf } from './json.ts';

export function facetStatements(
  into: FacetStatement[],
  scope: FacetScope,
  asset: AssetName,
  facets: JsonObject | null,
  source: string,
  eventProducer: string,
): void {
  if (facets === null) return;
  for (const name of Object.keys(facets)) {
    const facet = facets[name];
    if (facet === null || facet === undefined) continue;
    const object = objectOf(facet);
    into.push({
      scope,
      asset,
      name,
      source,
      producer: textOf(get(object, '_producer')) ?? eventProducer,
      schemaURL: textOf(get(object, '_schemaURL')),
      value:
        get(object, '_deleted') === true ? null : JSON.stringify(object === null ? facet : withoutCommonKeys(object)),
    });
  }
}

/** Keeps the order of keys: the event was parsed from its canonical form. */
function withoutCommonKeys(facet: JsonObject): JsonObject {
  const { _producer, _schemaURL, _deleted, ...rest } = facet;
  return rest;
}
