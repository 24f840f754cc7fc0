import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StorageError } from './storage-error.ts';

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never comes back where a file system refuses with “no
 * such folder” below a folder that is there, as `/proc` does.
 * @throws StorageError
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    for (const folder of missing.reverse()) makeOne(folder);
    if (!statSync(path).isDirectory()) throw new Error('it is a file');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StorageError('FAILED', `can't make the data folder ${path}: ${why}: choose one that can be written to`, {
      cause: error,
    });
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  }
}
