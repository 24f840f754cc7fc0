/**
 * What one event states, with canonical names: the output of `reduceEvent` and the only input of a store.
 *
 * A delta holds statements, not effects: each carries what was said; the joins that turn statements into rows, and the
 * rows into intervals, belong to the store (and, naively, to the reference fold of the tests). Two stores given the
 * same deltas, in any order and any number of times, hold the same graph.
 */

/** The order of the graph: event time in milliseconds since the epoch, then the hash of the redacted event. */
export interface Stamp {
  readonly t: number;
  /** SHA-256 (lower-case hex) of the event's RFC 8785 form after redaction. */
  readonly h: string;
}

/** A canonical (namespace, name). */
export interface Name {
  readonly namespace: string;
  readonly name: string;
}

export type AssetKind = 'dataset' | 'job';

export interface AssetName extends Name {
  readonly kind: AssetKind;
}

/** A node that the event is about; parents, symlink identifiers and inputs of columns make no node. */
export interface Mention {
  readonly asset: AssetName;
  /** The (namespace, name) as spelled in the event, where it differs from the canonical one: an alias. */
  readonly spelling?: Name;
}

export type ProcessingType = 'BATCH' | 'STREAMING' | 'SERVICE';
export type RunEventType = 'START' | 'RUNNING' | 'COMPLETE' | 'ABORT' | 'FAIL' | 'OTHER';

/** The part of the jobType facet that decides how runs are read. */
export interface Processing {
  readonly type: ProcessingType;
  readonly content: 'ACCUMULATIVE' | 'COMPLETE_SNAPSHOT';
  /** emissionPattern.windowDuration, seconds. */
  readonly windowSeconds?: number;
}

export interface RunRef {
  readonly job: Name;
  readonly runId: string;
}

export interface RunStatement {
  readonly runId: string;
  /** null: the event had none, or none that OpenLineage knows. */
  readonly type: RunEventType | null;
  readonly processing?: Processing;
  readonly parent?: RunRef;
  readonly root?: RunRef;
  /** Milliseconds since the epoch. */
  readonly nominalStart?: number;
  readonly nominalEnd?: number;
  readonly error?: string;
}

export type How = 'OBSERVED' | 'DECLARED' | 'PARSED' | 'INFERRED';
export type Confidence = 'CERTAIN' | 'LIKELY' | 'POSSIBLE';

/** What a timeline's elements are. A failed run's READS and WRITES are served as MAY_READ and MAY_WRITE. */
export type Direction =
  | 'READS' // dataset → job
  | 'WRITES' // job → dataset
  | 'MAY_READ' // said with headwater_evidence.may
  | 'MAY_WRITE'
  | 'TRIGGERS' // job → job, from jobDependencies
  | 'PARENT' // parent job → job
  | 'FEEDS' // asset → asset: a lineage facet of a dataset without a job, or job → job
  | 'PAIRS' // input asset → output asset inside one job: the lineage facet
  | 'COLUMNS' // columnLineage facet of one output
  | 'PAIR_COLUMNS'; // columns of the lineage facet for one output

/**
 * One teller's continuous account of one thing. RUN timelines get their executions from runs; DECLARED ones from
 * JobEvents and DatasetEvents; SNAPSHOT ones from complete `headwater_snapshot`s: one per (source, scope) for all
 * kinds of edges (its direction is READS), and one for all columns (COLUMNS).
 */
export interface TimelineKey {
  readonly mode: 'RUN' | 'DECLARED' | 'SNAPSHOT';
  /** The job (for a dataset's own lineage or columns: the dataset) it is about; of a SNAPSHOT: null. */
  readonly owner: AssetName | null;
  readonly source: string;
  readonly direction: Direction;
  /** COLUMNS and PAIR_COLUMNS: the output dataset, whose name as observed is part of the key. */
  readonly output?: Name;
  /** SNAPSHOT: the scope of the source. */
  readonly scope?: string;
}

/** An edge between assets, pointing the way data flows. */
export interface AssetElement {
  readonly kind: Direction;
  readonly from: AssetName;
  readonly to: AssetName;
}

/** A column edge: its key is (input field, output field, type, subtype) of its job or dataset. */
export interface ColumnElement {
  readonly kind: 'COLUMN';
  readonly from: Name;
  /** '' : the whole dataset. */
  readonly fromField: string;
  readonly to: Name;
  /** '' : an effect on the whole dataset. */
  readonly toField: string;
  /** '' where the facet has none. */
  readonly type: string;
  readonly subtype: string;
  /** Notes: the last writer's are served; they are no part of the key. */
  readonly description?: string;
  readonly masking?: boolean;
}

export type Element = AssetElement | ColumnElement;

export interface Said {
  readonly timeline: TimelineKey;
  readonly how: How;
  readonly confidence: Confidence;
  /** Never empty, but where emptiness says something: PAIRS of a JobEvent or DatasetEvent (`entries: []`), and snapshots. */
  readonly elements: readonly Element[];
}

export interface SnapshotStatement {
  readonly source: string;
  readonly scope: string;
  readonly id: string;
  /** Milliseconds: the time at which the snapshot counts. */
  readonly takenAt: number;
  readonly part: number;
  readonly parts: number;
}

export type MarkKind = 'CREATE' | 'DROP' | 'RENAME' | 'TRUNCATE' | 'OVERWRITE' | 'ALTER';

/** lifecycleStateChange of one dataset. */
export interface Mark {
  readonly dataset: Name;
  readonly kind: MarkKind;
  /** RENAME: the name that it had. */
  readonly previous?: Name;
}

export type SchemaRole = 'DATASET_EVENT' | 'WRITER' | 'READER';

/** A piece of content that has versions: a new one begins where the stream differs from itself. */
export interface StreamStatement {
  readonly kind: 'schema' | 'sql' | 'codeLocation';
  readonly asset: AssetName;
  readonly source: string;
  /** schema: who told it. */
  readonly role: SchemaRole | null;
  /** READER schemas: union over reader jobs, so the job is part of that stream's key. */
  readonly reader?: Name;
  /** Canonical JSON; null: `_deleted`. Absent and empty schemas make no statement at all. */
  readonly content: string | null;
}

/** Where a facet was attached; input and output facets sit on the dataset, apart from its own. */
export type FacetScope = 'dataset' | 'job' | 'run' | 'input' | 'output';

export interface FacetStatement {
  readonly scope: FacetScope;
  /** The dataset or job; of a run facet: the run's job. */
  readonly asset: AssetName;
  readonly name: string;
  readonly source: string;
  readonly producer: string;
  readonly schemaURL: string | null;
  /** Canonical JSON without `_producer` and `_schemaURL`; null: `_deleted`. */
  readonly value: string | null;
}

export interface SymlinkStatement {
  /** The dataset that carries the facet. */
  readonly dataset: Name;
  readonly source: string;
  /** Empty: `_deleted` (an absent or empty list makes no statement). */
  readonly identifiers: readonly Name[];
  readonly deleted: boolean;
}

/** Row, byte and file counts of one dataset in one event. */
export interface StatisticsStatement {
  readonly dataset: Name;
  readonly rows?: number;
  readonly bytes?: number;
  readonly files?: number;
}

export interface QualityStatement {
  readonly dataset: Name;
  readonly assertion: string;
  readonly field: string | null;
  readonly passed: boolean;
}

/** What a continuous job says of its progress: headwater_progress, or Flink's `checkpoints`. */
export interface ProgressStatement {
  readonly inputs: readonly {
    readonly dataset: Name;
    readonly partition: string;
    readonly position: number | null;
    readonly endPosition: number | null;
    readonly watermark: number | null;
  }[];
  readonly recordsPerSecond: number | null;
  readonly watermark: number | null;
  readonly checkpoints: { readonly completed: number; readonly failed: number; readonly restored: number } | null;
  /** The source says that the job is gone: STOPPED. */
  readonly stopped: boolean;
}

export interface Delta {
  readonly stamp: Stamp;
  readonly kind: 'RUN' | 'JOB' | 'DATASET';
  /** The producer without version and commit parts. */
  readonly source: string;
  readonly producer: string;
  /** RUN and JOB events. */
  readonly job: Name | null;
  readonly run: RunStatement | null;
  /** JOB events: the jobType they declare. */
  readonly declaredProcessing: Processing | null;
  readonly mentions: readonly Mention[];
  readonly said: readonly Said[];
  readonly snapshot: SnapshotStatement | null;
  readonly marks: readonly Mark[];
  readonly streams: readonly StreamStatement[];
  readonly facets: readonly FacetStatement[];
  readonly symlinks: readonly SymlinkStatement[];
  readonly statistics: readonly StatisticsStatement[];
  readonly quality: readonly QualityStatement[];
  readonly progress: ProgressStatement | null;
}
