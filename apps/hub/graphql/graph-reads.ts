import {
  type Asset,
  type AssetKind,
  type DatasetSchema,
  type EventLog,
  type Facet,
  type Flow,
  type GraphReader,
  type LoggedEvent,
  MEANINGFUL_FACETS,
  type Merge,
  offersMergeReads,
  type Run,
} from '#lineage';
import { Batch } from './batch.ts';

type Neighbours = Awaited<ReturnType<GraphReader['neighbours']>> extends ReadonlyMap<string, infer N> ? N : never;
type FoundRun = Awaited<ReturnType<GraphReader['runsById']>>[number];

/** One viewer's reads of one request, joined by tick. What has no batch here is read through `reader`, once per node. */
export class GraphReads {
  readonly reader: GraphReader;
  readonly #keep: boolean;
  readonly #assets: Batch<Asset | null>;
  readonly #schemas: Batch<DatasetSchema | null>;
  readonly #neighbours: Batch<Neighbours | null>;
  readonly #latestRuns: Batch<Run | null>;
  readonly #runs: Batch<FoundRun>;
  readonly #flows: Batch<Flow | null>;
  readonly #merges: Batch<readonly Merge[] | null>;
  readonly #events: Batch<LoggedEvent | null>;
  /** One batch for each list of names that the query asks for. */
  readonly #facets = new Map<string, Batch<readonly Facet[]>>();
  readonly #runFacets = new Map<string, Batch<readonly Facet[]>>();

  /** `keep`: see Batch. `now`: the time at which flows are judged. */
  constructor(reader: GraphReader, log: EventLog, now: () => number, keep: boolean) {
    this.reader = reader;
    this.#keep = keep;
    this.#assets = new Batch(keep, (ids) => reader.assets(ids));
    this.#runs = new Batch(keep, (ids) => reader.runsById(ids));
    this.#schemas = byId(keep, (ids) => reader.schemas(ids));
    this.#neighbours = byId(keep, (ids) => reader.neighbours(ids));
    this.#latestRuns = byId(keep, (ids) => reader.latestRuns(ids));
    this.#flows = byId(keep, (ids) => reader.flows(ids, now()));
    this.#merges = byId(keep, async (ids) => (offersMergeReads(reader) ? reader.merges(ids) : new Map()));
    this.#events = byId(keep, (hashes) => log.find(hashes));
  }

  asset(id: string): Promise<Asset | null> {
    return this.#assets.load(id);
  }

  /** Those that are known, of one kind, in the order of their ids. */
  async assets(ids: readonly string[], kind: AssetKind | null = null): Promise<readonly Asset[]> {
    const found = await Promise.all(ids.map((id) => this.asset(id)));
    return found
      .filter((asset) => asset !== null && (kind === null || asset.kind === kind))
      .filter((asset) => asset !== null);
  }

  facets(asset: string, names: readonly string[] | null): Promise<readonly Facet[]> {
    return named(this.#facets, names, this.#keep, (ids, only) => this.reader.facets(ids, only)).load(asset);
  }

  /** The facets that a description, owners, tags and so on are read from: one call for all of these. */
  meaning(asset: string): Promise<readonly Facet[]> {
    return this.facets(asset, MEANINGFUL_FACETS);
  }

  runFacets(run: string, names: readonly string[] | null): Promise<readonly Facet[]> {
    return named(this.#runFacets, names, this.#keep, (ids, only) => this.reader.runFacets(ids, only)).load(run);
  }

  schema(dataset: string): Promise<DatasetSchema | null> {
    return this.#schemas.load(dataset);
  }

  neighbours(asset: string): Promise<Neighbours | null> {
    return this.#neighbours.load(asset);
  }

  latestRun(job: string): Promise<Run | null> {
    return this.#latestRuns.load(job);
  }

  run(id: string): Promise<FoundRun> {
    return this.#runs.load(id);
  }

  flow(job: string): Promise<Flow | null> {
    return this.#flows.load(job);
  }

  /** What people said of the names of a dataset, or of a field's dataset. */
  async merges(id: string): Promise<readonly Merge[]> {
    return (await this.#merges.load(id)) ?? [];
  }

  /** By hash; null once retention took it. */
  event(hash: string): Promise<LoggedEvent | null> {
    return this.#events.load(hash);
  }
}

function byId<Value>(
  keep: boolean,
  fetch: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): Batch<Value | null> {
  return new Batch(keep, async (ids) => {
    const found = await fetch(ids);
    return ids.map((id) => found.get(id) ?? null);
  });
}

function named(
  batches: Map<string, Batch<readonly Facet[]>>,
  names: readonly string[] | null,
  keep: boolean,
  fetch: (ids: readonly string[], names: readonly string[] | null) => Promise<ReadonlyMap<string, readonly Facet[]>>,
): Batch<readonly Facet[]> {
  const key = JSON.stringify(names);
  const known = batches.get(key);
  if (known !== undefined) return known;
  const batch = new Batch(keep, async (ids) => {
    const found = await fetch(ids, names);
    return ids.map((id) => found.get(id) ?? []);
  });
  batches.set(key, batch);
  return batch;
}
