import type { JobFacet, Open, RunFacet } from './base-facet.ts';

/** Job key `gcp_composer_job` (registry `gcp/composer`, GcpComposerJobFacet 1-0-0): a DAG, or a task of one. */
export type GcpComposerJobFacet = JobFacet & {
  environmentName: string;
  dagId: string;
  /** Class name; tasks only. */
  operator?: string;
  /** Tasks only. */
  taskId?: string;
  /** `2.10.2+composer`. */
  airflowVersion: string;
  composerVersion: string;
};

/** Run key `gcp_composer_run` (registry `gcp/composer`, GcpComposerRunFacet 1-0-0). */
export type GcpComposerRunFacet = RunFacet & { dagRunId: string };

/**
 * Run key `gcp_dataproc` (registry `gcp/dataproc`, GcpDataprocRunFacet 1-0-0). Besides the required three, a cluster
 * job sends `cluster…` and `job…`, a serverless batch `batch…`, an interactive session `session…`.
 */
export type GcpDataprocRunFacet = RunFacet & {
  appId: string;
  appName: string;
  projectId: string;
  jobType?: Open<'job' | 'batch' | 'session'>;
  batchId?: string;
  batchUuid?: string;
  clusterName?: string;
  clusterUuid?: string;
  jobId?: string;
  jobUuid?: string;
  sessionId?: string;
  sessionUuid?: string;
  /** The node of Spark's plan that ran: often the kind of command. */
  queryNodeName?: string;
};

/** Job key `gcp_lineage` (registry `gcp/lineage`, GcpLineageJobFacet 1-0-0): how Google's catalog should show the job. */
export type GcpLineageJobFacet = JobFacet & {
  displayName?: string;
  origin?: {
    /** One of the source types of Google's Data Lineage API, or `CUSTOM`. */
    sourceType?: string;
    /** Unless CUSTOM: the resource name of the system, in the project and location of the lineage itself. */
    name?: string;
  };
};
