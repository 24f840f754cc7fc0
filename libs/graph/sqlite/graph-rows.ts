/**
 * The rows of a graph file as lines of JSON, and back: what an export needs to be imported again, so that later events
 * fold into it as they would have where it came from.
 *
 * ```
 * {"kind":"rows","schema":2,"tables":{"edge":{"columns":["id","kind",…],"rows":812},…}}
 * {"kind":"row","table":"edge","values":[1,0,4,7,1,4,7]}        bytes: {"base64":"…"}
 * ```
 * They depend on the order of arrival, as the file does. Of it they leave out where it stood: the applied position and the commit.
 */
import type { Database, Value } from './database.ts';
import { SCHEMA_VERSION } from './schema.ts';

interface RowsHeader {
  readonly kind: 'rows';
  readonly schema: number;
  readonly tables: Readonly<Record<string, { readonly columns: readonly string[]; readonly rows: number }>>;
}

type JsonValue = string | number | null | { readonly base64: string };

interface RowLine {
  readonly kind: 'row';
  readonly table: string;
  readonly values: readonly JsonValue[];
}

/** Where this file stood in the log and among the commits of its own hub. */
const PLACE = new Set(['applied', 'commit']);

/** What is no row of this graph, said so that somebody can mend the file. */
export class BadRows extends Error {
  override readonly name = 'BadRows';
}

/** On a connection that sees one state. */
export function* rowLines(db: Database): Iterable<string> {
  const tables = tablesOf(db);
  const counted = Object.fromEntries(
    [...tables].map(([table, columns]) => [table, { columns: columns.map(bare), rows: count(db, table) }]),
  );
  yield JSON.stringify({ kind: 'rows', schema: SCHEMA_VERSION, tables: counted } satisfies RowsHeader);
  for (const [table, columns] of tables) {
    for (const values of db.each(`SELECT ${columns.join(', ')} FROM main.${table} ${ORDER[table] ?? ''}`))
      yield JSON.stringify({ kind: 'row', table, values: values.map(toJson) } satisfies RowLine);
  }
}

/** Events are numbered anew in their order; what is searched keeps its number, which is that of its node. */
const ORDER: Readonly<Record<string, string>> = { event: 'ORDER BY position' };
const NUMBERED = new Set(['search']);

/** Puts rows into a file that has none, in one transaction of whoever calls. */
export class RowLoader {
  readonly #db: Database;
  readonly #header: RowsHeader;
  readonly #loaded = new Map<string, number>();
  readonly #inserts: ReadonlyMap<string, string>;

  /** @throws BadRows where the rows are of another version */
  constructor(db: Database, line: unknown) {
    if (!isHeader(line)) throw new BadRows('this line should say which tables the rows are of');
    const { schema, tables } = line;
    if (schema !== SCHEMA_VERSION) {
      throw new BadRows(
        `the rows are of schema ${schema}, and this version knows ${SCHEMA_VERSION}: import them with the version that exported them, then start this one on what it made`,
      );
    }
    this.#db = db;
    this.#header = line;
    const own = tablesOf(db);
    this.#inserts = new Map(
      Object.entries(tables).map(([table, { columns }]) => {
        const known = own.get(table);
        if (known === undefined || known.map(bare).join() !== columns.join())
          throw new BadRows(`there is no table ${table} (${columns.join(', ')}) in schema ${schema}`);
        return [
          table,
          `INSERT OR REPLACE INTO ${table}(${known.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        ];
      }),
    );
  }

  /** @throws BadRows */
  put(line: unknown): void {
    if (!isRow(line)) throw new BadRows('this line should be a row: {"kind":"row","table":…,"values":[…]}');
    const { table, values } = line;
    const insert = this.#inserts.get(table);
    const expected = this.#header.tables[table];
    if (insert === undefined || expected === undefined) throw new BadRows(`the rows are of no table ${table}`);
    if (values.length !== expected.columns.length)
      throw new BadRows(`a row of ${table} has ${expected.columns.length} values, not ${values.length}`);
    const loaded = this.#loaded.get(table) ?? 0;
    this.#loaded.set(table, loaded + 1);
    if (table === 'meta' && PLACE.has(String(values[0]))) return;
    const bound = values.map(fromJson);
    // Before whatever the log of this hub will hold: it begins at 1.
    if (table === 'event') bound[expected.columns.indexOf('position')] = loaded - expected.rows;
    try {
      this.#db.write(insert, ...bound);
    } catch (error) {
      throw new BadRows(`a row of ${table} doesn't fit: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** @throws BadRows where some are missing */
  finish(): void {
    for (const [table, { rows }] of Object.entries(this.#header.tables)) {
      const loaded = this.#loaded.get(table) ?? 0;
      if (loaded !== rows) throw new BadRows(`${loaded} of the ${rows} rows of ${table} are there: the file was cut`);
    }
  }
}

/** Tables of the file, with their columns; not those that belong to an index. */
function tablesOf(db: Database): Map<string, readonly string[]> {
  const names = db.tuples(
    "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'search\\_%' ESCAPE '\\' ORDER BY name",
  );
  return new Map(
    names.map(([name]) => {
      const table = String(name);
      const columns = db.tuples(`SELECT name FROM pragma_table_info('${table}', 'main') ORDER BY cid`);
      return [table, [...(NUMBERED.has(table) ? ['rowid'] : []), ...columns.map(([column]) => `"${String(column)}"`)]];
    }),
  );
}

const bare = (column: string): string => column.replaceAll('"', '');
const count = (db: Database, table: string): number => Number(db.tuples(`SELECT count(*) FROM main.${table}`)[0]?.[0]);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function isHeader(line: unknown): line is RowsHeader {
  if (!isRecord(line) || line['kind'] !== 'rows' || !Number.isInteger(line['schema']) || !isRecord(line['tables']))
    return false;
  return Object.values(line['tables']).every(
    (table) =>
      isRecord(table) &&
      Number.isInteger(table['rows']) &&
      Array.isArray(table['columns']) &&
      table['columns'].every((column) => typeof column === 'string'),
  );
}

function isRow(line: unknown): line is RowLine {
  return (
    isRecord(line) &&
    line['kind'] === 'row' &&
    typeof line['table'] === 'string' &&
    Array.isArray(line['values']) &&
    line['values'].every(isValue)
  );
}

const isValue = (value: unknown): value is JsonValue =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'number' ||
  (isRecord(value) && typeof value['base64'] === 'string');

const toJson = (value: Value): JsonValue =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
const fromJson = (value: JsonValue): Value =>
  typeof value === 'object' && value !== null ? Buffer.from(value.base64, 'base64') : value;
