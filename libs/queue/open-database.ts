import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { StorageError } from './storage-error.ts';

export type Database = DatabaseSyncInstance;

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => Database;
}

// Node's own SQLite is complete from 24 on; before that, a prebuilt binding with the same API.
const BUILT_IN_SINCE = 24;
const major = Number.parseInt(process.versions.node, 10);
const specifier = major >= BUILT_IN_SINCE ? 'node:sqlite' : '@photostructure/sqlite';

/** Opens (and makes, unless read-only) a database. Rejects with a StorageError. */
export async function openDatabase(path: string, options: { readonly readOnly?: boolean } = {}): Promise<Database> {
  const sqlite = (await import(specifier)) as SqliteModule;
  try {
    return new sqlite.DatabaseSync(path, options);
  } catch (error) {
    throw asStorageError(error, path);
  }
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** What SQLite threw, in the words of StorageError; anything that isn't SQLite's is a defect and comes back as it is. */
export function asStorageError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StorageError || !('errcode' in error)) return error;
  const options = { cause: error };
  // Extended codes keep the primary one in the low byte.
  switch (Number(error.errcode) & 0xff) {
    case SQLITE_FULL:
      return new StorageError('FULL', `no room left to write ${path}: free disk space or lower the retention`, options);
    case SQLITE_BUSY:
      return new StorageError('IN_USE', `${path} is in use by another process: stop it first`, options);
    case SQLITE_NOTADB:
      return new StorageError('FAILED', `${path} is not a database of Headwater: move it away`, options);
    default:
      return new StorageError('FAILED', `${path}: ${error.message}: check the disk and the folder's rights`, options);
  }
}
