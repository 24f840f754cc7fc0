/**
 * A statement with its rows as lists instead of maps. A map says the name of each property in each row: half of all texts
 * that were packed, sent and unpacked were such names. The query is still written, and read, with names.
 */
import type { Properties } from './neo4j-database.ts';

export interface RowStatement {
  /** Says `UNWIND $rows AS row`, and `row.name` of each property it uses. */
  readonly query: string;
  /** Sorted by id, so that two who write the same wait for each other once and never in a circle. */
  readonly rows: readonly (readonly unknown[])[];
}

/** What a row doesn't have is null. */
export function rowStatement(query: string, rows: readonly Properties[]): RowStatement {
  const { columns } = asSent(query);
  return { query, rows: [...rows].sort(byId).map((row) => columns.map((name) => row[name] ?? null)) };
}

export interface SentQuery {
  /** Properties that the query asks rows for, in the order of the lists. */
  readonly columns: readonly string[];
  readonly cypher: string;
}

const known = new Map<string, SentQuery>();

/** The query as the server gets it, with places in the lists instead of names. */
export function asSent(query: string): SentQuery {
  const before = known.get(query);
  if (before !== undefined) return before;
  const columns: string[] = [];
  const cypher = query.replaceAll(/\brow\.(\w+)/g, (_, name: string) => {
    if (!columns.includes(name)) columns.push(name);
    return `row[${columns.indexOf(name)}]`;
  });
  const sent = { columns, cypher };
  known.set(query, sent);
  return sent;
}

function byId(a: Properties, b: Properties): number {
  const [x, y] = [String(a['id']), String(b['id'])];
  return x < y ? -1 : x > y ? 1 : 0;
}
