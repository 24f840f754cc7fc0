/**
 * When the facets of a node were said last, apart from the facets. Most events say of a node what was said before: then
 * these times are all of it that is new.
 */
import type { ExportFacet } from '#lineage';

export type FacetsByName = Readonly<Record<string, readonly ExportFacet[]>>;

/** A node that was there, of which nothing differs but when it was seen and its facets were said. */
export interface SeenAgain {
  readonly id: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** ISO 8601: of each facet by name, then as they are listed under it. */
  readonly facetTimes: readonly string[];
}

/**
 * @param times as in `SeenAgain`; null: as the facets have them
 * @returns the facets, each said at its time
 * @throws TypeError where it isn't one time for each
 */
export function withTimes(facets: FacetsByName, times: readonly string[] | null): FacetsByName {
  if (times === null) return facets;
  const names = Object.keys(facets).sort();
  let next = 0;
  const timed = names.map((name) => [
    name,
    (facets[name] ?? []).map((facet) => ({ ...facet, at: times[next++] ?? facet.at })),
  ]);
  if (next !== times.length) throw new TypeError(`${times.length} times for ${next} facets`);
  return Object.fromEntries(timed) as FacetsByName;
}
