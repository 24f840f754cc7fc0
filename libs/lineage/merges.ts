/**
 * What people say of names: that two datasets are one, and that they are not after all. These are statements, not
 * events: they are kept apart from them, survive a rebuild of the graph, and are in no export that isn't asked for them.
 */
import type { Change } from './changes.ts';

/** Who undid or said something, when (ms), and why where they gave a reason. */
export interface PersonsWord {
  readonly by: string;
  readonly at: number;
  readonly reason: string | null;
}

/** A person said that `alias` is another name of `into`. */
export interface Merge extends PersonsWord {
  /** Ids as they were when it was said: each named a node of its own. */
  readonly alias: string;
  readonly into: string;
}

export interface MergeRequest extends PersonsWord {
  readonly ids: readonly string[];
  readonly into: string;
}

export interface SplitRequest extends PersonsWord {
  /** The node, by any id that finds it. */
  readonly id: string;
  /** The id that was merged into it. */
  readonly alias: string;
}

/**
 * - `UNKNOWN`: nothing is known by an id. `WRONG_KIND`: only datasets can be one. `ITSELF`: nothing would be joined.
 * - `ALREADY_ONE`: they are one node. `NOT_MERGED`: no person joined these, so none can part them.
 */
export type MergeRefusal = 'UNKNOWN' | 'WRONG_KIND' | 'ITSELF' | 'ALREADY_ONE' | 'NOT_MERGED';

export type MergeOutcome =
  | { readonly kind: 'done' /** The id of the node. */; readonly node: string; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly why: MergeRefusal; readonly reason: string };

/**
 * An optional ability of a `GraphStore`. A statement is durable before it is answered, and joins as an alias of the
 * settings does: `into` names the node. All or nothing.
 */
export interface AssetMerges {
  merge(request: MergeRequest): Promise<MergeOutcome>;
  split(request: SplitRequest): Promise<MergeOutcome>;
}

/** An optional ability of a `GraphReader`. */
export interface MergeReads {
  /** By id of a dataset: the merges that hold among its names, oldest first. Those without any are left out. */
  merges(ids: readonly string[]): Promise<ReadonlyMap<string, readonly Merge[]>>;
}

export function offersMerges<T extends object>(store: T): store is T & AssetMerges {
  return 'merge' in store && 'split' in store;
}

export function offersMergeReads<T extends object>(reader: T): reader is T & MergeReads {
  return 'merges' in reader;
}
