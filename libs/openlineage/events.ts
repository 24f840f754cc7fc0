import type { DatasetFacets } from './facets/dataset-facets.ts';
import type { InputDatasetFacets } from './facets/input-dataset-facets.ts';
import type { JobFacets } from './facets/job-facets.ts';
import type { OutputDatasetFacets } from './facets/output-dataset-facets.ts';
import type { RunFacets } from './facets/run-facets.ts';

/** Values of `eventType` (core spec 2-0-2, RunEvent). COMPLETE, ABORT and FAIL end a run. */
export type EventType = 'START' | 'RUNNING' | 'COMPLETE' | 'ABORT' | 'FAIL' | 'OTHER';

/** What every event carries (core spec 2-0-2, BaseEvent). */
export interface BaseEvent {
  /** RFC 3339 time: when it happened, not when it was sent. */
  eventTime: string;
  /** URI of the code that made the event, with its version. */
  producer: string;
  /** URI of the event's definition: `https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent`. */
  schemaURL: string;
}

/** One thing that happened to a run of a job (core spec 2-0-2, RunEvent). */
export interface RunEvent extends BaseEvent {
  eventType?: EventType;
  run: Run;
  job: Job;
  inputs?: InputDataset[];
  outputs?: OutputDataset[];
}

/** What holds for a job apart from any run: its owners, its code, its declared lineage (core spec 2-0-2, JobEvent). */
export interface JobEvent extends BaseEvent {
  job: Job;
  inputs?: InputDataset[];
  outputs?: OutputDataset[];
  /** Never: with a run it is a RunEvent. */
  run?: never;
}

/** What holds for a dataset apart from any job (core spec 2-0-2, DatasetEvent). */
export interface DatasetEvent extends BaseEvent {
  dataset: StaticDataset;
  /** Never: with a job it is another kind of event. */
  job?: never;
  /** Never: with a run it is another kind of event. */
  run?: never;
}

/** Any event: told apart by `run`, `job` and `dataset`, which no two kinds share (core spec 2-0-2). */
export type OpenLineageEvent = RunEvent | JobEvent | DatasetEvent;

export interface Run {
  /** UUID; `newRunId()` makes one. */
  runId: string;
  facets?: RunFacets;
}

export interface Job {
  namespace: string;
  /** Unique in its namespace. */
  name: string;
  facets?: JobFacets;
}

/** `namespace` names the store (`postgres://db:5432`), `name` the dataset in it (`shop.public.orders`): see the spec's naming page. */
export interface Dataset {
  namespace: string;
  name: string;
  facets?: DatasetFacets;
}

export interface InputDataset extends Dataset {
  /** Of this one reading. */
  inputFacets?: InputDatasetFacets;
}

export interface OutputDataset extends Dataset {
  /** Of this one writing. */
  outputFacets?: OutputDatasetFacets;
}

/** The dataset of a DatasetEvent. */
export type StaticDataset = Dataset;

export function isRunEvent(event: OpenLineageEvent): event is RunEvent {
  return 'run' in event && event.run !== undefined;
}

export function isDatasetEvent(event: OpenLineageEvent): event is DatasetEvent {
  return 'dataset' in event;
}

export function isJobEvent(event: OpenLineageEvent): event is JobEvent {
  return !isRunEvent(event) && !isDatasetEvent(event);
}
