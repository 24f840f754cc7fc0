/**
 * What a reader in Neo4j answers from and an export doesn't hold: published beside the lines of the export, by whoever
 * publishes those. Details are properties of the node that the line of the same id made; measures are nodes.
 *
 * Ids of datasets and jobs in it are as events named them where no other is said: what they are part of is found when
 * they are read, so that nothing has to be published again when names turn out to be one.
 */
import type { ActivityRow, Facet, Interval, KeptFlow, KeptFreshness } from '#lineage';

/** What a node is searched by and shown with. */
interface Found {
  readonly id: string;
  /** As in the line of the node: here each becomes a node that leads to it. */
  readonly aliases: readonly string[];
  readonly description: string | null;
  /** Each by its key, and by `key:value` where it has one. */
  readonly tags: readonly string[];
  readonly owners: readonly string[];
}

export interface DatasetDetail extends Found {
  readonly kind: 'datasetDetail';
  /** Names of the top-level fields of the schema that is shown, in its order. */
  readonly fields: readonly string[];
  readonly partialSchema: boolean;
  /** null: its data time is not kept. */
  readonly freshness: KeptFreshness | null;
}

export interface JobDetail extends Found {
  readonly kind: 'jobDetail';
  /** Which input goes into which output, where the job's lineage facet tells: ids of nodes. */
  readonly pairs: readonly ServedPair[];
  /** Of continuous jobs: what their flow at any instant follows from. */
  readonly flow: KeptFlow | null;
}

export interface ServedPair {
  readonly from: string;
  readonly to: string;
  readonly intervals: readonly Interval[];
}

export interface RunDetail {
  readonly kind: 'runDetail';
  /** That of the run's line. */
  readonly id: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly facets: readonly Facet[];
  /** Hashes of its last events, newest first, `RUN_EVENTS` at most. */
  readonly events: readonly string[];
}

/** Of a run's events so many are served. */
export const RUN_EVENTS = 100;

/** Of column edges of a job whose lineage facet pairs inputs with outputs: where it speaks of the output, its columns alone count. */
export interface ColumnEdgeDetail {
  readonly kind: 'columnEdgeDetail';
  /** That of the edge's line. */
  readonly id: string;
  /** When a walk doesn't go along it, though it holds. */
  readonly hidden: readonly Interval[];
}

export interface HourDetail {
  readonly kind: 'hourDetail';
  /** That of the hour's line. */
  readonly id: string;
  readonly detail: ActivityRow;
}

export interface ServedStatistics {
  readonly kind: 'statistics';
  readonly id: string;
  readonly dataset: string;
  readonly runId: string | null;
  readonly at: number;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly files: number | null;
}

export interface ServedCheck {
  readonly kind: 'check';
  readonly id: string;
  readonly dataset: string;
  readonly runId: string | null;
  readonly at: number;
  readonly assertion: string;
  readonly field: string | null;
  readonly passed: boolean;
}

/** An annotation or a tag is found by what it is on; an id of a field doesn't tell alone where its dataset's ends. */
export interface RemarkDetail {
  readonly kind: 'remarkDetail';
  /** That of the remark's line. */
  readonly id: string;
  /** Dataset or job, as it was named when it was said. */
  readonly asset: string;
  /** null: the node itself. */
  readonly field: string | null;
}

export type ServedLine =
  | DatasetDetail
  | JobDetail
  | ColumnEdgeDetail
  | RunDetail
  | HourDetail
  | RemarkDetail
  | ServedStatistics
  | ServedCheck;
