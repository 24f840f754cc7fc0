/**
 * `people.db`: what people said, which no event can say again. It is apart from the graph, which may be rebuilt or lost,
 * and each statement is on disk before it is answered. There is no file until somebody says something.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AssetName, Merge, Name, PersonsWord, Remark } from '#lineage';
import { Database, int, intOrNull, type Row, text, textOrNull } from './database.ts';
import { NewerSchema } from './schema.ts';

export const PEOPLE_FILE = 'people.db';

const VERSION = 2;

const TABLES = `
-- alias was said to be another name of into, until it was undone. What was undone stays.
CREATE TABLE merge (
  id INTEGER PRIMARY KEY, alias_namespace TEXT NOT NULL, alias_name TEXT NOT NULL, into_namespace TEXT NOT NULL, into_name TEXT NOT NULL,
  said_by TEXT NOT NULL, said_at INTEGER NOT NULL, reason TEXT, undone_by TEXT, undone_at INTEGER, undone_reason TEXT
);
`;

/** Since version 2. */
const REMARKS = `
-- Annotations and tags. asset: dataset or job; field '': the node itself. What was removed stays.
CREATE TABLE remark (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, asset TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, field TEXT NOT NULL,
  text TEXT NOT NULL, carried INTEGER NOT NULL, said_by TEXT NOT NULL, said_at INTEGER NOT NULL, expires_at INTEGER, key TEXT UNIQUE,
  removed_by TEXT, removed_at INTEGER
);
`;

/** One dataset said to be another, by names. */
export interface KeptMerge extends Omit<Merge, 'alias' | 'into'> {
  readonly id: number;
  readonly alias: Name;
  readonly into: Name;
  readonly undone: PersonsWord | null;
}

/** An annotation or a tag, by names. */
export interface KeptRemark extends Pick<Remark, 'kind' | 'text' | 'carried' | 'by' | 'at' | 'expiresAt'> {
  readonly id: number;
  readonly on: AssetName;
  /** '': the node itself. */
  readonly field: string;
  readonly key: string | null;
  readonly removed: Pick<PersonsWord, 'by' | 'at'> | null;
}

export class PeopleFile {
  readonly #path: string;
  #db: Database | null = null;

  constructor(folder: string) {
    this.#path = join(folder, PEOPLE_FILE);
  }

  exists(): boolean {
    return this.#db !== null || existsSync(this.#path);
  }

  merges(): KeptMerge[] {
    if (!this.exists()) return [];
    return this.#open().all('SELECT * FROM merge ORDER BY id').map(mergeOf);
  }

  /** The number of the next merge. */
  nextId(): number {
    return (this.merges().at(-1)?.id ?? 0) + 1;
  }

  /** Durable when it returns. */
  keep(merges: readonly KeptMerge[]): void {
    const db = this.#open();
    db.transaction(() => {
      for (const merge of merges) put(db, merge);
    });
  }

  /** These were kept, and are to be as they were in `before`, or not at all. */
  takeBack(merges: readonly KeptMerge[], before: readonly KeptMerge[]): void {
    const db = this.#open();
    db.transaction(() => {
      for (const { id } of merges) {
        const was = before.find((merge) => merge.id === id);
        if (was === undefined) db.run('DELETE FROM merge WHERE id = ?', id);
        else put(db, was);
      }
    });
  }

  remarks(): KeptRemark[] {
    if (!this.exists()) return [];
    return this.#open().all('SELECT * FROM remark ORDER BY id').map(remarkOf);
  }

  /** Durable when it returns. Takes the place of what was kept under its id. */
  keepRemark(remark: KeptRemark): void {
    const db = this.#open();
    db.transaction(() => putRemark(db, remark));
  }

  /** As it was before, or not at all. */
  takeBackRemark(id: number, before: KeptRemark | null): void {
    const db = this.#open();
    db.transaction(() => {
      if (before === null) db.run('DELETE FROM remark WHERE id = ?', id);
      else putRemark(db, before);
    });
  }

  close(): void {
    this.#db?.close();
    this.#db = null;
  }

  /** @throws NewerSchema */
  #open(): Database {
    if (this.#db !== null) return this.#db;
    const db = new Database(this.#path);
    try {
      // One writer, few writes: no journal is left beside the file, and a statement is synced with its folder's entry.
      db.exec('PRAGMA journal_mode = DELETE');
      db.exec('PRAGMA synchronous = EXTRA');
      const found = int(db.get('PRAGMA user_version') ?? {}, 'user_version');
      if (found > VERSION) {
        throw new NewerSchema(
          `${PEOPLE_FILE} has schema version ${found}, this program knows up to ${VERSION}: start the newer program, or restore a backup made by this one`,
        );
      }
      if (found < VERSION) {
        db.transaction(() => {
          if (found === 0) db.exec(TABLES);
          db.exec(REMARKS);
          db.exec(`PRAGMA user_version = ${VERSION}`);
        });
      }
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    return db;
  }
}

function put(db: Database, { id, alias, into, by, at, reason, undone }: KeptMerge): void {
  db.run(
    'INSERT OR REPLACE INTO merge(id, alias_namespace, alias_name, into_namespace, into_name, said_by, said_at, reason, undone_by, undone_at, undone_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    alias.namespace,
    alias.name,
    into.namespace,
    into.name,
    by,
    at,
    reason,
    undone?.by ?? null,
    undone?.at ?? null,
    undone?.reason ?? null,
  );
}

function mergeOf(row: Row): KeptMerge {
  const undoneAt = intOrNull(row, 'undone_at');
  return {
    id: int(row, 'id'),
    alias: { namespace: text(row, 'alias_namespace'), name: text(row, 'alias_name') },
    into: { namespace: text(row, 'into_namespace'), name: text(row, 'into_name') },
    by: text(row, 'said_by'),
    at: int(row, 'said_at'),
    reason: textOrNull(row, 'reason'),
    undone:
      undoneAt === null ? null : { by: text(row, 'undone_by'), at: undoneAt, reason: textOrNull(row, 'undone_reason') },
  };
}

function putRemark(db: Database, remark: KeptRemark): void {
  const { id, kind, on, field, text: words, carried, by, at, expiresAt, key, removed } = remark;
  db.run(
    'INSERT OR REPLACE INTO remark(id, kind, asset, namespace, name, field, text, carried, said_by, said_at, expires_at, key, removed_by, removed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    kind,
    on.kind,
    on.namespace,
    on.name,
    field,
    words,
    carried ? 1 : 0,
    by,
    at,
    expiresAt,
    key,
    removed?.by ?? null,
    removed?.at ?? null,
  );
}

function remarkOf(row: Row): KeptRemark {
  const kind = text(row, 'asset') === 'job' ? 'job' : 'dataset';
  return { ...saidOf(row), on: { kind, namespace: text(row, 'namespace'), name: text(row, 'name') } };
}

/** What was said, of a row that says elsewhere of what. */
export function saidOf(row: Row): Omit<KeptRemark, 'on'> {
  const removedAt = intOrNull(row, 'removed_at');
  return {
    id: int(row, 'id'),
    kind: text(row, 'kind') === 'TAG' ? 'TAG' : 'ANNOTATION',
    field: text(row, 'field'),
    text: text(row, 'text'),
    carried: int(row, 'carried') === 1,
    by: text(row, 'said_by'),
    at: int(row, 'said_at'),
    expiresAt: intOrNull(row, 'expires_at'),
    key: textOrNull(row, 'key'),
    removed: removedAt === null ? null : { by: text(row, 'removed_by'), at: removedAt },
  };
}
