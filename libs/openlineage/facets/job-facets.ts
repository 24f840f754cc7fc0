import type { CustomFacet, JobFacet, Open, OrDeleted } from './base-facet.ts';
import type { GcpComposerJobFacet, GcpLineageJobFacet } from './gcp-facets.ts';
import type { HeadwaterEvidenceFacet, HeadwaterSnapshotFacet, HeadwaterUsageFacet } from './headwater-facets.ts';
import type { LineageJobFacet } from './lineage-entry.ts';
import type { Tag } from './run-facets.ts';

/** Key `documentation` (DocumentationJobFacet 1-1-0). */
export type DocumentationJobFacet = JobFacet & {
  description: string;
  /** MIME type of the description: `text/markdown`. */
  contentType?: string;
};

/** Key `jobType` (JobTypeJobFacet 2-0-4): what kind of job this is, and what its events mean. */
export type JobTypeJobFacet = JobFacet & {
  /** BATCH ends. STREAMING and SERVICE don't: neither START nor a terminal event may be relied on. */
  processingType: Open<'BATCH' | 'STREAMING' | 'SERVICE'>;
  /** Who reports: `SPARK`, `DBT`, `AIRFLOW`, `FLINK` … */
  integration: string;
  /** The integration's own word: `QUERY`, `DAG`, `TASK`, `MODEL` … */
  jobType?: string;
  /** Absent: EVENT_BASED and ACCUMULATIVE. */
  emissionPattern?: EmissionPattern;
};
export type EmissionPattern = {
  /** On a change of state, or at an interval. */
  eventTrigger: Open<'EVENT_BASED' | 'PERIODIC'>;
  /** ACCUMULATIVE: the run's events together tell the whole. COMPLETE_SNAPSHOT: each one does. */
  eventContentMode: Open<'ACCUMULATIVE' | 'COMPLETE_SNAPSHOT'>;
  /** Whole seconds, at least 1. Only for PERIODIC, and then needed by COMPLETE_SNAPSHOT. */
  windowDuration?: number;
};

/** Key `ownership` (OwnershipJobFacet 1-0-1). */
export type OwnershipJobFacet = JobFacet & { owners?: Owner[] };
export type Owner = {
  /** Best as a URN-like id: `team:finance`, `user:ada`. */
  name: string;
  /** `MAINTAINER`, `STEWARD` … */
  type?: string;
};

/** Key `sourceCode` (SourceCodeJobFacet 1-0-1): the code itself. */
export type SourceCodeJobFacet = JobFacet & { language: string; sourceCode: string };

/** Key `sourceCodeLocation` (SourceCodeLocationJobFacet 1-1-0): where the code lies. */
export type SourceCodeLocationJobFacet = JobFacet & {
  /** `git` … */
  type: string;
  /** URL of the file in a browser. */
  url: string;
  repoUrl?: string;
  /** In the repository. */
  path?: string;
  /** The commit, not a branch. */
  version?: string;
  tag?: string;
  branch?: string;
  /** A number written as text. */
  pullRequestNumber?: string;
};

/** Key `sql` (SQLJobFacet 1-1-0). */
export type SqlJobFacet = JobFacet & {
  query: string;
  /** `postgres`, `snowflake` … */
  dialect?: string;
};

/** Key `tags` (TagsJobFacet 1-0-0). */
export type TagsJobFacet = JobFacet & { tags?: Tag[] };

/** The job facets with a type here, by their key. */
export interface KnownJobFacets {
  documentation?: DocumentationJobFacet;
  jobType?: JobTypeJobFacet;
  lineage?: LineageJobFacet;
  ownership?: OwnershipJobFacet;
  sourceCode?: SourceCodeJobFacet;
  sourceCodeLocation?: SourceCodeLocationJobFacet;
  sql?: SqlJobFacet;
  tags?: TagsJobFacet;
  gcp_composer_job?: GcpComposerJobFacet;
  gcp_lineage?: GcpLineageJobFacet;
  headwater_snapshot?: HeadwaterSnapshotFacet;
  headwater_evidence?: HeadwaterEvidenceFacet;
  headwater_usage?: HeadwaterUsageFacet;
}

/** `job.facets`: the known ones by type or retracted, any other as a `CustomFacet`. */
export interface JobFacets extends OrDeleted<KnownJobFacets> {
  [name: string]: CustomFacet;
}
