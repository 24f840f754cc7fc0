/** `decisions.db`: the writes of a `DecisionStore`, one transaction each, on the thread that calls. */
import { join } from 'node:path';
import {
  type Attempt,
  type Delivery,
  type GuardPart,
  type Incident,
  laneOf,
  mayStartRuns,
  type PlannedDelivery,
  type ReactCommit,
  type ReactState,
} from '#rules';
import { copyDecisions } from './copy-decisions.ts';
import { DecisionReads, type Row } from './decision-reads.ts';
import { DECISIONS_FILE, type DecisionDatabase, openDecisions } from './decision-schema.ts';

export class DecisionFile {
  readonly #folder: string;
  readonly #db: DecisionDatabase;
  readonly reads: DecisionReads;

  /** @throws NewerDecisions */
  constructor(folder: string) {
    this.#folder = folder;
    this.#db = openDecisions(join(folder, DECISIONS_FILE));
    this.reads = new DecisionReads(this.#db);
  }

  state(): ReactState {
    return this.#transaction(() => this.reads.state());
  }

  commit(commit: ReactCommit): boolean {
    return this.#transaction(() => {
      if (this.reads.revision() !== commit.revision) return false;
      this.keepNote('revision', String(commit.revision + 1));
      this.keepNote('cursor', JSON.stringify(commit.cursor));
      const fresh = new Set<string>();
      for (const decision of commit.decisions) {
        const { id, at, rule, subject, verdict } = decision;
        const { changes } = this.#run(
          'INSERT OR IGNORE INTO decision(id, at, rule, subject, verdict, body, starts) VALUES (?, ?, ?, ?, ?, ?, ?)',
          id,
          at,
          rule,
          subject,
          verdict,
          JSON.stringify(decision),
          mayStartRuns(decision) ? 1 : 0,
        );
        if (changes > 0) fresh.add(id);
      }
      for (const delivery of commit.deliveries) if (fresh.has(delivery.decision)) this.#plan(delivery);
      for (const { part, key, value } of commit.guards) this.#guard(part, key, value);
      for (const [key, breach] of commit.breaches) {
        if (breach === null) this.#run('DELETE FROM breach WHERE key = ?', key);
        else this.#run('INSERT OR REPLACE INTO breach(key, body) VALUES (?, ?)', key, JSON.stringify(breach));
      }
      for (const incident of commit.incidents) this.#incident(incident);
      for (const [key, incident] of commit.booked) {
        if (incident === null) this.#run('DELETE FROM booked WHERE key = ?', key);
        else this.#run('INSERT OR REPLACE INTO booked(key, incident) VALUES (?, ?)', key, incident);
      }
      return true;
    });
  }

  /**
   * Nobody waits for the disk here: an attempt that a power cut takes is made again, as one that was broken off is. The next
   * commit syncs it too.
   */
  attempted(id: string, { at, state, status, error, nextAttempt }: Attempt): void {
    this.#unsynced(() => {
      const row = this.reads.one('SELECT lane, target FROM delivery WHERE id = ?', id);
      if (row === null) return;
      this.#run(
        `UPDATE delivery SET state = ?, attempts = attempts + 1, first_attempt = ifnull(first_attempt, ?), last_status = ?, last_error = ?,
         next_attempt = ?, delivered_at = ? WHERE id = ?`,
        state,
        at,
        status,
        error,
        state === 'WAITING' ? nextAttempt : null,
        state === 'DELIVERED' ? at : null,
        id,
      );
      if (state === 'DISABLED') this.#disable(String(row['target']), at);
      else if (state !== 'WAITING') this.#promote(String(row['lane']), at);
    });
  }

  redeliver(id: string, now: number): Delivery | null {
    return this.#transaction(() => {
      const row = this.reads.one('SELECT lane, target FROM delivery WHERE id = ?', id);
      if (row === null) return null;
      this.#run('DELETE FROM disabled WHERE target = ?', String(row['target']));
      this.#run(
        `UPDATE delivery SET state = 'WAITING', attempts = 0, first_attempt = NULL, last_error = NULL, next_attempt = NULL,
         delivered_at = NULL WHERE id = ?`,
        id,
      );
      this.#promote(String(row['lane']), now);
      return this.reads.delivery(id);
    });
  }

  keepNote(name: string, text: string): void {
    this.#run('INSERT OR REPLACE INTO note(name, text) VALUES (?, ?)', name, text);
  }

  prune(before: number): { readonly decisions: number; readonly incidents: number } {
    return this.#transaction(() => {
      const old = `SELECT id FROM decision d WHERE at < ?
        AND NOT EXISTS (SELECT 1 FROM delivery WHERE decision = d.id AND state = 'WAITING')`;
      this.#run(`DELETE FROM delivery WHERE decision IN (${old})`, before);
      const decisions = this.#run(
        "DELETE FROM decision WHERE at < ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE decision = decision.id AND state = 'WAITING')",
        before,
      );
      const incidents = this.#run(
        "DELETE FROM incident WHERE state = 'RESOLVED' AND resolved_at < ? AND id NOT IN (SELECT incident FROM booked)",
        before,
      );
      return { decisions: decisions.changes, incidents: incidents.changes };
    });
  }

  backup(folder: string): void {
    copyDecisions(this.#folder, folder);
  }

  close(): void {
    this.reads.forget();
    this.#db.close();
  }

  #plan(planned: PlannedDelivery): void {
    const lane = laneOf(planned);
    const disabled = this.reads.one('SELECT at FROM disabled WHERE target = ?', planned.to) !== null;
    const isFirst = this.reads.one("SELECT 1 AS yes FROM delivery WHERE lane = ? AND state = 'WAITING'", lane) === null;
    this.#run(
      'INSERT OR IGNORE INTO delivery(id, decision, lane, target, state, attempts, last_error, next_attempt, planned) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)',
      planned.id,
      planned.decision,
      lane,
      planned.to,
      disabled ? 'DISABLED' : 'WAITING',
      disabled ? DISABLED_SINCE : null,
      !disabled && isFirst ? planned.at : null,
      JSON.stringify(planned),
    );
  }

  /** Whoever waits behind it goes next. */
  #promote(lane: string, at: number): void {
    this.#run(
      `UPDATE delivery SET next_attempt = ? WHERE n = (SELECT min(n) FROM delivery WHERE lane = ? AND state = 'WAITING')
       AND NOT EXISTS (SELECT 1 FROM delivery WHERE lane = ? AND state = 'WAITING' AND next_attempt IS NOT NULL)`,
      at,
      lane,
      lane,
    );
  }

  #disable(target: string, at: number): void {
    this.#run('INSERT OR REPLACE INTO disabled(target, at) VALUES (?, ?)', target, at);
    this.#run(
      "UPDATE delivery SET state = 'DISABLED', next_attempt = NULL, last_error = ? WHERE target = ? AND state = 'WAITING'",
      DISABLED_SINCE,
      target,
    );
  }

  #guard(part: GuardPart['part'], key: string, value: GuardPart['value']): void {
    this.#run('INSERT OR REPLACE INTO guard(part, key, value) VALUES (?, ?, ?)', part, key, JSON.stringify(value));
  }

  #incident(incident: Incident): void {
    this.#run(
      `INSERT INTO incident(id, rule, subject, state, resolved_at, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT(id) DO UPDATE SET state = excluded.state, resolved_at = excluded.resolved_at, body = excluded.body`,
      incident.id,
      incident.rule,
      incident.subject,
      incident.state,
      incident.resolvedAt,
      JSON.stringify(incident),
    );
  }

  #run(sql: string, ...args: Row[string][]): { readonly changes: number } {
    return { changes: Number(this.reads.prepare(sql).run(...args).changes) };
  }

  #unsynced<T>(work: () => T): T {
    this.#db.exec('PRAGMA synchronous = NORMAL');
    try {
      return this.#transaction(work);
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL');
    }
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

const DISABLED_SINCE = 'the receiver answered 410: it wants no more; deliver one by hand to try it again';
