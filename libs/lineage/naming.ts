/**
 * What a user of the package imports as `headwater/lineage`: how datasets, jobs and runs are named, so that what one
 * sends meets what others send. All of it is pure.
 */
export { assetId, fieldId, parseNodeId, runNodeId } from './ids.ts';
export { airflowRunId } from './names/airflow-run-id.ts';
export { canonicalDataset, canonicalField, canonicalJob } from './names/canonical.ts';
export { canonicalNamespace } from './names/canonical-namespace.ts';
export { datasetFromJdbcUrl } from './names/dataset-from-jdbc-url.ts';
export { datasetFromLocation, datasetFromLocationAndName } from './names/dataset-from-location.ts';
export { sourceOf } from './names/source-of.ts';
