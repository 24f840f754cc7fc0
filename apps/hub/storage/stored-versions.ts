import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from './open-sqlite.ts';

/** How the files of a data folder were written; null where there is none yet. */
export interface StoredVersions {
  readonly eventsSchema: number | null;
  readonly graphSchema: number | null;
  /** The version of the reduction that built the graph. */
  readonly reduction: number | null;
  /** The graph, or a part of it, came from an export. */
  readonly imported: boolean;
}

export async function storedVersions(folder: string): Promise<StoredVersions> {
  const [eventsSchema = null] = await ask(join(folder, 'events.db'), ['SELECT version FROM schema_version']);
  const [graphSchema = null, reduction = null, imported = null] = await ask(join(folder, 'graph.db'), [
    'PRAGMA user_version',
    "SELECT value FROM meta WHERE key = 'reduction'",
    "SELECT value FROM meta WHERE key = 'imported'",
  ]);
  return { eventsSchema, graphSchema, reduction, imported: imported !== null };
}

/** The first value of each query; none where the file is missing or says nothing of the kind: opening it will tell. */
async function ask(path: string, queries: readonly string[]): Promise<readonly (number | null)[]> {
  if (!existsSync(path)) return [];
  try {
    const db = await openSqlite(path, true);
    try {
      return queries.map((query) => {
        const row: unknown = db.prepare(query).get();
        const value: unknown = typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
        return value === undefined || value === null ? null : Number(value);
      });
    } finally {
      db.close();
    }
  } catch {
    return [];
  }
}
