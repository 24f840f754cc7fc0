/**
 * Rows of a statement as lists instead of maps. A map says the name of each property in each row: half of all texts that
 * were packed, sent and unpacked were such names. The statement is still written, and read, with names.
 */
import type { Properties } from './neo4j-database.ts';

export interface ListStatement {
  /** Properties that the statement asks rows for, in the order of the lists. */
  readonly columns: readonly string[];
  readonly cypher: string;
}

const known = new Map<string, ListStatement>();

/** @param query that says `UNWIND $rows AS row`, and `row.name` of each property it uses */
export function listStatement(query: string): ListStatement {
  const before = known.get(query);
  if (before !== undefined) return before;
  const columns: string[] = [];
  const cypher = query.replaceAll(/\brow\.(\w+)/g, (_, name: string) => {
    if (!columns.includes(name)) columns.push(name);
    return `row[${columns.indexOf(name)}]`;
  });
  const statement = { columns, cypher };
  known.set(query, statement);
  return statement;
}

/** What a row doesn't have is null. */
export const listRows = (rows: readonly Properties[], columns: readonly string[]): unknown[][] =>
  rows.map((row) => columns.map((name) => row[name] ?? null));
