import type { CustomFacet, DatasetFacet, Open, OrDeleted } from './base-facet.ts';
import type {
  HeadwaterContractDatasetFacet,
  HeadwaterFreshnessDatasetFacet,
  HeadwaterUsageFacet,
} from './headwater-facets.ts';
import type { Owner } from './job-facets.ts';
import type { LineageDatasetFacet } from './lineage-entry.ts';
import type { Tag } from './run-facets.ts';

/** Key `catalog` (CatalogDatasetFacet 1-1-0): the catalog through which the dataset was found. */
export type CatalogDatasetFacet = DatasetFacet & {
  /** `iceberg`, `delta` … */
  framework: string;
  /** `hive`, `glue`, `rest`, `jdbc` … */
  type: string;
  /** As configured where it is used. */
  name: string;
  /** How the catalog is reached. */
  metadataUri?: string;
  /** Where the data lies that it describes. */
  warehouseUri?: string;
  /** The system it is configured in: `spark`, `flink` … */
  source?: string;
  catalogProperties?: Record<string, string>;
};

/** Key `columnLineage` (ColumnLineageDatasetFacet 1-2-0), on an output: which input columns shaped it. */
export type ColumnLineageDatasetFacet = DatasetFacet & {
  /** By output column. */
  fields: Record<string, ColumnLineageField>;
  /** Columns that shaped every row of the output: filters, joins, sorts, groups. */
  dataset?: ColumnLineageInputField[];
};
export type ColumnLineageField = {
  inputFields: ColumnLineageInputField[];
  /** @deprecated since 1-1-0: see `transformations` of each input field. */
  transformationDescription?: string;
  /** @deprecated since 1-1-0: `IDENTITY` or `MASKED`. */
  transformationType?: string;
};
export type ColumnLineageInputField = {
  namespace: string;
  name: string;
  field: string;
  transformations?: ColumnTransformation[];
};
export type ColumnTransformation = {
  /** DIRECT: the value flows. INDIRECT: it only decides what flows. */
  type: Open<'DIRECT' | 'INDIRECT'>;
  /** DIRECT: the first three. INDIRECT: the others. */
  subtype?: Open<
    'IDENTITY' | 'TRANSFORMATION' | 'AGGREGATION' | 'JOIN' | 'GROUP_BY' | 'FILTER' | 'SORT' | 'WINDOW' | 'CONDITIONAL'
  >;
  /** In words or code. */
  description?: string;
  /** Whether the original value can no longer be read from the result. */
  masking?: boolean;
};

/** Key `dataQualityMetrics` (DataQualityMetricsDatasetFacet 1-0-0): the dataset measured, apart from any reading. */
export type DataQualityMetricsDatasetFacet = DatasetFacet & DataQualityMetrics;
export type DataQualityMetrics = {
  /** Rows measured. */
  rowCount?: number;
  bytes?: number;
  fileCount?: number;
  /** RFC 3339 time of the data's last change. */
  lastUpdated?: string;
  /** By column. */
  columnMetrics: Record<string, ColumnMetrics>;
};
export type ColumnMetrics = {
  nullCount?: number;
  distinctCount?: number;
  sum?: number;
  count?: number;
  min?: number;
  max?: number;
  /** By quantile, written as text: `{ "0.5": 12, "0.95": 40 }`. */
  quantiles?: Record<string, number>;
};

/** Key `datasetType` (DatasetTypeDatasetFacet 1-0-1). */
export type DatasetTypeDatasetFacet = DatasetFacet & {
  datasetType: Open<'TABLE' | 'VIEW' | 'FILE' | 'TOPIC' | 'STREAM' | 'MODEL' | 'JOB_OUTPUT'>;
  subType?: Open<'MATERIALIZED' | 'EXTERNAL' | 'TEMPORARY'>;
};

/** Key `version` (DatasetVersionDatasetFacet 1-0-1): the version read or written, such as an Iceberg snapshot id. */
export type DatasetVersionDatasetFacet = DatasetFacet & { datasetVersion: string };

/** Key `dataSource` (DatasourceDatasetFacet 1-0-1): the server. */
export type DatasourceDatasetFacet = DatasetFacet & {
  name?: string;
  /** URI. May hold credentials in the wild: cut them out before sending. */
  uri?: string;
};

/** Key `documentation` (DocumentationDatasetFacet 1-1-0). */
export type DocumentationDatasetFacet = DatasetFacet & {
  description: string;
  /** MIME type of the description: `text/markdown`. */
  contentType?: string;
};

/** Key `hierarchy` (HierarchyDatasetFacet 1-0-0): database, schema, table …, outermost first. */
export type HierarchyDatasetFacet = DatasetFacet & { hierarchy: HierarchyLevel[] };
export type HierarchyLevel = { type: Open<'DATABASE' | 'SCHEMA' | 'TABLE'>; name: string };

/** Key `lifecycleStateChange` (LifecycleStateChangeDatasetFacet 1-0-1): what happened to the dataset itself. */
export type LifecycleStateChangeDatasetFacet = DatasetFacet & {
  lifecycleStateChange: 'ALTER' | 'CREATE' | 'DROP' | 'OVERWRITE' | 'RENAME' | 'TRUNCATE';
  /** With RENAME: what it was called before. */
  previousIdentifier?: { namespace: string; name: string };
};

/** Key `ownership` (OwnershipDatasetFacet 1-0-1). */
export type OwnershipDatasetFacet = DatasetFacet & { owners?: Owner[] };

/** Key `schema` (SchemaDatasetFacet 1-2-0). */
export type SchemaDatasetFacet = DatasetFacet & { fields?: SchemaField[] };
export type SchemaField = {
  name: string;
  /** In the store's own words: `varchar(64)`, `struct` … */
  type?: string;
  description?: string;
  /** Counted from 1. */
  ordinal_position?: number;
  /** The members of a struct; for arrays and maps, producers name them `_element`, `_key`, `_value`. */
  fields?: SchemaField[];
};

/** Key `storage` (StorageDatasetFacet 1-0-1). */
export type StorageDatasetFacet = DatasetFacet & {
  storageLayer: Open<'iceberg' | 'delta'>;
  fileFormat?: Open<'parquet' | 'orc' | 'avro' | 'json' | 'csv' | 'text' | 'xml'>;
};

/** Key `symlinks` (SymlinksDatasetFacet 1-0-1): further names of the same dataset. */
export type SymlinksDatasetFacet = DatasetFacet & { identifiers?: SymlinkIdentifier[] };
/** `type`: `TABLE`, `LOCATION` … */
export type SymlinkIdentifier = { namespace: string; name: string; type: string };

/** Key `tags` (TagsDatasetFacet 1-0-0). */
export type TagsDatasetFacet = DatasetFacet & { tags?: DatasetTag[] };
/** With `field` the tag is the column's. */
export type DatasetTag = Tag & { field?: string };

/** The dataset facets with a type here, by their key. */
export interface KnownDatasetFacets {
  catalog?: CatalogDatasetFacet;
  columnLineage?: ColumnLineageDatasetFacet;
  dataQualityMetrics?: DataQualityMetricsDatasetFacet;
  dataSource?: DatasourceDatasetFacet;
  datasetType?: DatasetTypeDatasetFacet;
  documentation?: DocumentationDatasetFacet;
  hierarchy?: HierarchyDatasetFacet;
  lifecycleStateChange?: LifecycleStateChangeDatasetFacet;
  lineage?: LineageDatasetFacet;
  ownership?: OwnershipDatasetFacet;
  schema?: SchemaDatasetFacet;
  storage?: StorageDatasetFacet;
  symlinks?: SymlinksDatasetFacet;
  tags?: TagsDatasetFacet;
  version?: DatasetVersionDatasetFacet;
  headwater_contract?: HeadwaterContractDatasetFacet;
  headwater_freshness?: HeadwaterFreshnessDatasetFacet;
  headwater_usage?: HeadwaterUsageFacet;
}

/** `facets` of any dataset: the known ones by type or retracted, any other as a `CustomFacet`. */
export interface DatasetFacets extends OrDeleted<KnownDatasetFacets> {
  [name: string]: CustomFacet;
}
