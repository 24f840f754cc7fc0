import type { CustomFacet, InputDatasetFacet, Open } from './base-facet.ts';
import type { DataQualityMetrics } from './dataset-facets.ts';
import type { IcebergScanReportInputDatasetFacet } from './iceberg-facets.ts';
import type { SubsetCondition } from './subset-condition.ts';

/** Key `dataQualityAssertions` (DataQualityAssertionsDatasetFacet 1-1-0). Named after datasets, yet an input facet. */
export type DataQualityAssertionsDatasetFacet = InputDatasetFacet & { assertions: DataQualityAssertion[] };
export type DataQualityAssertion = {
  /** `not_null`, `unique`, `row_count`, `freshness`, `custom_sql` … */
  assertion: string;
  /** False when it found something, whatever the severity. */
  success: boolean;
  /** Absent: the assertion is about the whole dataset. */
  column?: string;
  /** What a failure means: `error` stops the pipeline, `warn` doesn't. */
  severity?: Open<'error' | 'warn'>;
  name?: string;
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

/** Key `dataQualityMetrics` (DataQualityMetricsInputDatasetFacet 1-0-3): the data measured as it was read. */
export type DataQualityMetricsInputDatasetFacet = InputDatasetFacet & DataQualityMetrics;

/** Key `inputStatistics` (InputStatisticsInputDatasetFacet 1-0-0): what was read. */
export type InputStatisticsInputDatasetFacet = InputDatasetFacet & {
  rowCount?: number;
  /** Bytes. */
  size?: number;
  fileCount?: number;
};

/** Key `subset` (BaseSubsetDatasetFacet 1-0-0): the part that was read. */
export type InputSubsetInputDatasetFacet = InputDatasetFacet & { inputCondition: SubsetCondition };

/** The input facets with a type here, by their key. */
export interface KnownInputDatasetFacets {
  dataQualityAssertions?: DataQualityAssertionsDatasetFacet;
  dataQualityMetrics?: DataQualityMetricsInputDatasetFacet;
  inputStatistics?: InputStatisticsInputDatasetFacet;
  subset?: InputSubsetInputDatasetFacet;
  icebergScanReport?: IcebergScanReportInputDatasetFacet;
}

/** `inputFacets`: the known ones by type, any other as a `CustomFacet`. */
export interface InputDatasetFacets extends KnownInputDatasetFacets {
  [name: string]: CustomFacet;
}
