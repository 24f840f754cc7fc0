import type {
  Dataset,
  DatasetEvent,
  EventType,
  InputDataset,
  Job,
  JobEvent,
  OutputDataset,
  Run,
  RunEvent,
} from './events.ts';
import { completeFacets, type FacetInit } from './facet.ts';
import type { BaseFacet, CustomFacet, DeletedFacet } from './facets/base-facet.ts';
import type { KnownDatasetFacets } from './facets/dataset-facets.ts';
import type { KnownInputDatasetFacets } from './facets/input-dataset-facets.ts';
import type { KnownJobFacets } from './facets/job-facets.ts';
import type { KnownOutputDatasetFacets } from './facets/output-dataset-facets.ts';
import type { KnownRunFacets } from './facets/run-facets.ts';

const SPEC = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs';

type Inits<Known> = { [K in keyof Known]: FacetInit<Extract<NonNullable<Known[K]>, BaseFacet>> };
type InitsOrDeleted<Known> = { [K in keyof Known]: Inits<Known>[K] | DeletedFacet };

export interface RunFacetsInit extends Inits<KnownRunFacets> {
  [name: string]: Partial<CustomFacet>;
}
export interface JobFacetsInit extends InitsOrDeleted<KnownJobFacets> {
  [name: string]: Partial<CustomFacet>;
}
export interface DatasetFacetsInit extends InitsOrDeleted<KnownDatasetFacets> {
  [name: string]: Partial<CustomFacet>;
}
export interface InputDatasetFacetsInit extends Inits<KnownInputDatasetFacets> {
  [name: string]: Partial<CustomFacet>;
}
export interface OutputDatasetFacetsInit extends Inits<KnownOutputDatasetFacets> {
  [name: string]: Partial<CustomFacet>;
}

export interface RunInit {
  /** UUID; `newRunId()` makes one. */
  runId: string;
  facets?: RunFacetsInit;
}
export interface JobInit {
  namespace: string;
  name: string;
  facets?: JobFacetsInit;
}
export interface DatasetInit {
  namespace: string;
  name: string;
  facets?: DatasetFacetsInit;
}
export interface InputDatasetInit extends DatasetInit {
  inputFacets?: InputDatasetFacetsInit;
}
export interface OutputDatasetInit extends DatasetInit {
  outputFacets?: OutputDatasetFacetsInit;
}

interface EventInit {
  /** URI of your code with its version; it becomes the `_producer` of each facet that has none. */
  producer: string;
  /** When it happened. Absent: now. */
  eventTime?: Date | string;
}
export interface RunEventInit extends EventInit {
  eventType?: EventType;
  run: RunInit;
  job: JobInit;
  inputs?: InputDatasetInit[];
  outputs?: OutputDatasetInit[];
}
export interface JobEventInit extends EventInit {
  job: JobInit;
  inputs?: InputDatasetInit[];
  outputs?: OutputDatasetInit[];
}
export interface DatasetEventInit extends EventInit {
  dataset: DatasetInit;
}

/** A RunEvent, with `schemaURL` and the facets' `_producer` and `_schemaURL` filled in. */
export function runEvent(init: RunEventInit): RunEvent {
  return {
    ...(init.eventType === undefined ? {} : { eventType: init.eventType }),
    ...base('RunEvent', init),
    run: completeRun(init.run, init.producer),
    job: completeJob(init.job, init.producer),
    ...completeInputsAndOutputs(init),
  };
}

/** A JobEvent, filled in as `runEvent` does it. */
export function jobEvent(init: JobEventInit): JobEvent {
  return { ...base('JobEvent', init), job: completeJob(init.job, init.producer), ...completeInputsAndOutputs(init) };
}

/** A DatasetEvent, filled in as `runEvent` does it. */
export function datasetEvent(init: DatasetEventInit): DatasetEvent {
  return { ...base('DatasetEvent', init), dataset: completeDataset(init.dataset, init.producer) };
}

function base(definition: string, { eventTime = new Date(), producer }: EventInit) {
  return {
    eventTime: typeof eventTime === 'string' ? eventTime : eventTime.toISOString(),
    producer,
    schemaURL: `${SPEC}/${definition}`,
  };
}

function completeRun({ runId, facets }: RunInit, producer: string): Run {
  return { runId, ...(facets && { facets: completeFacets('run', facets, producer) }) };
}

function completeJob({ namespace, name, facets }: JobInit, producer: string): Job {
  return { namespace, name, ...(facets && { facets: completeFacets('job', facets, producer) }) };
}

function completeDataset({ namespace, name, facets }: DatasetInit, producer: string): Dataset {
  return { namespace, name, ...(facets && { facets: completeFacets('dataset', facets, producer) }) };
}

function completeInputsAndOutputs({ inputs, outputs, producer }: JobEventInit): {
  inputs?: InputDataset[];
  outputs?: OutputDataset[];
} {
  return {
    ...(inputs && {
      inputs: inputs.map((input) => ({
        ...completeDataset(input, producer),
        ...(input.inputFacets && { inputFacets: completeFacets('input', input.inputFacets, producer) }),
      })),
    }),
    ...(outputs && {
      outputs: outputs.map((output) => ({
        ...completeDataset(output, producer),
        ...(output.outputFacets && { outputFacets: completeFacets('output', output.outputFacets, producer) }),
      })),
    }),
  };
}
