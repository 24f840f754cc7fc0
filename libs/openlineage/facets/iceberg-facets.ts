import type { InputDatasetFacet, OutputDatasetFacet } from './base-facet.ts';

/**
 * Input key `icebergScanReport` (registry `iceberg`, IcebergScanReportInputDatasetFacet 1-0-1). Snapshot ids are
 * 64-bit: beyond 2^53 a JavaScript number is not exact; the `version` facet holds the id as text.
 */
export type IcebergScanReportInputDatasetFacet = InputDatasetFacet & {
  snapshotId?: number;
  filterDescription?: string;
  schemaId?: number;
  projectedFieldNames?: string[];
  scanMetrics?: IcebergScanMetrics;
  metadata?: Record<string, unknown>;
};

/** Counts, but for the duration (milliseconds) and the sizes (bytes). */
export type IcebergScanMetrics = {
  /** Milliseconds. */
  totalPlanningDuration?: number;
  resultDataFiles?: number;
  resultDeleteFiles?: number;
  totalDataManifests?: number;
  totalDeleteManifests?: number;
  scannedDataManifests?: number;
  skippedDataManifests?: number;
  /** Bytes. */
  totalFileSizeInBytes?: number;
  /** Bytes. */
  totalDeleteFileSizeInBytes?: number;
  skippedDataFiles?: number;
  skippedDeleteFiles?: number;
  scannedDeleteManifests?: number;
  skippedDeleteManifests?: number;
  indexedDeleteFiles?: number;
  equalityDeleteFiles?: number;
  positionalDeleteFiles?: number;
};

/** Output key `icebergCommitReport` (registry `iceberg`, IcebergCommitReportOutputDatasetFacet 1-0-2). */
export type IcebergCommitReportOutputDatasetFacet = OutputDatasetFacet & {
  /** 64-bit at its origin: see `IcebergScanReportInputDatasetFacet`. */
  snapshotId?: number;
  sequenceNumber?: number;
  /** `append`, `overwrite`, `delete`, `replace`. */
  operation?: string;
  commitMetrics?: IcebergCommitMetrics;
  metadata?: Record<string, unknown>;
};

/** Counts, but for the duration (milliseconds) and the sizes (bytes). `total…` is the table after the commit. */
export type IcebergCommitMetrics = {
  /** Milliseconds. */
  totalDuration?: number;
  attempts?: number;
  addedDataFiles?: number;
  removedDataFiles?: number;
  totalDataFiles?: number;
  addedDeleteFiles?: number;
  addedEqualityDeleteFiles?: number;
  addedPositionalDeleteFiles?: number;
  /** Deletion vectors. */
  addedDVs?: number;
  removedDeleteFiles?: number;
  removedEqualityDeleteFiles?: number;
  removedPositionalDeleteFiles?: number;
  /** Deletion vectors. */
  removedDVs?: number;
  totalDeleteFiles?: number;
  addedRecords?: number;
  removedRecords?: number;
  totalRecords?: number;
  /** Bytes. */
  addedFilesSizeInBytes?: number;
  /** Bytes. */
  removedFilesSizeInBytes?: number;
  /** Bytes. */
  totalFilesSizeInBytes?: number;
  addedPositionalDeletes?: number;
  removedPositionalDeletes?: number;
  totalPositionalDeletes?: number;
  addedEqualityDeletes?: number;
  removedEqualityDeletes?: number;
  totalEqualityDeletes?: number;
};
