/** A copy of a graph's files while it is in use: each is one snapshot of SQLite's, synced, and appears when it is whole. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from './database.ts';
import { GRAPH_FILE } from './graph-file.ts';
import { PEOPLE_FILE } from './people-file.ts';
import { asStorageFault, StorageFault } from './storage-fault.ts';

/**
 * The graph first: what people said meanwhile, the copy takes in when it is opened.
 * @param people the folder of what people said
 * @returns the names of the files, in `to`
 * @throws StorageFault
 */
export function copyGraph(from: string, to: string, people: string = from): string[] {
  const files = [
    { folder: from, name: GRAPH_FILE },
    { folder: people, name: PEOPLE_FILE },
  ].filter(({ folder, name }) => existsSync(join(folder, name)));
  for (const { folder, name } of files) copy(join(folder, name), join(to, name));
  return files.map(({ name }) => name);
}

function copy(source: string, target: string): void {
  if (existsSync(target)) throw new StorageFault('StorageFailed', `${target} exists: name a folder that holds no copy`);
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  const db = new Database(source, { readOnly: true });
  try {
    // One read transaction: what is written meanwhile is not in it, and it holds up nobody.
    db.run('VACUUM INTO ?', partial);
    const file = openSync(partial, 'r+');
    fsyncSync(file);
    closeSync(file);
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw asStorageFault(error, target);
  } finally {
    db.close();
  }
}
