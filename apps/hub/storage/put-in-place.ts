import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from './open-sqlite.ts';

/**
 * The old files go first, with what belongs to them (`-wal`, `-shm`): a new file beside an old journal would be corrupt.
 * Broken off here, the graph is empty or behind, and the next start applies what it lacks.
 */
export async function putInPlace(from: string, to: string): Promise<void> {
  for (const file of readdirSync(from)) {
    // Opened to write and closed as the last connection, SQLite folds the journal into the file.
    if (file.endsWith('.db')) (await openSqlite(join(from, file), false)).close();
  }
  const files = readdirSync(from);
  for (const file of files) {
    for (const old of readdirSync(to)) if (old === file || old.startsWith(`${file}-`)) rmSync(join(to, old));
  }
  for (const file of files) renameSync(join(from, file), join(to, file));
  rmSync(from, { recursive: true, force: true });
}
