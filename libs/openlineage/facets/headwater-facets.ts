import type { BaseFacet, DatasetFacet, RunFacet } from './base-facet.ts';

/*
 * Facets for what OpenLineage has no word for. Any client may send them; any consumer that doesn't know them may
 * ignore them. JSON Schemas: docs/facets/. Times are RFC 3339, durations `30s`, `5m`, `2h`, `1d`.
 */

/** Run key `headwater_progress`: how far a continuous job has read, where its inputs end, and how fast it goes. */
export type HeadwaterProgressRunFacet = RunFacet & {
  inputs?: ProgressInput[];
  recordsPerSecond?: number;
  /** Event time up to which the job's outputs are complete. */
  watermark?: string;
};
/** Named as the event's inputs are named. */
export type ProgressInput = { namespace: string; name: string; partitions: PartitionProgress[] };
export type PartitionProgress = {
  /** Text, also where the source counts its partitions. */
  partition: string;
  /** The next record to read, in the source's own count (a Kafka offset). Exact up to 2^53. */
  position?: number;
  /** Where the partition ended at the same moment, in the same count: lag is `endPosition - position`. */
  endPosition?: number;
  /** Event time up to which this partition was read. */
  watermark?: string;
};

/**
 * Run or job key `headwater_snapshot`: this event is one part of everything that a source sees in a scope. Once all
 * parts of one `id` are held, what the scope no longer has is retracted as of `takenAt`; until then, nothing is.
 */
export type HeadwaterSnapshotFacet = BaseFacet & {
  /** `kafka:prod`. */
  source: string;
  /** What the snapshot is complete for: `consumer-groups`. */
  scope: string;
  /** The same in all parts of one snapshot, and in no other. */
  id: string;
  takenAt: string;
  /** Counted from 1. */
  part: number;
  parts: number;
};

/** Run or job key `headwater_evidence`: how the producer came to know the event's lineage, and how sure it is. */
export type HeadwaterEvidenceFacet = BaseFacet & {
  /** Seen happening, declared by someone, parsed from SQL, or concluded from something else. */
  how: 'OBSERVED' | 'DECLARED' | 'PARSED' | 'INFERRED';
  confidence?: 'CERTAIN' | 'LIKELY' | 'POSSIBLE';
  /** True: allowed to read or write, not seen to do so (an ACL). */
  may?: boolean;
  /** Who says so, when that is not the producer: `kafka:prod`. */
  source?: string;
  note?: string;
};

/** Dataset key `headwater_contract`: what the dataset breaks of a data contract. Told by the hub that holds the contract. */
export type HeadwaterContractDatasetFacet = DatasetFacet & {
  contract: string;
  version: string;
  violations: ContractViolationFacet[];
};
export type ContractViolationFacet = {
  kind: 'FIELD_MISSING' | 'FIELD_TYPE' | 'FIELD_NULLABLE' | 'FRESHNESS' | 'FREQUENCY' | 'ROW_COUNT';
  /** In the contract file. */
  path: string;
  reason: string;
};

/** Dataset key `headwater_freshness`: how far the data reaches, and how far it ought to. */
export type HeadwaterFreshnessDatasetFacet = DatasetFacet & {
  /** Event time up to which the dataset is complete. */
  watermark?: string;
  /** Data older than this is late; at least one of the two. */
  maxAge?: { warn?: string; fail?: string };
  /** By each `deadline` (cron) the data must be no older than `lowerBound` before it. `timezone`: IANA name; absent: UTC. */
  cron?: { deadline: string; lowerBound: string; timezone?: string };
  /** `dbt`, `snowflake`, `contract` … */
  declaredBy?: string;
};

/** Dataset or job key `headwater_usage`: what it was used for, and what that cost, in [from, to). */
export type HeadwaterUsageFacet = BaseFacet & {
  from: string;
  to: string;
  queries?: number;
  /** Distinct. */
  users?: number;
  /** Read. */
  bytes?: number;
  /** `currency`: ISO 4217, or the vendor's unit (`SNOWFLAKE_CREDIT`). */
  cost?: { amount: number; currency: string };
};
