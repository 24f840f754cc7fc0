/**
 * The change feed: what applying observations really altered, in commit order. It depends on arrival (unlike the
 * graph); applied one after the other to nothing, it gives the current graph.
 */

/** Dotted kinds, the same in rule files, webhooks and GraphQL. */
export type ChangeKind =
  | 'node.added' // after: {kind, namespace, name}
  | 'aliases.changed' // before/after: the sorted ids that find the node
  | 'node.removed' // it is part of another node now. before: {kind, namespace, name}
  | 'lifecycle.changed' // before/after: ACTIVE | DROPPED
  | 'lineage.changed' // before/after: null or the current edge {id, kind, from, to}
  | 'columns.changed' // of an output: before: column edges that went, after: those that came
  | 'fields.changed' // the schema that is shown: before/after: field lists
  | 'schema.changed' // one teller's stream differs from itself: before/after: field lists
  | 'facet.changed' // before/after: {scope, name, source, value}
  | 'job.type' // how a job is processed: before/after: BATCH | STREAMING | SERVICE
  | 'dataset.updated' // a run that wrote it completed
  | 'run.completed'
  | 'run.failed'
  | 'job.flowing'
  | 'job.idle'
  | 'job.lagging'
  | 'job.stalled'
  | 'job.silent'
  | 'job.stopped'
  | 'job.recovered'
  | 'freshness.warned' // before/after: FreshnessState
  | 'freshness.failed'
  | 'freshness.recovered'
  | 'run.slow' // after: {usual, limit (ms), runs, took?}
  | 'run.stuck' // after: the same, and lastHeard
  | 'run.missing' // of the job. after: {expected, last}
  | 'source.silent' // of a source: `source:NAME`. after: {silentSince, usual (ms), days}
  | 'source.recovered'
  | 'volume.anomaly' // after: {unusual: LOW | HIGH, rows, median, least, most, runs}
  | 'volume.recovered'
  | 'quality.failed' // before/after: the checks that fail
  | 'quality.recovered'
  | 'contract.violated' // after: the promises that are broken: {contract, kind, path, reason}
  | 'contract.recovered'
  | 'lineage.cycle' // of the job that closes it. after: {nodes, continuous}
  | 'assets.merged' // a person joined another dataset to it. after: {alias, into, by, at, reason}
  | 'assets.split' // a person undid that. before: the merge, after: {by, at, reason}
  | 'annotation.added' // subject: the node, of a field its dataset. after: {id, subject, text, by, at, expiresAt, downstream}
  | 'annotation.removed' // before: the annotation, after: {by, at}
  | 'tag.added' // after: {subject, tag, by, at, propagate}
  | 'tag.removed' // before: the tag, after: {by, at}
  | 'history'; // only the past altered: after: {from, to}

export interface Change {
  /** Gapless, in commit order. */
  readonly sequence: number;
  readonly kind: ChangeKind;
  /** Node id of the dataset, job or run it is about. */
  readonly subject: string;
  /** When it holds in the graph, event time, ms. */
  readonly at: number;
  /** When the hub applied it, ms. */
  readonly seen: number;
  /** One plain sentence. */
  readonly text: string;
  readonly breaking: boolean | null;
  /** A late event undid what was current. */
  readonly corrected: boolean;
  readonly before: unknown;
  readonly after: unknown;
  /** Ids of what is affected downstream, where that was worked out. */
  readonly hit?: readonly string[];
}
