import type { KnownDatasetFacets } from './dataset-facets.ts';
import type { KnownInputDatasetFacets } from './input-dataset-facets.ts';
import type { KnownJobFacets } from './job-facets.ts';
import type { KnownOutputDatasetFacets } from './output-dataset-facets.ts';
import type { KnownRunFacets } from './run-facets.ts';

/** The known facets by where they go: the same key may name two facets (`tags`, `lineage`, `subset` …). */
export interface KnownFacets {
  run: KnownRunFacets;
  job: KnownJobFacets;
  dataset: KnownDatasetFacets;
  input: KnownInputDatasetFacets;
  output: KnownOutputDatasetFacets;
}

export type FacetTarget = keyof KnownFacets;

const spec = (version: string, file: string, definition: string = file) =>
  `https://openlineage.io/spec/facets/${version}/${file}.json#/$defs/${definition}`;

/** A URN: it must stay true wherever the schemas in docs/facets/ are served from. */
const ours = (version: string, definition: string) =>
  `urn:headwater:facets:${version}:${definition}#/$defs/${definition}`;

/** The `_schemaURL` of each known facet. The spec check compares it with the spec: keys, versions and definitions. */
export const FACET_SCHEMAS: { readonly [T in FacetTarget]: Readonly<Record<keyof KnownFacets[T], string>> } = {
  run: {
    environmentVariables: spec('1-0-0', 'EnvironmentVariablesRunFacet'),
    errorMessage: spec('1-0-1', 'ErrorMessageRunFacet'),
    executionParameters: spec('1-0-0', 'ExecutionParametersRunFacet'),
    externalQuery: spec('1-0-2', 'ExternalQueryRunFacet'),
    extractionError: spec('1-1-2', 'ExtractionErrorRunFacet'),
    jobDependencies: spec('1-0-1', 'JobDependenciesRunFacet'),
    nominalTime: spec('1-0-1', 'NominalTimeRunFacet'),
    parent: spec('1-2-0', 'ParentRunFacet'),
    processing_engine: spec('1-1-1', 'ProcessingEngineRunFacet'),
    tags: spec('1-0-0', 'TagsRunFacet'),
    test: spec('1-0-1', 'TestRunFacet'),
    gcp_composer_run: spec('1-0-0', 'GcpComposerRunFacet'),
    gcp_dataproc: spec('1-0-0', 'GcpDataprocRunFacet'),
    headwater_progress: ours('1-0-0', 'HeadwaterProgressRunFacet'),
    headwater_snapshot: ours('1-0-0', 'HeadwaterSnapshotFacet'),
    headwater_evidence: ours('1-0-0', 'HeadwaterEvidenceFacet'),
  },
  job: {
    documentation: spec('1-1-0', 'DocumentationJobFacet'),
    jobType: spec('2-0-4', 'JobTypeJobFacet'),
    lineage: spec('1-0-0', 'LineageFacet', 'LineageJobFacet'),
    ownership: spec('1-0-1', 'OwnershipJobFacet'),
    sourceCode: spec('1-0-1', 'SourceCodeJobFacet'),
    sourceCodeLocation: spec('1-1-0', 'SourceCodeLocationJobFacet'),
    sql: spec('1-1-0', 'SQLJobFacet'),
    tags: spec('1-0-0', 'TagsJobFacet'),
    gcp_composer_job: spec('1-0-0', 'GcpComposerJobFacet'),
    gcp_lineage: spec('1-0-0', 'GcpLineageJobFacet'),
    headwater_snapshot: ours('1-0-0', 'HeadwaterSnapshotFacet'),
    headwater_evidence: ours('1-0-0', 'HeadwaterEvidenceFacet'),
    headwater_usage: ours('1-0-0', 'HeadwaterUsageFacet'),
  },
  dataset: {
    catalog: spec('1-1-0', 'CatalogDatasetFacet'),
    columnLineage: spec('1-2-0', 'ColumnLineageDatasetFacet'),
    dataQualityMetrics: spec('1-0-0', 'DataQualityMetricsDatasetFacet'),
    dataSource: spec('1-0-1', 'DatasourceDatasetFacet'),
    datasetType: spec('1-0-1', 'DatasetTypeDatasetFacet'),
    documentation: spec('1-1-0', 'DocumentationDatasetFacet'),
    hierarchy: spec('1-0-0', 'HierarchyDatasetFacet'),
    lifecycleStateChange: spec('1-0-1', 'LifecycleStateChangeDatasetFacet'),
    lineage: spec('1-0-0', 'LineageFacet', 'LineageDatasetFacet'),
    ownership: spec('1-0-1', 'OwnershipDatasetFacet'),
    schema: spec('1-2-0', 'SchemaDatasetFacet'),
    storage: spec('1-0-1', 'StorageDatasetFacet'),
    symlinks: spec('1-0-1', 'SymlinksDatasetFacet'),
    tags: spec('1-0-0', 'TagsDatasetFacet'),
    version: spec('1-0-1', 'DatasetVersionDatasetFacet'),
    headwater_contract: ours('1-0-0', 'HeadwaterContractDatasetFacet'),
    headwater_freshness: ours('1-0-0', 'HeadwaterFreshnessDatasetFacet'),
    headwater_usage: ours('1-0-0', 'HeadwaterUsageFacet'),
  },
  input: {
    dataQualityAssertions: spec('1-1-0', 'DataQualityAssertionsDatasetFacet'),
    dataQualityMetrics: spec('1-0-3', 'DataQualityMetricsInputDatasetFacet'),
    inputStatistics: spec('1-0-0', 'InputStatisticsInputDatasetFacet'),
    subset: spec('1-0-0', 'BaseSubsetDatasetFacet', 'InputSubsetInputDatasetFacet'),
    icebergScanReport: spec('1-0-1', 'IcebergScanReportInputDatasetFacet'),
  },
  output: {
    outputStatistics: spec('1-0-2', 'OutputStatisticsOutputDatasetFacet'),
    subset: spec('1-0-0', 'BaseSubsetDatasetFacet', 'OutputSubsetOutputDatasetFacet'),
    icebergCommitReport: spec('1-0-2', 'IcebergCommitReportOutputDatasetFacet'),
  },
};
