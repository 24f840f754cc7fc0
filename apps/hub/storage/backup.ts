import { closeSync, existsSync, fsyncSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isScaled, type Settings } from '../config/settings.ts';
import { StartupError } from '../config/startup-error.ts';
import { readVersion } from '../version.ts';
import { openSqlite } from './open-sqlite.ts';
import { orSay } from './open-storage.ts';

/** The event log's file. It is copied last: a log may be ahead of its graph, which catches up, but never behind it. */
const LOG_FILE = 'events.db';
const EMBEDDED_ONLY =
  'Neo4j and Redis hold the data: they are backed up by their own means, Neo4j first ("neo4j-admin database dump", with that database stopped), Redis after it (its appendonlydir; docs/operations.md has the commands): ' +
  'a graph that is ahead of its log is refused. "headwater export --with rows" copies the graph alone, while all of it runs. Unset NEO4J_URI and REDIS_URL to back up a data folder.';
const NOTE_FILE = 'backup.json';

export interface BackupResult {
  readonly directory: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * Copies the files of the data folder to another folder while a hub may be running on them: each copy is one snapshot of
 * SQLite's, checked and synced, made as the stores' own backups are. A hub started with the copy as its data folder goes
 * on from there.
 */
export async function backup(settings: Settings, directory: string): Promise<BackupResult> {
  const { data } = settings;
  if (isScaled(settings)) throw new StartupError([EMBEDDED_ONLY]);
  if (!existsSync(join(data, LOG_FILE)))
    throw new StartupError([`${data} holds no data of a hub. Say with --data where it is.`]);
  const { copyEventLog, makeFolder } = await import('#queue');
  await orSay(async () => makeFolder(directory));
  if (readdirSync(directory).length > 0)
    throw new StartupError([`${directory} is not empty. Name a new folder: a backup is never mixed with another.`]);

  const [{ copyGraph }, { copyDecisions }] = await Promise.all([import('#graph'), import('#decisions')]);
  const names = await orSay(async () => {
    // Each may be ahead of those before it: what was not decided yet is decided again, and a graph catches up with its log.
    const copied = [...copyDecisions(data, directory), ...copyGraph(data, directory)];
    await copyEventLog(join(data, LOG_FILE), join(directory, LOG_FILE));
    return [...copied, LOG_FILE];
  });
  const files: { name: string; bytes: number }[] = [];
  for (const name of names) {
    const target = join(directory, name);
    await check(target);
    files.push({ name, bytes: statSync(target).size });
  }
  // Written last: a folder without it is a backup that was broken off.
  writeFileSync(
    join(directory, NOTE_FILE),
    `${JSON.stringify({ version: readVersion(), takenAt: new Date().toISOString(), from: settings.data, files }, null, 2)}\n`,
  );
  sync(join(directory, NOTE_FILE));
  sync(directory);
  return { directory, files };
}

async function check(path: string): Promise<void> {
  const copy = await openSqlite(path, true);
  try {
    const answer: unknown = copy.prepare('PRAGMA quick_check').get();
    const word = typeof answer === 'object' && answer !== null ? Object.values(answer)[0] : answer;
    if (word !== 'ok')
      throw new StartupError([
        `${path} is damaged (${String(word)}). The original is too: stop the hub and check the disk.`,
      ]);
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
