import { badInput } from './graphql-failure.ts';
import type { GraphqlLimits } from './graphql-limits.ts';

/** An argument as it comes in: absent, or null where the caller said so, which means the default too. */
export type Optional<T> = T | null | undefined;

/** `first` of a list. */
export function pageSize(first: Optional<number>, fallback: number, limits: GraphqlLimits): number {
  return within('first', first ?? fallback, 1, limits.page, 'ask for the rest with `after`');
}

export const lineageDepth = (depth: Optional<number>, fallback: number, limits: GraphqlLimits): number =>
  within('depth', depth ?? fallback, 0, limits.lineageDepth, 'go on from the nodes in `cut`');

export const lineageLimit = (limit: Optional<number>, fallback: number, limits: GraphqlLimits): number =>
  within('limit', limit ?? fallback, 1, limits.lineage, 'go on from the nodes in `cut`');

/** A list of ids that something is asked about. */
export function ids(name: string, given: readonly string[], limits: GraphqlLimits): readonly string[] {
  if (given.length === 0) throw badInput(`${name} is empty: name at least one id`);
  if (given.length > limits.ids) {
    throw badInput(`${name} has ${given.length} ids, at most ${limits.ids} may be asked about at once: ask in parts`);
  }
  return [...new Set(given)];
}

/** `after` of the change feed: a sequence number. */
export function sequence(after: Optional<string>): string | null {
  if (after === null || after === undefined) return null;
  if (/^\d{1,15}$/.test(after)) return after;
  throw badInput(`after is ${JSON.stringify(after)}, not a place in the feed: use the id of a change, or an endCursor`);
}

/** [from, to). */
export function period(from: number, to: number): void {
  if (from < to) return;
  throw badInput('from must lie before to: they are the same time or the wrong way round');
}

function within(name: string, value: number, least: number, most: number, instead: string): number {
  if (value >= least && value <= most) return value;
  throw badInput(`${name} is ${value}, it may be ${least} to ${most}: ${instead}`);
}
