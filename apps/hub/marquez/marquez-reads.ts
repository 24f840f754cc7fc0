import type { Asset, AssetKind, Facet, GraphReader, MarquezReads, NameQuery } from '#lineage';

/** As many as there are: the largest limit that every store's driver takes for a whole number. */
const ALL = 2 ** 31 - 1;
/** Hits that a search is asked for, so as to find the ones by name among them. */
const SEARCHED = 10_000;

/**
 * The reader's own `MarquezReads` where it has them. Otherwise the same answers out of whole lists: right, in as few
 * calls, but at the cost of the graph's size.
 */
export function marquezReads(reader: GraphReader): MarquezReads {
  return offersMarquezReads(reader) ? reader : derivedReads(reader);
}

export function offersMarquezReads(reader: GraphReader): reader is GraphReader & MarquezReads {
  return 'findByName' in reader && 'jobsInState' in reader && 'facetsNamed' in reader && 'firstSeenBefore' in reader;
}

function derivedReads(reader: GraphReader): MarquezReads {
  const every = async (kind: AssetKind, namespace: string | null): Promise<readonly Asset[]> =>
    (await reader.list({ kind, namespace, order: 'lastSeen', limit: ALL, offset: 0 })).items;

  return {
    async findByName(query) {
      const page = await reader.search({
        text: query.text,
        types: query.kind === null ? null : [query.kind],
        namespaces: query.namespace === null ? null : [query.namespace],
        tags: null,
        owners: null,
        first: SEARCHED,
        after: null,
      });
      const text = query.text.toLowerCase();
      const found = page.items.map((hit) => hit.asset).filter((asset) => asset.name.toLowerCase().includes(text));
      return pageOf(found.filter((asset) => seenWithin(query, asset)).sort(inOrder(query.order)), query.limit, 0);
    },

    async jobsInState({ states, namespace, limit, offset }) {
      const jobs = await every('job', namespace);
      const latest = await reader.latestRuns(jobs.map((job) => job.id));
      const wanted = new Set(states);
      return pageOf(
        jobs.filter((job) => {
          const run = latest.get(job.id);
          return run !== undefined && wanted.has(run.state);
        }),
        limit,
        offset,
      );
    },

    async facetsNamed(names): Promise<ReadonlyMap<string, readonly Facet[]>> {
      const assets = (await Promise.all([every('dataset', null), every('job', null)])).flat();
      const found = await reader.facets(
        assets.map((asset) => asset.id),
        names,
      );
      return new Map([...found].filter(([, facets]) => facets.length > 0));
    },

    async firstSeenBefore(kind, times) {
      const seen = (await every(kind, null)).map((asset) => asset.firstSeen);
      return times.map((time) => seen.filter((each) => each < time).length);
    },
  };
}

function pageOf<T>(
  all: readonly T[],
  limit: number,
  offset: number,
): { readonly items: readonly T[]; readonly total: number } {
  return { items: all.slice(offset, offset + limit), total: all.length };
}

function seenWithin(query: NameQuery, asset: Asset): boolean {
  return (
    (query.seenSince === null || asset.lastSeen >= query.seenSince) &&
    (query.seenBefore === null || asset.lastSeen < query.seenBefore)
  );
}

const inOrder =
  (order: NameQuery['order']) =>
  (a: Asset, b: Asset): number => {
    const byOrder = order === 'lastSeen' ? b.lastSeen - a.lastSeen : compareText(a.name, b.name);
    return byOrder === 0 ? compareText(a.id, b.id) : byOrder;
  };

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
