/** What jobs said last of their edges, for edges that don't tell it themselves (`last-said.ts`). */
import type { LastWords } from '../../last-said.ts';
import { lastWordsIn } from '../line-properties.ts';
import type { Properties, Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { READ_LAST_SAID } from '../queries/walk-queries.ts';

/** By job. */
export async function readLastSaid(
  statements: Statements,
  jobs: readonly string[],
): Promise<ReadonlyMap<string, LastWords>> {
  const rows = jobs.length === 0 ? [] : await statements.run(READ_LAST_SAID, { ids: jobs });
  return new Map(rows.map((row) => [String(row['id']), lastWordsIn(row['said'])]));
}

/** @param rows of `READ_COLUMN_EDGES` */
export function lastSaidBy(
  statements: Statements,
  rows: readonly Properties[],
): Promise<ReadonlyMap<string, LastWords>> {
  const jobs = rows.flatMap((row) => new PropertyReader(row).of('p').textOrNull('job') ?? []);
  return readLastSaid(statements, [...new Set(jobs)]);
}
