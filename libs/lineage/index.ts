/** The pure core: names, statements, reduction, timelines, continuous jobs, and the ports. */
export * from './canonical-json.ts';
export type * from './changes.ts';
export * from './continuous/activity.ts';
export { dataTimeOf } from './continuous/data-time.ts';
export { flowOf, nextFlowDeadline } from './continuous/flow.ts';
export * from './continuous/flow-changes.ts';
export * from './continuous/flow-limits.ts';
export * from './continuous/flow-observation.ts';
export { type FlowRow, observe } from './continuous/flow-row.ts';
export * from './contracts/check-contract.ts';
export * from './contracts/contract-facet.ts';
export type * from './contracts/data-contract.ts';
export * from './contracts/read-contract.ts';
export * from './delta.ts';
export * from './duration.ts';
export { endOfString } from './end-of-string.ts';
export * from './expectations/run-expectation.ts';
export * from './expectations/source-rhythm.ts';
export * from './expectations/volume.ts';
export * from './export-line.ts';
export * from './facet-meaning.ts';
export { type CronReading, type CronSchedule, readCron } from './freshness/cron-schedule.ts';
export {
  type Contribution as DataTimeContribution,
  type ContributionValue as DataTimeValue,
  type DataTimeStep,
  type DataTold,
  type DataWrite,
  type Held as DataTimeHeld,
  type Moment as DataTimeMoment,
  momentOf,
  seenBy,
} from './freshness/data-time.ts';
export { DataTimePropagation, type DataTimeRows } from './freshness/data-time-propagation.ts';
export * from './freshness/evaluate-freshness.ts';
export * from './freshness/freshness-answer.ts';
export * from './freshness/freshness-change.ts';
export {
  type CronDeadline,
  type FreshnessPolicy,
  type MaxAge,
  type PolicyFault,
  type PolicyReading,
  policyText,
  readPolicy,
} from './freshness/freshness-policy.ts';
export * from './freshness/freshness-reads.ts';
export * from './freshness/memory-data-time-rows.ts';
export * from './freshness/policy-facet.ts';
export * from './freshness/why-data-time.ts';
export * from './ids.ts';
export * from './instant.ts';
export * from './is-held.ts';
export * from './merges.ts';
export { airflowRunId } from './names/airflow-run-id.ts';
export { canonicalDataset, canonicalField, canonicalJob } from './names/canonical.ts';
export { canonicalNamespace } from './names/canonical-namespace.ts';
export { datasetFromJdbcUrl } from './names/dataset-from-jdbc-url.ts';
export { datasetFromLocation, datasetFromLocationAndName } from './names/dataset-from-location.ts';
export { sourceOf } from './names/source-of.ts';
export { inOnePiece } from './one-piece.ts';
export { parseByParts } from './parse-by-parts.ts';
export * from './ports.ts';
export * from './reach.ts';
export type {
  Asset,
  AssetList,
  ChangeFeed,
  ChangeQuery,
  ColumnEdge,
  ColumnLineage,
  Counts,
  Cut,
  DatasetSchema,
  Direction as WalkDirection,
  Edge,
  EdgeKind,
  Evidence,
  Facet,
  FieldRef,
  Flow,
  FlowState,
  GraphReader,
  HourOfActivity,
  InputProgress,
  Interval,
  JobVersion,
  Lineage,
  LineageQuery,
  Page,
  QualityCheck,
  Run,
  RunState,
  SchemaField,
  SchemaVersion,
  SearchHit,
  SearchQuery,
  Statistics,
  Transformation,
} from './read-model.ts';
export * from './redact.ts';
export { elementKey } from './reduce/element-list.ts';
export { EventReader } from './reduce/event-reader.ts';
export { REDUCTION_VERSION, reduceEvent } from './reduce/reduce-event.ts';
export { runEventTime } from './reduce/run-event-time.ts';
export { processingOf } from './reduce/run-statement.ts';
export * from './remarks.ts';
export * from './schema-diff.ts';
export * from './schema-impact.ts';
export * from './schema-renames.ts';
export * from './search-rank.ts';
export * from './takes-turns.ts';
export { TextMemo } from './text-memo.ts';
export * from './timeline.ts';
export { cyclesOf } from './walk/cycles-of.ts';
export * from './walk/walk-graph.ts';
