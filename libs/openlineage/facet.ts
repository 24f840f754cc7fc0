import type { BaseFacet, CustomFacet, DeletedFacet } from './facets/base-facet.ts';
import { FACET_SCHEMAS, type FacetTarget, type KnownFacets } from './facets/facet-schemas.ts';

/** The facet that key `K` names on target `T`. */
export type FacetOf<T extends FacetTarget, K extends keyof KnownFacets[T]> = Extract<
  NonNullable<KnownFacets[T][K]>,
  BaseFacet
>;

/** A facet as it is given to a builder: `_producer` and `_schemaURL` may be left to it. */
export type FacetInit<F extends BaseFacet> = Omit<F, keyof BaseFacet> & Partial<BaseFacet>;

/** Facets as they are given to a builder: known ones, and any other with its `_schemaURL`. */
export type FacetInits = { [name: string]: Partial<CustomFacet> };

/**
 * A known facet, complete: `facet('job', 'sql', { query: 'select 1' }, producer)`.
 * The target is named because one key may name two facets: `tags` is another on a run than on a dataset.
 */
export function facet<T extends FacetTarget, K extends keyof KnownFacets[T] & string>(
  target: T,
  name: K,
  body: FacetInit<FacetOf<T, K>>,
  producer: string,
): FacetInit<FacetOf<T, K>> & BaseFacet {
  return { _producer: producer, _schemaURL: FACET_SCHEMAS[target][name], ...body };
}

/** The retraction of a known facet: `facets: { sql: deletedFacet('job', 'sql', producer) }`. */
export function deletedFacet<T extends 'job' | 'dataset', K extends keyof KnownFacets[T] & string>(
  target: T,
  name: K,
  producer: string,
): DeletedFacet {
  return { _producer: producer, _schemaURL: FACET_SCHEMAS[target][name], _deleted: true };
}

/** Completes each facet with its `_producer` and `_schemaURL`; what is there already stays. */
export function completeFacets(
  target: FacetTarget,
  facets: FacetInits,
  producer: string,
): { [name: string]: CustomFacet } {
  const schemas: Readonly<Record<string, string>> = FACET_SCHEMAS[target];
  const complete: { [name: string]: CustomFacet } = {};
  for (const [name, body] of Object.entries(facets)) {
    const schemaURL = body._schemaURL ?? (Object.hasOwn(schemas, name) ? schemas[name] : undefined);
    if (schemaURL === undefined) {
      throw new TypeError(
        `${target} facet "${name}" is none of ${Object.keys(schemas).join(', ')}: correct its name, or give its _schemaURL`,
      );
    }
    complete[name] = { ...body, _producer: body._producer ?? producer, _schemaURL: schemaURL };
  }
  return complete;
}
