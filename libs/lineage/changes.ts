/**
 * The change feed: what applying observations really altered, in commit order. It depends on arrival (unlike the
 * graph); applied one after the other to nothing, it gives the current graph.
 */

/** Dotted kinds, the same in rule files, webhooks and GraphQL. */
export type ChangeKind =
  | 'node.added' // after: {kind, namespace, name}
  | 'aliases.changed' // before/after: the sorted ids that find the node
  | 'node.merged' // before: the node it was, after: the node it now is part of
  | 'lifecycle.changed' // before/after: ACTIVE | DROPPED
  | 'lineage.changed' // before/after: null or the current edge {id, kind, from, to}
  | 'columns.changed' // before/after: null or the current column edge
  | 'schema.changed' // before/after: field lists
  | 'facet.changed' // before/after: {scope, name, source, value}
  | 'job.type' // before/after: BATCH | STREAMING | SERVICE
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
}
