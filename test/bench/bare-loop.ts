/**
 * What SQLite alone takes for the rows that a hub wrote: the yardstick of ingest. Both files are made anew with the same
 * tables and indexes, and every row that is in the hub's files goes in by a prepared INSERT, 128 events to a
 * transaction or as many as the hub had in one, the log's synced. Nothing is parsed, looked up or updated: it's the least that a store of this schema
 * could do.
 */
import { join } from 'node:path';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { startStopwatch, type Took } from './stopwatch.ts';

/** Columns that tell the order in which rows came, best first. */
const ARRIVAL = ['position', 'first_t', 'start_t', 't', 'since', 'last_t', 'hour'] as const;

type SqliteDatabase = InstanceType<typeof DatabaseSync>;
type SqlValue = null | number | bigint | string | Uint8Array;

interface TableRows {
  readonly insert: string;
  readonly rows: readonly (readonly SqlValue[])[];
}

export interface BareLoop extends Took {
  readonly rows: number;
}

export function runBareLoop(from: string, folder: string, events: number, eventsPerTransaction: number): BareLoop {
  const graph = copyOf(join(from, 'graph.db'), join(folder, 'graph.db'), 'NORMAL');
  const log = copyOf(join(from, 'events.db'), join(folder, 'events.db'), 'FULL');
  const batches = Math.ceil(events / eventsPerTransaction);
  const stopwatch = startStopwatch();
  for (let batch = 0; batch < batches; batch++) {
    log.write(batch, batches);
    graph.write(batch, batches);
  }
  const took = stopwatch();
  log.db.close();
  graph.db.close();
  return { ...took, rows: log.rows + graph.rows };
}

/** How many events the hub's log had in a transaction: each of them wrote one block. */
export function eventsPerCommit(from: string, events: number): number {
  const log = new DatabaseSync(join(from, 'events.db'), { readOnly: true });
  const row = log.prepare('SELECT count(*) AS blocks FROM block').get() as { blocks: number };
  log.close();
  return events / row.blocks;
}

interface Copy {
  readonly db: SqliteDatabase;
  readonly rows: number;
  write(batch: number, batches: number): void;
}

function copyOf(from: string, to: string, synchronous: 'NORMAL' | 'FULL'): Copy {
  const source = new DatabaseSync(from, { readOnly: true });
  const db = new DatabaseSync(to);
  db.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY`,
  );
  const tables = readTables(source, db);
  source.close();
  const statements = tables.map(({ insert }) => db.prepare(insert));
  return {
    db,
    rows: tables.reduce((sum, { rows }) => sum + rows.length, 0),
    write(batch, batches) {
      db.exec('BEGIN IMMEDIATE');
      for (const [i, table] of tables.entries()) insertShare(statements[i], table, batch, batches);
      db.exec('COMMIT');
    },
  };
}

function insertShare(
  statement: StatementSyncInstance | undefined,
  { rows }: TableRows,
  batch: number,
  batches: number,
): void {
  const end = Math.floor((rows.length * (batch + 1)) / batches);
  for (let i = Math.floor((rows.length * batch) / batches); i < end; i++) statement?.run(...(rows[i] ?? []));
}

/** Makes the tables in `db`, empty, and reads what `source` has in them. */
function readTables(source: SqliteDatabase, db: SqliteDatabase): TableRows[] {
  const made = source
    .prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    .all() as { type: string; name: string; sql: string }[];
  const kinds = source.prepare("SELECT name, type FROM pragma_table_list WHERE schema = 'main'").all() as {
    name: string;
    type: string;
  }[];
  // Tables behind a virtual one are made and filled by it.
  const shadows = new Set(kinds.filter(({ type }) => type === 'shadow').map(({ name }) => name));
  const virtual = new Set(kinds.filter(({ type }) => type === 'virtual').map(({ name }) => name));
  for (const { name, sql } of made) if (!shadows.has(name)) db.exec(sql);
  return made
    .filter(({ type, name }) => type === 'table' && !shadows.has(name))
    .map(({ name }) => readRows(source, name, virtual.has(name)));
}

function readRows(source: SqliteDatabase, table: string, isVirtual: boolean): TableRows {
  const columns = (source.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[]).map(
    ({ name }) => name,
  );
  const arrival = ARRIVAL.find((column) => columns.includes(column));
  const read = (isVirtual ? ['rowid', ...columns] : columns).map((column) => `"${column}"`);
  const rows = source
    .prepare(`SELECT ${read.join(', ')} FROM "${table}" ${arrival === undefined ? '' : `ORDER BY "${arrival}"`}`)
    .all() as Record<string, SqlValue>[];
  return {
    insert: `INSERT INTO "${table}"(${read.join(', ')}) VALUES (${read.map(() => '?').join(', ')})`,
    rows: rows.map((row) => Object.values(row)),
  };
}
