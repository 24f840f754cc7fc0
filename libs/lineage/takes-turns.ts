/** Of a store that several workers write: whose turn it is. */

/**
 * An optional ability of a `GraphStore`, which saves work; that the graph is right doesn't rest on it, and `apply` may be
 * called out of turn.
 */
export interface TakesTurns {
  /** true: this worker is to apply what comes next, for a while; false: another is, and this one has followed it. */
  takeTurn(): Promise<boolean>;
}

export function takesTurns<T extends object>(store: T): store is T & TakesTurns {
  return 'takeTurn' in store;
}
