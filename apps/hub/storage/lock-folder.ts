import { join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import { openSqlite } from './open-sqlite.ts';

/**
 * Holds a folder for the life of the process: the system frees it after a crash.
 * @returns its release
 * @throws StartupError where another process has it
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const lock = await openSqlite(join(folder, 'worker.lock'), false);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new StartupError([
      `${folder} is in use by another worker: give each one a folder of its own (HEADWATER_DATA).`,
    ]);
  }
  return () => lock.close();
}
