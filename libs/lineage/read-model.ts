/**
 * What a store answers: the read side of `GraphStore`. Every method takes lists and answers for all of them in one
 * call, so that a GraphQL query costs a number of calls that doesn't depend on how many nodes it returns.
 *
 * Ids are the node ids of the contract (`dataset:NAMESPACE:NAME` …). Times are milliseconds since the epoch.
 */
import type { Change } from './changes.ts';
import type { AssetKind, Confidence, FacetScope, How, ProcessingType, SchemaRole } from './delta.ts';

export interface Asset {
  readonly id: string;
  readonly kind: AssetKind;
  readonly namespace: string;
  readonly name: string;
  /** Other ids that find it, sorted. */
  readonly aliases: readonly string[];
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Datasets. */
  readonly lifecycle: 'ACTIVE' | 'DROPPED';
  /** Jobs: that of the latest run or JobEvent. */
  readonly processing: ProcessingType;
}

export interface Facet {
  readonly scope: FacetScope;
  readonly name: string;
  readonly source: string;
  readonly producer: string;
  readonly schemaURL: string | null;
  readonly at: number;
  readonly value: unknown;
}

export interface SchemaField {
  readonly name: string;
  readonly type: string | null;
  readonly description: string | null;
  readonly fields: readonly SchemaField[];
}

export interface DatasetSchema {
  readonly fields: readonly SchemaField[];
  /** Only readers, or a run that is still open, told it. */
  readonly partial: boolean;
}

export interface SchemaVersion {
  readonly at: number;
  readonly source: string;
  readonly role: SchemaRole;
  readonly fields: readonly SchemaField[];
  /** Those of the version before in the same stream; null for the first. */
  readonly before: readonly SchemaField[] | null;
}

export interface Interval {
  readonly from: number;
  /** Exclusive; null while it holds. */
  readonly to: number | null;
}

export interface Evidence {
  readonly source: string;
  readonly how: How;
  readonly confidence: Confidence;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Hashes of the first and the last event that said it. */
  readonly firstEvent: string;
  readonly lastEvent: string;
}

export type EdgeKind = 'READS' | 'WRITES' | 'MAY_READ' | 'MAY_WRITE' | 'TRIGGERS' | 'PARENT' | 'FEEDS';

export interface Edge {
  readonly id: string;
  readonly kind: EdgeKind;
  /** Node ids; the edge points the way data flows. */
  readonly from: string;
  readonly to: string;
  /** Holds now (or at `asOf`, when one was asked for). */
  readonly current: boolean;
  readonly intervals: readonly Interval[];
  readonly evidence: readonly Evidence[];
}

export interface Transformation {
  readonly type: string;
  readonly subtype: string | null;
  readonly description: string | null;
  readonly masking: boolean | null;
}

export interface ColumnEdge {
  readonly id: string;
  /** Field ids, or the dataset's id for an effect on or of the whole dataset. */
  readonly from: string;
  readonly to: string;
  readonly job: string | null;
  readonly transformation: Transformation;
  readonly current: boolean;
  readonly intervals: readonly Interval[];
  readonly evidence: readonly Evidence[];
}

export type Direction = 'UPSTREAM' | 'DOWNSTREAM' | 'BOTH';

export interface Cut {
  readonly at: string;
  readonly why: 'DEPTH' | 'LIMIT' | 'NOT_ALLOWED';
  /** Neighbours not shown, where known. */
  readonly hidden: number | null;
}

export interface LineageQuery {
  readonly of: readonly string[];
  readonly direction: Direction;
  /** Edges along the direction: dataset to job is one. */
  readonly depth: number;
  /** Nodes (of column lineage: fields) in the answer. */
  readonly limit: number;
  readonly asOf: number | null;
  /** Whether edges come with intervals and evidence; without, both are empty and the answer costs less. Default: true. */
  readonly details?: boolean;
}

export interface Lineage {
  readonly nodes: readonly Asset[];
  /** Every current edge between the nodes that the walk went along, sorted by id. */
  readonly edges: readonly Edge[];
  readonly cut: readonly Cut[];
}

export interface FieldRef {
  readonly id: string;
  readonly dataset: string;
  readonly name: string;
}

export interface ColumnLineage {
  readonly fields: readonly FieldRef[];
  readonly edges: readonly ColumnEdge[];
  readonly cut: readonly Cut[];
}

export type RunState = 'NEW' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'ABORTED' | 'OTHER';

export interface Run {
  readonly id: string;
  readonly runId: string;
  readonly job: string;
  readonly state: RunState;
  readonly processing: ProcessingType;
  readonly nominalStart: number | null;
  readonly nominalEnd: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly lastSeen: number;
  readonly parent: { readonly job: string; readonly runId: string } | null;
  readonly root: { readonly job: string; readonly runId: string } | null;
  readonly error: string | null;
  /** Node ids. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export interface JobVersion {
  readonly id: string;
  readonly from: number;
  readonly to: number | null;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly sql: string | null;
  readonly codeLocation: string | null;
}

export interface Statistics {
  readonly at: number;
  readonly run: string | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly files: number | null;
}

export interface QualityCheck {
  readonly at: number;
  readonly assertion: string;
  readonly field: string | null;
  readonly passed: boolean;
  readonly run: string | null;
}

export interface HourOfActivity {
  readonly hour: number;
  readonly observations: number;
  readonly records: number | null;
}

export type FlowState = 'FLOWING' | 'IDLE' | 'LAGGING' | 'STALLED' | 'SILENT' | 'STOPPED' | 'UNKNOWN';

export interface InputProgress {
  readonly dataset: string;
  readonly partition: string;
  readonly position: number | null;
  readonly endPosition: number | null;
  readonly lag: number | null;
  readonly watermark: number | null;
  readonly at: number;
}

export interface Flow {
  readonly state: FlowState;
  readonly since: number;
  readonly reason: string;
  readonly lag: number | null;
  readonly lagSeconds: number | null;
  readonly watermark: number | null;
  /** Records per second. */
  readonly throughput: number | null;
  readonly lastSeen: number;
  /** Seconds. */
  readonly usualInterval: number | null;
  readonly inputs: readonly InputProgress[];
}

export interface SearchQuery {
  readonly text: string;
  readonly types: readonly AssetKind[] | null;
  readonly namespaces: readonly string[] | null;
  readonly tags: readonly string[] | null;
  readonly owners: readonly string[] | null;
  readonly first: number;
  readonly after: string | null;
}

export interface SearchHit {
  readonly asset: Asset;
  /** What matched: 'name', 'namespace', 'alias', 'field NAME', 'description', 'tag'. */
  readonly matched: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null at the end. */
  readonly next: string | null;
  readonly total: number;
}

export interface ChangeQuery {
  readonly kinds: readonly string[] | null;
  readonly subjects: readonly string[] | null;
  readonly since: number | null;
  readonly breaking: boolean | null;
  readonly first: number;
  /** A sequence number as text. */
  readonly after: string | null;
}

/** `next` alone says whether there is more: to count a feed would be to read all of it. */
export type ChangeFeed = Omit<Page<Change>, 'total'>;

export interface Counts {
  readonly datasets: number;
  readonly jobs: number;
  readonly fields: number;
  readonly edges: number;
}

/** Which assets a list shows. Lists are by name (`name`) or newest first (`lastSeen`). */
export interface AssetList {
  readonly kind: AssetKind;
  readonly namespace: string | null;
  readonly order: 'name' | 'lastSeen';
  readonly limit: number;
  readonly offset: number;
}

export interface GraphReader {
  /** Canonical node ids for ids made of any spelling, alias or symlink; null: nothing known by that id. Order kept. */
  resolve(ids: readonly string[]): Promise<readonly (string | null)[]>;
  /** By canonical or alias id; null where unknown. Order kept. */
  assets(ids: readonly string[]): Promise<readonly (Asset | null)[]>;
  list(query: AssetList): Promise<Page<Asset>>;
  namespaces(): Promise<readonly { readonly name: string; readonly firstSeen: number; readonly lastSeen: number }[]>;
  /** Of datasets and jobs, by id; with `names`, only those. Not deleted ones. Sorted by (scope, name, source). */
  facets(ids: readonly string[], names: readonly string[] | null): Promise<ReadonlyMap<string, readonly Facet[]>>;
  /** Of runs, by run node id. */
  runFacets(runs: readonly string[], names: readonly string[] | null): Promise<ReadonlyMap<string, readonly Facet[]>>;
  schemas(datasets: readonly string[]): Promise<ReadonlyMap<string, DatasetSchema>>;
  /** By dataset, newest first, `first` of each. */
  schemaVersions(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly SchemaVersion[]>>;
  /** The current READS (of a dataset: its readers, of a job: what it reads) and WRITES, as sorted node ids. */
  neighbours(ids: readonly string[]): Promise<
    ReadonlyMap<
      string,
      {
        readonly readers: readonly string[];
        readonly writers: readonly string[];
        readonly reads: readonly string[];
        readonly writes: readonly string[];
        readonly parents: readonly string[];
      }
    >
  >;
  lineage(query: LineageQuery): Promise<Lineage>;
  columnLineage(query: LineageQuery): Promise<ColumnLineage>;
  edge(id: string): Promise<Edge | ColumnEdge | null>;
  /** Strongly connected components with more than one asset, largest first. */
  cycles(first: number): Promise<readonly { readonly nodes: readonly string[]; readonly continuous: boolean }[]>;
  /** By job, newest start first. `after` is the opaque `next`: a place in time, so that one may go on in many jobs at once. */
  runs(jobs: readonly string[], first: number, after: string | null): Promise<ReadonlyMap<string, Page<Run>>>;
  /** By job, newest start first, at most `first` of each job that has any. Nothing is counted. */
  recentRuns(jobs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly Run[]>>;
  /** The latest run of each job that has one. */
  latestRuns(jobs: readonly string[]): Promise<ReadonlyMap<string, Run>>;
  /** By run node id or bare run id: the earliest with that id, and the jobs of any others. */
  runsById(
    ids: readonly string[],
  ): Promise<readonly ({ readonly run: Run; readonly otherJobs: readonly string[] } | null)[]>;
  /** By run node id: hashes of the run's events, newest first. */
  runEvents(runs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly string[]>>;
  /** By job, newest first. */
  jobVersions(jobs: readonly string[], first: number): Promise<ReadonlyMap<string, readonly JobVersion[]>>;
  /** By dataset, newest first. */
  statistics(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly Statistics[]>>;
  /** By dataset, newest first. */
  quality(datasets: readonly string[], first: number): Promise<ReadonlyMap<string, readonly QualityCheck[]>>;
  /** Flow at `now` (ms) of the continuous ones among the jobs. */
  flows(jobs: readonly string[], now: number): Promise<ReadonlyMap<string, Flow>>;
  /** By job. */
  activity(jobs: readonly string[], from: number, to: number): Promise<ReadonlyMap<string, readonly HourOfActivity[]>>;
  search(query: SearchQuery): Promise<Page<SearchHit>>;
  changes(query: ChangeQuery): Promise<ChangeFeed>;
  counts(): Promise<Counts>;
  applied(): Promise<number>;
}
