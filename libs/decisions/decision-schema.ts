/** The tables of `decisions.db`, and how it is opened. */
import { DatabaseSync } from '@photostructure/sqlite';

export type DecisionDatabase = InstanceType<typeof DatabaseSync>;

export const DECISIONS_FILE = 'decisions.db';

/** A file with a greater number is refused: this code can't know what it means. */
const VERSION = 2;

/** `starts`: it fired, and asks for what may start a run. */
const STARTS_INDEX = 'CREATE INDEX decision_starts ON decision(at) WHERE starts = 1';

const TABLES = `
-- revision, cursor; texts that outlive a restart.
CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE decision (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL, verdict TEXT NOT NULL, body TEXT NOT NULL, starts INTEGER NOT NULL DEFAULT 0);
CREATE INDEX decision_rule ON decision(rule, verdict, at);
CREATE INDEX decision_subject ON decision(subject, at);
CREATE INDEX decision_at ON decision(at);
${STARTS_INDEX};
CREATE TABLE guard (part TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (part, key)) WITHOUT ROWID;
CREATE TABLE breach (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
-- Which incident the book holds for a breach.
CREATE TABLE booked (key TEXT PRIMARY KEY, incident TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE incident (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL, resolved_at INTEGER, body TEXT NOT NULL);
CREATE INDEX incident_subject ON incident(subject);
CREATE INDEX incident_state ON incident(state);
-- Of a lane (a target and a subject) the first that waits has next_attempt, those behind it have none.
CREATE TABLE delivery (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, decision TEXT NOT NULL, lane TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, first_attempt INTEGER, last_status INTEGER, last_error TEXT, next_attempt INTEGER, delivered_at INTEGER, planned TEXT NOT NULL
);
CREATE INDEX delivery_due ON delivery(next_attempt) WHERE next_attempt IS NOT NULL;
CREATE INDEX delivery_lane ON delivery(lane, n) WHERE state = 'WAITING';
CREATE INDEX delivery_decision ON delivery(decision, n);
CREATE TABLE disabled (target TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
`;

/** UPGRADES[n] makes a file of version n + 1 one of version n + 2. */
const UPGRADES: readonly string[] = [
  `ALTER TABLE decision ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
   ${STARTS_INDEX};
   UPDATE decision SET starts = 1 WHERE verdict = 'FIRED' AND EXISTS (
     SELECT 1 FROM json_each(decision.body, '$.actions') WHERE json_extract(value, '$.do') IN ('trigger', 'webhook')
   );
   -- Nobody looked for what had caused what.
   UPDATE decision SET body = json_set(body, '$.chain', json('[]'));`,
];

export class NewerDecisions extends Error {
  override readonly name = 'NewerSchema';
}

/** @throws NewerDecisions */
export function openDecisions(path: string): DecisionDatabase {
  const db = new DatabaseSync(path);
  try {
    // 16 MiB of pages: each time they are copied into the file, two more syncs hold up what is to be sent.
    db.exec(
      'PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY',
    );
    const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (found > VERSION) {
      throw new NewerDecisions(
        `${DECISIONS_FILE} has schema version ${found}, this program knows up to ${VERSION}: start the newer program, or restore a backup made by this one`,
      );
    }
    if (found < VERSION) {
      const steps = found === 0 ? TABLES : UPGRADES.slice(found - 1).join('\n');
      db.exec(`BEGIN; ${steps} PRAGMA user_version = ${VERSION}; COMMIT`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
