import type { CustomFacet, JobFacet, Open, RunFacet } from './base-facet.ts';
import type { GcpComposerRunFacet, GcpDataprocRunFacet } from './gcp-facets.ts';
import type { HeadwaterEvidenceFacet, HeadwaterProgressRunFacet, HeadwaterSnapshotFacet } from './headwater-facets.ts';

/** Key `environmentVariables` (EnvironmentVariablesRunFacet 1-0-0). Values may be secrets: send chosen ones only. */
export type EnvironmentVariablesRunFacet = RunFacet & { environmentVariables: EnvironmentVariable[] };
export type EnvironmentVariable = { name: string; value: string };

/** Key `errorMessage` (ErrorMessageRunFacet 1-0-1): why the run failed. */
export type ErrorMessageRunFacet = RunFacet & {
  message: string;
  programmingLanguage: string;
  stackTrace?: string;
};

/** Key `executionParameters` (ExecutionParametersRunFacet 1-0-0): what this run was started with. */
export type ExecutionParametersRunFacet = RunFacet & { parameters?: ExecutionParameter[] };
export type ExecutionParameter = {
  /** Unique in the list. */
  key: string;
  /** For people. */
  name?: string;
  description?: string;
  value?: string;
};

/** Key `externalQuery` (ExternalQueryRunFacet 1-0-2): the query's id where it ran. */
export type ExternalQueryRunFacet = RunFacet & {
  externalQueryId: string;
  /** The system: `bigquery`, `snowflake` … */
  source: string;
};

/** Key `extractionError` (ExtractionErrorRunFacet 1-1-2): lineage that the producer could not read. */
export type ExtractionErrorRunFacet = RunFacet & {
  /** Statements, or other units of work, that were looked at. */
  totalTasks: number;
  /** Of these, the ones not understood. */
  failedTasks: number;
  errors: ExtractionError[];
};
export type ExtractionError = {
  errorMessage: string;
  stackTrace?: string;
  /** The text that was not understood, such as the SQL statement. */
  task?: string;
  /** Counted from 0. */
  taskNumber?: number;
};

/** Key `jobDependencies` (JobDependenciesRunFacet 1-0-1): control flow, which need not be data flow. */
export type JobDependenciesRunFacet = RunFacet & {
  upstream?: JobDependency[];
  downstream?: JobDependency[];
  /** When this job may run, given its upstream jobs: `ALL_SUCCESS`, `ALL_DONE` … */
  trigger_rule?: string;
};
export type JobDependency = {
  job: JobIdentifier;
  run?: RunIdentifier;
  /** Whether one starts the other (`DIRECT_INVOCATION`) or merely comes before it (`IMPLICIT_DEPENDENCY`). */
  dependency_type?: string;
  sequence_trigger_rule?: Open<'FINISH_TO_START' | 'FINISH_TO_FINISH' | 'START_TO_START'>;
  /** Which outcome of the upstream job lets this one go: `EXECUTE_ON_SUCCESS`, `EXECUTE_EVERY_TIME` … */
  status_trigger_rule?: string;
};
export type JobIdentifier = { namespace: string; name: string };
/** `runId` is a UUID. */
export type RunIdentifier = { runId: string };

/** Key `nominalTime` (NominalTimeRunFacet 1-0-1): the slice of time that the run is about. RFC 3339 times, [start, end). */
export type NominalTimeRunFacet = RunFacet & { nominalStartTime: string; nominalEndTime?: string };

/** Key `parent` (ParentRunFacet 1-2-0): the run that started this one, and the first of that chain. */
export type ParentRunFacet = RunFacet & {
  run: ParentRun;
  job: ParentJob;
  root?: { run: ParentRun; job: ParentJob };
};
/** `facets`: some of that run's facets, repeated here; its own events are the authority. */
export type ParentRun = { runId: string; facets?: Record<string, RunFacet> };
/** `facets`: some of that job's facets, repeated here; its own events are the authority. */
export type ParentJob = { namespace: string; name: string; facets?: Record<string, JobFacet> };

/** Key `processing_engine` (ProcessingEngineRunFacet 1-1-1): what ran it. */
export type ProcessingEngineRunFacet = RunFacet & {
  version: string;
  /** `spark`, `airflow`, `flink` … */
  name?: string;
  openlineageAdapterVersion?: string;
};

/** Key `tags` (TagsRunFacet 1-0-0). */
export type TagsRunFacet = RunFacet & { tags?: Tag[] };
export type Tag = {
  key: string;
  value: string;
  /** Who set it: `USER`, `INTEGRATION`, `DBT CORE` … */
  source?: string;
};

/** Key `test` (TestRunFacet 1-0-1): tests that this run carried out, whether or not they belong to one dataset. */
export type TestRunFacet = RunFacet & { tests: TestExecution[] };
export type TestExecution = {
  name: string;
  status: Open<'pass' | 'fail' | 'skip'>;
  /** What a failure means: `error` stops the pipeline, `warn` doesn't. */
  severity?: Open<'error' | 'warn'>;
  /** `not_null`, `unique`, `row_count`, `freshness`, `custom_sql` … */
  type?: string;
  description?: string;
  /** As text, numbers too. */
  expected?: string;
  /** As text, numbers too. */
  actual?: string;
  /** What was run, in the form that `contentType` names. */
  content?: string;
  contentType?: Open<'sql' | 'json' | 'expression'>;
  params?: Record<string, unknown>;
};

/** The run facets with a type here, by their key. */
export interface KnownRunFacets {
  environmentVariables?: EnvironmentVariablesRunFacet;
  errorMessage?: ErrorMessageRunFacet;
  executionParameters?: ExecutionParametersRunFacet;
  externalQuery?: ExternalQueryRunFacet;
  extractionError?: ExtractionErrorRunFacet;
  jobDependencies?: JobDependenciesRunFacet;
  nominalTime?: NominalTimeRunFacet;
  parent?: ParentRunFacet;
  processing_engine?: ProcessingEngineRunFacet;
  tags?: TagsRunFacet;
  test?: TestRunFacet;
  gcp_composer_run?: GcpComposerRunFacet;
  gcp_dataproc?: GcpDataprocRunFacet;
  headwater_progress?: HeadwaterProgressRunFacet;
  headwater_snapshot?: HeadwaterSnapshotFacet;
  headwater_evidence?: HeadwaterEvidenceFacet;
}

/** `run.facets`: the known ones by type, any other as a `CustomFacet`. */
export interface RunFacets extends KnownRunFacets {
  [name: string]: CustomFacet;
}
