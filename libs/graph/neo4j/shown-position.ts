/** How far readers see: not the latest commit, but the latest that is whole. */
import type { Statements } from './neo4j-database.ts';
import { READ_SHOWN } from './queries/commit-queries.ts';

/** What is found by whichever index: all up to this position of the log, and up to this change. */
export interface ShownPosition {
  readonly applied: number;
  readonly sequence: number;
}

/** With the log that the graph is of; null: of none yet. */
export async function shownIn(statements: Statements): Promise<ShownPosition & { readonly log: string | null }> {
  const [row] = await statements.run(READ_SHOWN);
  const log = row?.['log'];
  return {
    applied: Number(row?.['applied'] ?? 0),
    sequence: Number(row?.['sequence'] ?? 0),
    log: typeof log === 'string' ? log : null,
  };
}

/**
 * Of rows of the feed, those that are shown: of a commit that is still going into the indexes some are found before
 * others, and who read on from them would never hear of the rest.
 */
export async function shownOf<T extends { readonly sequence: number }>(
  statements: Statements,
  read: () => Promise<readonly T[]>,
): Promise<T[]> {
  // Asked first: what is shown by then is in what is read after it.
  const [{ sequence }, rows] = await Promise.all([shownIn(statements), read()]);
  return rows.filter((row) => row.sequence <= sequence);
}
