/** Whether a graph file is whole: its pages, and what its rows refer to. It writes nothing, and a hub may be running on it. */
import { Database, int, intOrNull } from './database.ts';
import { SCHEMA_VERSION } from './schema.ts';

export interface GraphCheckup {
  /** The last applied position; null: it could not be read. */
  readonly applied: number | null;
  /** Each with what it means. */
  readonly damages: readonly string[];
}

/** Rows that refer to one that isn't there. 0, a negative number and null refer to nothing. */
const REFERENCES: readonly (readonly [table: string, column: string, to: string])[] = [
  ['name', 'root', 'name'],
  ['name', 'life', 'name'],
  ['edge', 'src', 'name'],
  ['edge', 'dst', 'name'],
  ['current_edge', 'src', 'name'],
  ['current_edge', 'dst', 'name'],
  ['column_edge', 'src', 'name'],
  ['column_edge', 'dst', 'name'],
  ['run', 'job', 'name'],
  ['timeline', 'owner', 'name'],
  ['timeline', 'source', 'source'],
  ['said', 'timeline', 'timeline'],
  ['said', 'eset', 'eset'],
  ['usage', 'timeline', 'timeline'],
  ['usage', 'eset', 'eset'],
  ['span', 'timeline', 'timeline'],
  ['execution', 'timeline', 'timeline'],
  ['stream_point', 'stream', 'stream'],
  ['stream_point', 'content', 'content'],
];

/** @throws what SQLite says of a file that is none of its own */
export function checkGraphFile(path: string): GraphCheckup {
  const db = new Database(path, { readOnly: true });
  try {
    const word = Object.values(db.get('PRAGMA quick_check(1)') ?? {})[0];
    if (word !== 'ok')
      return { applied: null, damages: [`SQLite finds it damaged (${String(word).replaceAll('\n', ' ')})`] };
    const schema = int(db.get('PRAGMA user_version') ?? {}, 'user_version');
    if (schema > SCHEMA_VERSION)
      return {
        applied: null,
        damages: [`it has schema version ${schema}, this version knows up to ${SCHEMA_VERSION}`],
      };
    // An older one is upgraded at the next start; what it may refer to is that version's business.
    if (schema < SCHEMA_VERSION) return { applied: appliedOf(db), damages: [] };
    return { applied: appliedOf(db), damages: REFERENCES.flatMap((each) => dangling(db, each)) };
  } finally {
    db.close();
  }
}

function dangling(db: Database, [table, column, to]: (typeof REFERENCES)[number]): string[] {
  const n = int(
    db.get(
      `SELECT count(*) AS n FROM ${table} t WHERE t.${column} > 0 AND NOT EXISTS (SELECT 1 FROM ${to} r WHERE r.id = t.${column})`,
    ) ?? {},
    'n',
  );
  return n === 0 ? [] : [`${n} rows of ${table} refer to a ${to} that isn't there`];
}

function appliedOf(db: Database): number {
  return intOrNull(db.get("SELECT value FROM meta WHERE key = 'applied'") ?? {}, 'value') ?? 0;
}
