/** Whether the file of an event log is whole. It writes nothing, and a hub may be running on it. */
import { EVENT_LOG_UPGRADES } from './event-log-schema.ts';
import { openDatabase } from './open-database.ts';

export interface EventLogCheckup {
  /** The last position given out, and when its event came (ms); null: it could not be read. */
  readonly head: number | null;
  readonly newest: number | null;
  /** Each with what it means. */
  readonly damages: readonly string[];
}

export async function checkEventLog(path: string): Promise<EventLogCheckup> {
  const db = await openDatabase(path, { readOnly: true });
  const ask = (sql: string): unknown[] => Object.values((db.prepare(sql).get() as object | undefined) ?? {});
  const nothing = (damage: string): EventLogCheckup => ({ head: null, newest: null, damages: [damage] });
  try {
    const [word] = ask('PRAGMA quick_check(1)');
    if (word !== 'ok') return nothing(`SQLite finds it damaged (${String(word).replaceAll('\n', ' ')})`);
    const version = Number(ask('SELECT version FROM schema_version')[0] ?? 0);
    const known = EVENT_LOG_UPGRADES.length;
    if (version > known) return nothing(`it has schema version ${version}, this version knows up to ${known}`);
    const [held, last, newest] = ask('SELECT count(*), max(position), max(received_at) FROM event');
    const head = Number(last ?? 0);
    // Retention takes bodies; the row of each event stays.
    const missing = head - Number(held);
    return {
      head,
      newest: newest === null ? null : Number(newest),
      damages: missing === 0 ? [] : [`${missing} of ${head} positions are missing`],
    };
  } finally {
    db.close();
  }
}
