/**
 * What a person, or a rule on their behalf, has to say about a dataset, a job or a field: annotations (Markdown) and tags.
 * Like merges they are no events: kept apart from them, they survive a rebuild of the graph, and are in no export that
 * isn't asked for them.
 */
import type { Change } from './changes.ts';

export type RemarkKind = 'ANNOTATION' | 'TAG';

export interface Remark {
  /** Rises in the order in which remarks were made. */
  readonly id: string;
  readonly kind: RemarkKind;
  /** The node it is on, by the id that it has now; of a field its dataset. */
  readonly asset: string;
  /** null: the node itself. Nested fields by their dotted path. */
  readonly field: string | null;
  /** Markdown, or the tag. */
  readonly text: string;
  /** It goes along the lineage: from a node along datasets and jobs, from a field along columns. */
  readonly carried: boolean;
  /** The name of the key, `local`, or `rule:NAME`. */
  readonly by: string;
  readonly at: number;
  /** From then on (ms) it is no more. */
  readonly expiresAt: number | null;
}

export interface RemarkRequest extends Pick<Remark, 'kind' | 'text' | 'carried' | 'by' | 'at' | 'expiresAt'> {
  /** A dataset, a job or a field, by any id that finds it. */
  readonly subject: string;
  /** The same key again is the same remark, also once it was removed: what tries twice says it once. */
  readonly key: string | null;
}

/** Takes back an annotation by its id, or a tag by what it is on. */
export interface RemovalRequest extends Pick<Remark, 'by' | 'at'> {
  readonly of:
    | { readonly kind: 'ANNOTATION'; readonly id: string }
    | { readonly kind: 'TAG'; readonly subject: string; readonly tag: string };
}

/** `UNKNOWN`: nothing is known by the id. `WRONG_KIND`: there can be no remark on it. `NOT_THERE`: nobody put it there. */
export type RemarkRefusal = 'UNKNOWN' | 'WRONG_KIND' | 'NOT_THERE';

export type RemarkOutcome =
  | {
      readonly kind: 'done';
      readonly remark: Remark;
      /** None where it was there already. */
      readonly changes: readonly Change[];
    }
  | { readonly kind: 'refused'; readonly why: RemarkRefusal; readonly reason: string };

/** An optional ability of a `GraphStore`. A remark is durable before it is answered. */
export interface Remarks {
  /** A tag that is there already stays one tag; whether it is carried is then as was said last. */
  remark(request: RemarkRequest): Promise<RemarkOutcome>;
  removeRemark(request: RemovalRequest): Promise<RemarkOutcome>;
}

/** An optional ability of a `GraphReader`. Remarks that were removed are left out; those that expired are not. */
export interface RemarkReads {
  /** By id of a dataset or job: the remarks on it and on its fields, oldest first. Those without any are left out. */
  remarks(assets: readonly string[]): Promise<ReadonlyMap<string, readonly Remark[]>>;
  /** All that are carried, oldest first. */
  carriedRemarks(): Promise<readonly Remark[]>;
}

export function offersRemarks<T extends object>(store: T): store is T & Remarks {
  return 'remark' in store && 'removeRemark' in store;
}

export function offersRemarkReads<T extends object>(reader: T): reader is T & RemarkReads {
  return 'remarks' in reader && 'carriedRemarks' in reader;
}

/** @param now ms */
export const isInForce = ({ expiresAt }: Remark, now: number): boolean => expiresAt === null || expiresAt > now;

/** The id of what it is on: of the node, or of the field. */
export const subjectOf = ({ asset, field }: Pick<Remark, 'asset' | 'field'>): string =>
  field === null ? asset : `datasetField:${asset.slice('dataset:'.length)}:${field}`;
