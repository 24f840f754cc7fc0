import {
  type Asset,
  type AssetKind,
  type ColumnEdge,
  type DatasetSchema,
  type EventLog,
  type Facet,
  type FieldRef,
  type Flow,
  type FreshnessAnswer,
  type GraphReader,
  type HourOfActivity,
  type JobVersion,
  type LoggedEvent,
  MEANINGFUL_FACETS,
  type Merge,
  offersFreshnessReads,
  offersMergeReads,
  type Page,
  type QualityCheck,
  type Run,
  type SchemaVersion,
  type Statistics,
} from '#lineage';
import { type RemarksOfAsset, remarksOn } from '#pipeline';
import { Batch } from './batch.ts';

type Neighbours = Awaited<ReturnType<GraphReader['neighbours']>> extends ReadonlyMap<string, infer N> ? N : never;
/** What column edges tell of one field. */
interface FieldEdges {
  /** null: no edge speaks of it. */
  readonly field: FieldRef | null;
  readonly fields: readonly FieldRef[];
  readonly edges: readonly ColumnEdge[];
}

type FoundRun = Awaited<ReturnType<GraphReader['runsById']>>[number];

/** Above it the answer is cut: of each dataset, columns downstream. */
const COLUMNS = 5000;
/** Enough to see the field itself and one of its edges. */
const FIELDS = 10;

/**
 * One viewer's reads of one request, joined by tick. Whatever a field of an object reads goes through a batch here, so
 * that a list costs as many calls as one of its nodes; `reader` is for what a query asks once.
 */
export class GraphReads {
  readonly reader: GraphReader;
  readonly #keep: boolean;
  readonly #assets: Batch<Asset | null>;
  readonly #schemas: Batch<DatasetSchema | null>;
  readonly #neighbours: Batch<Neighbours | null>;
  readonly #latestRuns: Batch<Run | null>;
  readonly #runs: Batch<FoundRun>;
  readonly #flows: Batch<Flow | null>;
  readonly #freshness: Batch<FreshnessAnswer | null>;
  readonly #merges: Batch<readonly Merge[] | null>;
  readonly #remarks: Batch<RemarksOfAsset | null>;
  readonly #events: Batch<LoggedEvent | null>;
  readonly #downstreamColumns: Batch<readonly ColumnEdge[]>;
  readonly #fieldEdges: Batch<FieldEdges>;
  /** Batches of reads that take more than ids: one for each list of names, page size or period that the query has. */
  readonly #byArguments = new Map<string, Batch<unknown>>();

  /** `keep`: see Batch. `now`: the time at which flows and freshness are judged. */
  constructor(reader: GraphReader, log: EventLog, now: () => number, keep: boolean) {
    this.reader = reader;
    this.#keep = keep;
    this.#assets = new Batch(keep, (ids) => reader.assets(ids));
    this.#runs = new Batch(keep, (ids) => reader.runsById(ids));
    this.#schemas = byId(keep, (ids) => reader.schemas(ids));
    this.#neighbours = byId(keep, (ids) => reader.neighbours(ids));
    this.#latestRuns = byId(keep, (ids) => reader.latestRuns(ids));
    this.#flows = byId(keep, (ids) => reader.flows(ids, now()));
    this.#freshness = byId(keep, async (ids) =>
      offersFreshnessReads(reader) ? reader.freshness(ids, now()) : new Map(),
    );
    this.#merges = byId(keep, async (ids) => (offersMergeReads(reader) ? reader.merges(ids) : new Map()));
    this.#remarks = byId(keep, (ids) => remarksOn(reader, ids, now()));
    this.#events = byId(keep, (hashes) => log.find(hashes));
    this.#downstreamColumns = new Batch(keep, (ids) => downstreamColumns(reader, ids));
    this.#fieldEdges = new Batch(keep, (ids) => fieldEdges(reader, ids));
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
    return this.#lists('facets', [names], asset, (ids) => this.reader.facets(ids, names));
  }

  /** The facets that a description, owners, tags and so on are read from: one call for all of these. */
  meaning(asset: string): Promise<readonly Facet[]> {
    return this.facets(asset, MEANINGFUL_FACETS);
  }

  runFacets(run: string, names: readonly string[] | null): Promise<readonly Facet[]> {
    return this.#lists('runFacets', [names], run, (ids) => this.reader.runFacets(ids, names));
  }

  schemaVersions(dataset: string, first: number): Promise<readonly SchemaVersion[]> {
    return this.#lists('schemaVersions', [first], dataset, (ids) => this.reader.schemaVersions(ids, first));
  }

  statistics(dataset: string, first: number): Promise<readonly Statistics[]> {
    return this.#lists('statistics', [first], dataset, (ids) => this.reader.statistics(ids, first));
  }

  quality(dataset: string, first: number): Promise<readonly QualityCheck[]> {
    return this.#lists('quality', [first], dataset, (ids) => this.reader.quality(ids, first));
  }

  async runs(job: string, first: number, after: string | null): Promise<Page<Run>> {
    const read = (jobs: readonly string[]) => this.reader.runs(jobs, first, after);
    return (await this.#with('runs', [first, after], job, read)) ?? { items: [], next: null, total: 0 };
  }

  jobVersions(job: string, first: number): Promise<readonly JobVersion[]> {
    return this.#lists('jobVersions', [first], job, (ids) => this.reader.jobVersions(ids, first));
  }

  activity(job: string, from: number, to: number): Promise<readonly HourOfActivity[]> {
    return this.#lists('activity', [from, to], job, (ids) => this.reader.activity(ids, from, to));
  }

  /** Hashes, newest first. */
  runEvents(run: string, first: number): Promise<readonly string[]> {
    return this.#lists('runEvents', [first], run, (ids) => this.reader.runEvents(ids, first));
  }

  /** One step, of the dataset's columns and of the dataset as a whole; without evidence. */
  downstreamColumns(dataset: string): Promise<readonly ColumnEdge[]> {
    return this.#downstreamColumns.load(dataset);
  }

  /** Column edges of one field, by any of its ids. */
  fieldEdges(field: string): Promise<FieldEdges> {
    return this.#fieldEdges.load(field);
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

  /** null: the store keeps no data times. */
  freshness(dataset: string): Promise<FreshnessAnswer | null> {
    return this.#freshness.load(dataset);
  }

  /** What people said of the names of a dataset, or of a field's dataset. */
  async merges(id: string): Promise<readonly Merge[]> {
    return (await this.#merges.load(id)) ?? [];
  }

  /** Annotations and tags of people on a dataset or job, its fields included; those that came along the lineage too. */
  async remarks(asset: string): Promise<RemarksOfAsset> {
    return (await this.#remarks.load(asset)) ?? { items: [], cut: [] };
  }

  #lists<Value>(
    name: string,
    args: readonly unknown[],
    id: string,
    fetch: (ids: readonly string[]) => Promise<ReadonlyMap<string, readonly Value[]>>,
  ): Promise<readonly Value[]> {
    return this.#with(name, args, id, fetch).then((found) => found ?? []);
  }

  /** A name stands for one method of the reader, and so for one type of value. */
  #with<Value>(
    name: string,
    args: readonly unknown[],
    id: string,
    fetch: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ): Promise<Value | null> {
    const key = JSON.stringify([name, ...args]);
    const known = this.#byArguments.get(key) as Batch<Value | null> | undefined;
    const batch = known ?? byId(this.#keep, fetch);
    if (known === undefined) this.#byArguments.set(key, batch);
    return batch.load(id);
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

async function downstreamColumns(
  reader: GraphReader,
  datasets: readonly string[],
): Promise<readonly (readonly ColumnEdge[])[]> {
  const { fields, edges } = await reader.columnLineage({
    of: datasets,
    direction: 'DOWNSTREAM',
    depth: 1,
    limit: COLUMNS * datasets.length,
    asOf: null,
    details: false,
  });
  const datasetOf = new Map(fields.map(({ id, dataset }) => [id, dataset]));
  const byDataset = new Map<string, ColumnEdge[]>(datasets.map((id) => [id, []]));
  for (const edge of edges) byDataset.get(datasetOf.get(edge.from) ?? edge.from)?.push(edge);
  return datasets.map((id) => byDataset.get(id) ?? []);
}

async function fieldEdges(reader: GraphReader, ids: readonly string[]): Promise<readonly FieldEdges[]> {
  const [{ fields, edges }, canonical] = await Promise.all([
    reader.columnLineage({ of: ids, direction: 'BOTH', depth: 1, limit: FIELDS * ids.length, asOf: null }),
    reader.resolve(ids),
  ]);
  return canonical.map((id) => ({
    field: fields.find((field) => field.id === id) ?? null,
    fields,
    edges: edges.filter(({ from, to }) => from === id || to === id),
  }));
}
