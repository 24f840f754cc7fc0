/** The tables of `decisions.db`, and how it is opened. */
import { DatabaseSync } from '@photostructure/sqlite';

export type DecisionDatabase = InstanceType<typeof DatabaseSync>;

export const DECISIONS_FILE = 'decisions.db';

/** A file with a greater number is refused: this code can't know what it means. */
const VERSION = 1;

const TABLES = `
-- revision, cursor; texts that outlive a restart.
CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE decision (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL, verdict TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX decision_rule ON decision(rule, verdict, at);
CREATE INDEX decision_subject ON decision(subject, at);
CREATE INDEX decision_at ON decision(at);
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

export class NewerDecisions extends Error {
  override readonly name = 'NewerSchema';
}

/** @throws NewerDecisions */
export function openDecisions(path: string): DecisionDatabase {
  const db = new DatabaseSync(path);
  try {
    db.exec(
      'PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY',
    );
    const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (found > VERSION) {
      throw new NewerDecisions(
        `${DECISIONS_FILE} has schema version ${found}, this program knows up to ${VERSION}: start the newer program, or restore a backup made by this one`,
      );
    }
    if (found === 0) db.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
