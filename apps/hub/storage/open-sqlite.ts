import type { DatabaseSyncInstance } from '@photostructure/sqlite';

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => DatabaseSyncInstance;
}

// Node's own SQLite is complete from 24 on; before that, a prebuilt binding with the same API.
const specifier = Number.parseInt(process.versions.node, 10) >= 24 ? 'node:sqlite' : '@photostructure/sqlite';

export async function openSqlite(path: string, readOnly: boolean): Promise<DatabaseSyncInstance> {
  const { DatabaseSync } = (await import(specifier)) as SqliteModule;
  return new DatabaseSync(path, { readOnly });
}
