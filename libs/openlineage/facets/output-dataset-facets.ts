import type { CustomFacet, OutputDatasetFacet } from './base-facet.ts';
import type { IcebergCommitReportOutputDatasetFacet } from './iceberg-facets.ts';
import type { SubsetCondition } from './subset-condition.ts';

/** Key `outputStatistics` (OutputStatisticsOutputDatasetFacet 1-0-2): what was written. */
export type OutputStatisticsOutputDatasetFacet = OutputDatasetFacet & {
  rowCount?: number;
  /** Bytes. */
  size?: number;
  fileCount?: number;
};

/** Key `subset` (BaseSubsetDatasetFacet 1-0-0): the part that was written. */
export type OutputSubsetOutputDatasetFacet = OutputDatasetFacet & { outputCondition: SubsetCondition };

/** The output facets with a type here, by their key. */
export interface KnownOutputDatasetFacets {
  outputStatistics?: OutputStatisticsOutputDatasetFacet;
  subset?: OutputSubsetOutputDatasetFacet;
  icebergCommitReport?: IcebergCommitReportOutputDatasetFacet;
}

/** `outputFacets`: the known ones by type, any other as a `CustomFacet`. */
export interface OutputDatasetFacets extends KnownOutputDatasetFacets {
  [name: string]: CustomFacet;
}
