/**
 * The read side of the embedded store: on its own read-only connection, so that the writer never blocks it and each call
 * sees one committed state. All calls are short and synchronous inside; they take promises' shape from the port.
 */
import {
  type Asset,
  type AssetKind,
  type AssetList,
  assetId,
  type ChangeFeed,
  type ChangeQuery,
  type ColumnEdge,
  type ColumnLineage,
  type Counts,
  cyclesOf,
  type DatasetSchema,
  type Edge,
  type EdgeKind,
  type Facet,
  type Flow,
  type FlowLimits,
  type FreshnessAnswer,
  type FreshnessReads,
  type GraphReader,
  type HourOfActivity,
  type JobVersion,
  type Lineage,
  type LineageQuery,
  type MarquezReads,
  type Merge,
  type MergeReads,
  type NameQuery,
  type Page,
  parseColumnEdgeId,
  parseEdgeId,
  type QualityCheck,
  type Remark,
  type RemarkReads,
  type Run,
  type SchemaVersion,
  type SearchHit,
  type SearchQuery,
  type Statistics,
} from '#lineage';
import { type Database, int, type Row } from '../database.ts';
import { EDGE_KINDS } from '../interned.ts';
import { AssetReads, type Neighbours } from './asset-reads.ts';
import { ChangeReads } from './change-reads.ts';
import { ColumnWalk } from './column-walk.ts';
import { EdgeReads } from './edge-reads.ts';
import { FreshnessReader } from './freshness-reader.ts';
import { LineageWalk } from './lineage-walk.ts';
import { type Found, type JobsInState, SqliteMarquezReads } from './marquez-reads.ts';
import { RemarkReads as SqliteRemarkReads } from './remark-reads.ts';
import { type Ends, RunReads } from './run-reads.ts';
import { SearchReads } from './search-index.ts';

export class SqliteGraphReader implements GraphReader, MarquezReads, MergeReads, RemarkReads, FreshnessReads {
  readonly #db: Database;
  readonly #assets: AssetReads;
  readonly #remarks: SqliteRemarkReads;
  readonly #runs: RunReads;
  readonly #edges: EdgeReads;
  readonly #walk: LineageWalk;
  readonly #columns: ColumnWalk;
  readonly #search: SearchReads;
  readonly #changes: ChangeReads;
  readonly #marquez: SqliteMarquezReads;
  readonly #freshness: FreshnessReader;

  constructor(db: Database, limits: FlowLimits) {
    this.#db = db;
    this.#assets = new AssetReads(db);
    this.#runs = new RunReads(db, this.#assets, limits);
    this.#edges = new EdgeReads(db, this.#assets.names);
    this.#walk = new LineageWalk(db, this.#assets, this.#edges);
    this.#columns = new ColumnWalk(db, this.#assets, this.#edges);
    this.#changes = new ChangeReads(db);
    this.#marquez = new SqliteMarquezReads(db, this.#assets);
    this.#freshness = new FreshnessReader(db, this.#assets.names);
    this.#remarks = new SqliteRemarkReads(db, this.#assets.names);
    this.#search = new SearchReads(db, this.#assets, this.#remarks);
  }

  async resolve(ids: readonly string[]): Promise<(string | null)[]> {
    return this.#db.snapshot(() => ids.map((id) => this.#assets.resolve(id)));
  }

  async assets(ids: readonly string[]): Promise<(Asset | null)[]> {
    return this.#db.snapshot(() => {
      const found = ids.map((id) => this.#assets.find(id));
      const assets = this.#assets.assets(found.filter((node) => node !== null)).values();
      return found.map((node) => (node === null ? null : (assets.next().value ?? null)));
    });
  }

  async list(query: AssetList): Promise<Page<Asset>> {
    return this.#db.snapshot(() => this.#assets.list(query));
  }

  async namespaces(): Promise<{ name: string; firstSeen: number; lastSeen: number }[]> {
    return this.#db.snapshot(() => this.#assets.namespaces());
  }

  async facets(
    ids: readonly string[],
    names: readonly string[] | null,
  ): Promise<ReadonlyMap<string, readonly Facet[]>> {
    return this.#each(ids, (node) => this.#assets.facets(node, names));
  }

  async merges(ids: readonly string[]): Promise<ReadonlyMap<string, readonly Merge[]>> {
    const found = await this.#each(ids, (node) => this.#assets.merges(node));
    return new Map([...found].filter(([, merges]) => merges.length > 0));
  }

  async remarks(assets: readonly string[]): Promise<ReadonlyMap<string, readonly Remark[]>> {
    const found = this.#each(assets, (node) => this.#remarks.on(node));
    return new Map([...found].filter(([, remarks]) => remarks.length > 0));
  }

  async carriedRemarks(): Promise<readonly Remark[]> {
    return this.#db.snapshot(() => this.#remarks.carried());
  }

  async freshness(ids: readonly string[], now: number): Promise<ReadonlyMap<string, FreshnessAnswer>> {
    const datasets = ids.filter((id) => !id.startsWith('job:'));
    return this.#each(datasets, (node) => this.#freshness.of(node, now));
  }

  async runFacets(
    runs: readonly string[],
    names: readonly string[] | null,
  ): Promise<ReadonlyMap<string, readonly Facet[]>> {
    return this.#db.snapshot(
      () =>
        new Map(
          runs.map((id) => {
            const run = this.#runs.number(id);
            return [id, run === null ? [] : this.#assets.runFacets(run, names)];
          }),
        ),
    );
  }

  async schemas(datasets: readonly string[]): Promise<ReadonlyMap<string, DatasetSchema>> {
    return this.#each(datasets, (node) => this.#assets.schema(node));
  }

  async schemaVersions(
    datasets: readonly string[],
    first: number,
  ): Promise<ReadonlyMap<string, readonly SchemaVersion[]>> {
    return this.#each(datasets, (node) => this.#assets.schemaVersions(node, first));
  }

  async neighbours(ids: readonly string[]): Promise<Neighbours> {
    return this.#each(ids, (node) => this.#assets.neighbours(node));
  }

  async lineage(query: LineageQuery): Promise<Lineage> {
    return this.#db.snapshot(() => this.#walk.lineage(query));
  }

  async columnLineage(query: LineageQuery): Promise<ColumnLineage> {
    return this.#db.snapshot(() => this.#columns.columnLineage(query));
  }

  async edge(id: string): Promise<Edge | ColumnEdge | null> {
    return this.#db.snapshot(() => this.#edge(id));
  }

  async cycles(first: number): Promise<{ nodes: string[]; continuous: boolean }[]> {
    return this.#db.snapshot(() =>
      cyclesOf(this.#edges.flowsOut())
        .slice(0, first)
        .map((component) => {
          const nodes = component.map((id) => this.#assets.names.byId(id));
          return {
            nodes: nodes.map(assetId).sort(),
            continuous: nodes.some((node) => node.kind === 'job' && this.#assets.processing(node.id) !== 'BATCH'),
          };
        }),
    );
  }

  async runs(jobs: readonly string[], first: number, after: string | null): Promise<ReadonlyMap<string, Page<Run>>> {
    return this.#each(jobs, (node) => this.#runs.page(node, first, after));
  }

  async latestRuns(jobs: readonly string[]): Promise<ReadonlyMap<string, Run>> {
    return present(this.#each(jobs, (node) => this.#runs.latest(node)));
  }

  async runsById(ids: readonly string[]): Promise<({ run: Run; otherJobs: string[] } | null)[]> {
    return this.#db.snapshot(() => ids.map((id) => this.#runs.byId(id)));
  }

  async runEvents(runs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#db.snapshot(() => new Map(runs.map((id) => [id, this.#runs.events(id, first)])));
  }

  async jobVersions(jobs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly JobVersion[]>> {
    return this.#each(jobs, (node) => this.#runs.versions(node, first));
  }

  async statistics(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly Statistics[]>> {
    return this.#each(datasets, (node) => this.#assets.statistics(node, first));
  }

  async quality(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly QualityCheck[]>> {
    return this.#each(datasets, (node) => this.#assets.quality(node, first));
  }

  async flows(jobs: readonly string[], now: number): Promise<ReadonlyMap<string, Flow>> {
    return present(this.#each(jobs, (node) => this.#runs.flow(node, now)));
  }

  async activity(
    jobs: readonly string[],
    from: number,
    to: number,
  ): Promise<ReadonlyMap<string, readonly HourOfActivity[]>> {
    return this.#each(jobs, (node) => this.#runs.activity(node, from, to));
  }

  async search(query: SearchQuery): Promise<Page<SearchHit>> {
    return this.#db.snapshot(() => this.#search.search(query));
  }

  async changes(query: ChangeQuery): Promise<ChangeFeed> {
    const subjects = query.subjects === null ? null : await this.#canonical(query.subjects);
    return this.#db.snapshot(() => this.#changes.changes({ ...query, subjects }));
  }

  async recentRuns(jobs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly Run[]>> {
    const ends: Ends = new Map();
    const runs = this.#each(jobs, (node) => this.#runs.recent(node, first, ends));
    return new Map([...runs].filter(([, of]) => of.length > 0));
  }

  async findByName(query: NameQuery): Promise<Found> {
    return this.#db.snapshot(() => this.#marquez.findByName(query));
  }

  async jobsInState(query: JobsInState): Promise<Found> {
    return this.#db.snapshot(() => this.#marquez.jobsInState(query));
  }

  async facetsNamed(names: readonly string[]): Promise<ReadonlyMap<string, readonly Facet[]>> {
    return this.#db.snapshot(() => this.#marquez.facetsNamed(names));
  }

  async firstSeenBefore(kind: AssetKind, times: readonly number[]): Promise<readonly number[]> {
    return this.#db.snapshot(() => this.#marquez.firstSeenBefore(kind, times));
  }

  async counts(): Promise<Counts> {
    return this.#db.snapshot(() => this.#assets.counts());
  }

  async applied(): Promise<number> {
    const row = this.#db.get("SELECT value FROM meta WHERE key = 'applied'");
    return row === undefined ? 0 : int(row, 'value');
  }

  #edge(id: string): Edge | ColumnEdge | null {
    const key = parseEdgeId(id);
    if (key !== null) {
      const kind = EDGE_KINDS.indexOf(key.kind as EdgeKind);
      const from = this.#assets.names.resolve(key.from);
      const to = this.#assets.names.resolve(key.to);
      if (kind < 0 || key.kind === 'PAIRS' || from === null || to === null) return null;
      const edge = this.#edges.edge({ kind, from, to }, null);
      return edge.intervals.length === 0 ? null : edge;
    }
    const column = parseColumnEdgeId(id);
    if (column === null) return null;
    const [from, to] = [
      this.#assets.names.find('dataset', column.from.namespace, column.from.name),
      this.#assets.names.find('dataset', column.to.namespace, column.to.name),
    ];
    const owner =
      column.owner === null ? null : this.#assets.names.find('job', column.owner.namespace, column.owner.name);
    if (from === null || to === null || (column.owner !== null && owner === null)) return null;
    const [fromNode, toNode] = [this.#assets.names.byId(from.root), this.#assets.names.byId(to.root)];
    const job = owner?.id ?? 0;
    const rows: Row[] = [];
    for (const src of this.#assets.names.members(fromNode.id)) {
      for (const dst of this.#assets.names.members(toNode.id)) {
        rows.push(
          ...this.#db.all(
            'SELECT * FROM column_edge WHERE dst = ? AND dst_field = ? AND src = ? AND src_field = ? AND type = ? AND subtype = ? AND job = ?',
            dst,
            column.toField,
            src,
            column.fromField,
            column.type,
            column.subtype,
            job,
          ),
        );
      }
    }
    if (rows.length === 0) return null;
    const { fromField, toField, type, subtype } = column;
    return this.#edges.columnEdge(
      { from: fromNode, fromField, to: toNode, toField, type, subtype, job, rows },
      null,
      true,
    );
  }

  async #canonical(ids: readonly string[]): Promise<string[]> {
    return (await this.resolve(ids)).map((id, i) => id ?? ids[i] ?? '');
  }

  #each<T>(ids: readonly string[], read: (node: NonNullable<ReturnType<AssetReads['find']>>) => T): Map<string, T> {
    return this.#db.snapshot(() => {
      const result = new Map<string, T>();
      for (const id of ids) {
        const node = this.#assets.find(id);
        if (node !== null) result.set(id, read(node));
      }
      return result;
    });
  }
}

function present<T>(map: ReadonlyMap<string, T | null>): Map<string, T> {
  const result = new Map<string, T>();
  for (const [key, value] of map) if (value !== null) result.set(key, value);
  return result;
}
