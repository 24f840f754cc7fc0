/**
 * The read side of a graph in Neo4j, from the database alone: any process that reaches it answers. What takes several
 * statements is read at one state of the graph.
 */
import type {
  Asset,
  AssetKind,
  AssetList,
  ChangeFeed,
  ChangeQuery,
  ColumnEdge,
  ColumnLineage,
  Counts,
  DatasetSchema,
  Edge,
  Facet,
  Flow,
  FlowLimits,
  FreshnessAnswer,
  FreshnessReads,
  GraphReader,
  HourOfActivity,
  JobVersion,
  Lineage,
  LineageQuery,
  MarquezReads,
  Merge,
  MergeReads,
  NameQuery,
  Page,
  QualityCheck,
  Remark,
  RemarkReads,
  Run,
  SchemaVersion,
  SearchHit,
  SearchQuery,
  Statistics,
  Viewer,
} from '#lineage';
import type { Neo4jDatabase, Statements } from '../neo4j-database.ts';
import { shownIn } from '../shown-position.ts';
import { AssetReads, type Neighbours } from './asset-reads.ts';
import { ColumnWalk } from './column-walk.ts';
import { EdgeReads } from './edge-reads.ts';
import { readLineage } from './lineage-walk.ts';
import { type Found, type JobsInState, Neo4jMarquezReads } from './marquez-reads.ts';
import { atOneState } from './one-state.ts';
import { readChanges } from './read-changes.ts';
import { Neo4jRemarkReads } from './remark-reads.ts';
import { RunReads } from './run-reads.ts';
import { SearchReads } from './search-reads.ts';

export class Neo4jGraphReader implements GraphReader, MergeReads, RemarkReads, FreshnessReads, MarquezReads {
  readonly #database: Neo4jDatabase;
  readonly #viewer: Viewer;
  readonly #limits: FlowLimits;

  constructor(database: Neo4jDatabase, viewer: Viewer, limits: FlowLimits) {
    this.#database = database;
    this.#viewer = viewer;
    this.#limits = limits;
  }

  async resolve(ids: readonly string[]): Promise<readonly (string | null)[]> {
    return this.#assets((reads) => reads.resolve(ids));
  }

  async assets(ids: readonly string[]): Promise<readonly (Asset | null)[]> {
    return this.#assets((reads) => reads.assets(ids));
  }

  async list(query: AssetList): Promise<Page<Asset>> {
    return this.#assets((reads) => reads.list(query));
  }

  async namespaces(): Promise<readonly { name: string; firstSeen: number; lastSeen: number }[]> {
    return this.#assets((reads) => reads.namespaces());
  }

  async facets(
    ids: readonly string[],
    names: readonly string[] | null,
  ): Promise<ReadonlyMap<string, readonly Facet[]>> {
    return this.#assets((reads) => reads.facets(ids, names));
  }

  async merges(ids: readonly string[]): Promise<ReadonlyMap<string, readonly Merge[]>> {
    return this.#assets((reads) => reads.merges(ids));
  }

  async remarks(assets: readonly string[]): Promise<ReadonlyMap<string, readonly Remark[]>> {
    return this.#atOneState((statements) => new Neo4jRemarkReads(statements).on(assets));
  }

  async carriedRemarks(): Promise<readonly Remark[]> {
    return this.#atOneState((statements) => new Neo4jRemarkReads(statements).carried());
  }

  async freshness(ids: readonly string[], now: number): Promise<ReadonlyMap<string, FreshnessAnswer>> {
    return this.#assets((reads) => reads.freshness(ids, now));
  }

  async schemas(datasets: readonly string[]): Promise<ReadonlyMap<string, DatasetSchema>> {
    return this.#assets((reads) => reads.schemas(datasets));
  }

  async schemaVersions(
    datasets: readonly string[],
    first: number,
  ): Promise<ReadonlyMap<string, readonly SchemaVersion[]>> {
    return this.#assets((reads) => reads.schemaVersions(datasets, first));
  }

  async neighbours(ids: readonly string[]): Promise<Neighbours> {
    return this.#assets((reads) => reads.neighbours(ids));
  }

  async statistics(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly Statistics[]>> {
    return this.#assets((reads) => reads.statistics(datasets, first));
  }

  async quality(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly QualityCheck[]>> {
    return this.#assets((reads) => reads.quality(datasets, first));
  }

  async counts(): Promise<Counts> {
    return this.#assets((reads) => reads.counts());
  }

  async lineage(query: LineageQuery): Promise<Lineage> {
    return readLineage(this.#database, query, this.#viewer.name);
  }

  async columnLineage(query: LineageQuery): Promise<ColumnLineage> {
    return this.#atOneState((statements) => new ColumnWalk(statements, query).columnLineage());
  }

  async edge(id: string): Promise<Edge | ColumnEdge | null> {
    return this.#atOneState((statements) => new EdgeReads(statements).edge(id));
  }

  async cycles(first: number): Promise<readonly { nodes: readonly string[]; continuous: boolean }[]> {
    return this.#atOneState((statements) => new EdgeReads(statements).cycles(first));
  }

  async runs(jobs: readonly string[], first: number, after: string | null): Promise<ReadonlyMap<string, Page<Run>>> {
    return this.#runs((reads) => reads.pages(jobs, first, after));
  }

  async latestRuns(jobs: readonly string[]): Promise<ReadonlyMap<string, Run>> {
    const newest = await this.#runs((reads) => reads.newest(jobs, 1));
    return new Map([...newest].flatMap(([id, [run]]) => (run === undefined ? [] : [[id, run]])));
  }

  async recentRuns(jobs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly Run[]>> {
    return this.#runs((reads) => reads.newest(jobs, first));
  }

  async runsById(
    ids: readonly string[],
  ): Promise<readonly ({ readonly run: Run; readonly otherJobs: readonly string[] } | null)[]> {
    return this.#runs((reads) => reads.byId(ids));
  }

  async runFacets(
    runs: readonly string[],
    names: readonly string[] | null,
  ): Promise<ReadonlyMap<string, readonly Facet[]>> {
    return this.#runs((reads) => reads.facets(runs, names));
  }

  async runEvents(runs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#runs((reads) => reads.events(runs, first));
  }

  async jobVersions(jobs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly JobVersion[]>> {
    return this.#runs((reads) => reads.versions(jobs, first));
  }

  async flows(jobs: readonly string[], now: number): Promise<ReadonlyMap<string, Flow>> {
    return this.#runs((reads) => reads.flows(jobs, now, this.#limits));
  }

  async activity(
    jobs: readonly string[],
    from: number,
    to: number,
  ): Promise<ReadonlyMap<string, readonly HourOfActivity[]>> {
    return this.#runs((reads) => reads.activity(jobs, from, to));
  }

  async search(query: SearchQuery): Promise<Page<SearchHit>> {
    return this.#atOneState((statements) => new SearchReads(statements).search(query));
  }

  async findByName(query: NameQuery): Promise<Found> {
    return this.#marquez((reads) => reads.findByName(query));
  }

  async jobsInState(query: JobsInState): Promise<Found> {
    return this.#marquez((reads) => reads.jobsInState(query));
  }

  async facetsNamed(names: readonly string[]): Promise<ReadonlyMap<string, readonly Facet[]>> {
    return this.#marquez((reads) => reads.facetsNamed(names));
  }

  async firstSeenBefore(kind: AssetKind, times: readonly number[]): Promise<readonly number[]> {
    return this.#marquez((reads) => reads.firstSeenBefore(kind, times));
  }

  async changes(query: ChangeQuery): Promise<ChangeFeed> {
    return this.#database.read((statements) => readChanges(statements, query), this.#viewer.name);
  }

  async applied(): Promise<number> {
    return (await this.#database.read(shownIn, this.#viewer.name)).applied;
  }

  #assets<T>(read: (reads: AssetReads) => Promise<T>): Promise<T> {
    return this.#atOneState((statements) => read(new AssetReads(statements)));
  }

  #runs<T>(read: (reads: RunReads) => Promise<T>): Promise<T> {
    return this.#atOneState((statements) => read(new RunReads(statements)));
  }

  #marquez<T>(read: (reads: Neo4jMarquezReads) => Promise<T>): Promise<T> {
    return this.#atOneState((statements) => read(new Neo4jMarquezReads(statements)));
  }

  #atOneState<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return atOneState(this.#database, this.#viewer.name, work);
  }
}
