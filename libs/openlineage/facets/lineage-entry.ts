import type { DatasetFacet, JobFacet, Open } from './base-facet.ts';

/** How a source became part of a target (LineageFacet 1-0-0). */
export type LineageTransformation = {
  type: Open<'DIRECT' | 'INDIRECT'>;
  subtype?: Open<
    'IDENTITY' | 'TRANSFORMATION' | 'AGGREGATION' | 'JOIN' | 'GROUP_BY' | 'FILTER' | 'SORT' | 'WINDOW' | 'CONDITIONAL'
  >;
  /** In words or code. */
  description?: string;
  /** Whether the original value can no longer be read from the result. */
  masking?: boolean;
};

export type LineageDatasetInput = {
  namespace: string;
  name: string;
  type: 'DATASET';
  /** Under `fields`: the column read. Beside them: a column that shapes the whole target, as a filter does. */
  field?: string;
  transformations?: LineageTransformation[];
};

/** Without `namespace` and `name` (both or neither): the job of the event itself. */
export type LineageJobInput = {
  namespace?: string;
  name?: string;
  type: 'JOB';
  /** UUID. */
  runId?: string;
  transformations?: LineageTransformation[];
};

export type LineageInput = LineageDatasetInput | LineageJobInput;

export type LineageFieldEntry = { inputs: LineageInput[] };

export type LineageDatasetEntry = {
  namespace: string;
  name: string;
  type: 'DATASET';
  /** `[]` states that nothing known feeds the target; absence states nothing. */
  inputs?: LineageInput[];
  /** By target column. */
  fields?: Record<string, LineageFieldEntry>;
};

/** Without `namespace` and `name` (both or neither): the job of the event itself. */
export type LineageJobEntry = {
  namespace?: string;
  name?: string;
  type: 'JOB';
  /** UUID. */
  runId?: string;
  inputs?: LineageInput[];
};

/** One target and what feeds it. */
export type LineageEntry = LineageDatasetEntry | LineageJobEntry;

/** Key `lineage` on a job (LineageFacet 1-0-0): edges one by one, in place of every input × every output. */
export type LineageJobFacet = JobFacet & { entries: LineageEntry[] };

/** Key `lineage` on a dataset (LineageFacet 1-0-0): what feeds this dataset. */
export type LineageDatasetFacet = DatasetFacet & {
  inputs?: LineageInput[];
  /** By column of this dataset. */
  fields?: Record<string, LineageFieldEntry>;
};
