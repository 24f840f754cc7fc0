import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isScaled, type Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';
import { neo4jOf } from './open-scaled.ts';
import { openSqlite } from './open-sqlite.ts';
import { limitsOf, openLog, orSay } from './open-storage.ts';
import { putInPlace } from './put-in-place.ts';

export interface ImportResult {
  /** Lines of the graph. */
  readonly lines: number;
  /** Rows that the store keeps of it. */
  readonly rows: number;
  /** Where it is now. */
  readonly into: string;
}

/**
 * An export with rows into the graph that the settings name, which must be empty: a data folder with its hub stopped, or
 * Neo4j. It is read whole and held against itself before anything is put in place.
 */
export async function importGraph(settings: Settings, lines: AsyncIterable<string>): Promise<ImportResult> {
  const { makeFolder } = await import('#queue');
  await orSay(async () => makeFolder(settings.data));
  const folder = join(settings.data, 'import');
  rmSync(folder, { recursive: true, force: true });
  const { loadExport, publishFile } = await import('#graph');
  const load = () => {
    mkdirSync(folder);
    return orSay(() => loadExport(lines, folder, Date.now()));
  };
  try {
    if (isScaled(settings)) {
      const loaded = await load();
      await orSay(() => publishFile(folder, neo4jOf(settings), limitsOf(settings)));
      return { ...loaded, into: settings.neo4j.uri ?? '' };
    }
    // Its lock keeps a running hub out.
    const log = await openLog(settings);
    try {
      await checkEmpty(settings.data, await log.head());
      const loaded = await load();
      await putInPlace(folder, settings.data);
      return { ...loaded, into: settings.data };
    } finally {
      await log.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkEmpty(folder: string, head: number): Promise<void> {
  if (head === 0 && !existsSync(join(folder, 'people.db')) && !(await holdsNames(join(folder, 'graph.db')))) return;
  throw new StartupError([
    `${folder} is not empty: an import is never mixed with another graph. Name a new folder with --data, and start a hub on it.`,
  ]);
}

async function holdsNames(file: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const graph = await openSqlite(file, true);
  try {
    return graph.prepare('SELECT 1 FROM name LIMIT 1').get() !== undefined;
  } finally {
    graph.close();
  }
}
