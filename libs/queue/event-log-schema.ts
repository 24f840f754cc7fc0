import type { Database } from './open-database.ts';
import { StorageError } from './storage-error.ts';

/**
 * One entry per schema version, each from the version before it. Entries that were released never change: a file may
 * be at any of them.
 *
 * ```
 * event  one row per event, for ever: hash → position recognises repeats after the body is gone;
 *        event_time and event_type: of RunEvents whose body is there
 * block  the bodies of one commit (cut at 256 KB), compressed together; id = position of its last event, so that the
 *        blocks after a position are a range, however many rows retention emptied before them
 * ```
 */
export const EVENT_LOG_UPGRADES: readonly string[] = [
  `CREATE TABLE event (
     position INTEGER PRIMARY KEY,
     hash BLOB NOT NULL UNIQUE,
     received_at INTEGER NOT NULL,
     block INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     length INTEGER NOT NULL,
     event_time INTEGER,
     event_type INTEGER
   );
   CREATE INDEX event_by_time ON event (event_time, position, event_type) WHERE event_time IS NOT NULL;
   CREATE TABLE block (
     id INTEGER PRIMARY KEY,
     first INTEGER NOT NULL,
     newest INTEGER NOT NULL,
     codec INTEGER NOT NULL,
     bytes BLOB NOT NULL
   );
   CREATE INDEX block_by_arrival ON block (newest, first);
   CREATE TABLE refusal (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     status INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     sha256 BLOB NOT NULL,
     detail TEXT NOT NULL,
     codec INTEGER NOT NULL,
     body BLOB
   );`,
];

/** Brings the file to the last version, in one transaction. Throws TOO_NEW for a file of a later one. */
export function upgradeSchema(db: Database, path: string, upgrades: readonly string[] = EVENT_LOG_UPGRADES): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
    const row = db.prepare('SELECT version FROM schema_version').get() as { version: number } | undefined;
    const version = row?.version ?? 0;
    if (version > upgrades.length) {
      throw new StorageError(
        'TOO_NEW',
        `${path} has schema version ${version}, this Headwater knows up to ${upgrades.length}: ` +
          'install the version that wrote it, or point HEADWATER_DATA at another folder',
      );
    }
    for (const upgrade of upgrades.slice(version)) db.exec(upgrade);
    if (row === undefined) db.prepare('INSERT INTO schema_version (version) VALUES (?)').run(upgrades.length);
    else if (version < upgrades.length) db.prepare('UPDATE schema_version SET version = ?').run(upgrades.length);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export interface EventRow {
  readonly position: number;
  readonly hash: Uint8Array;
  readonly received_at: number;
  readonly block: number;
  readonly offset: number;
  readonly length: number;
}
