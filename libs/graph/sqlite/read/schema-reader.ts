/** Schemas, SQL and code locations as the streams say them. */
import type { DatasetSchema, SchemaField, SchemaRole, SchemaVersion } from '#lineage';
import { type Database, int, type Row, text, textOrNull } from '../database.ts';

interface Statement {
  readonly at: number;
  readonly t: number;
  readonly k: number;
  readonly content: string | null;
}

export interface SchemaStream {
  readonly id: number;
  readonly role: string;
  /** null: nothing that it said holds. */
  readonly statement: Statement | null;
}

/** Texts of the contents that make up a schema: one, or what several readers saw of it. */
export interface ToldSchema {
  readonly contents: readonly string[];
  readonly partial: boolean;
}

export interface TextVersion {
  readonly at: number;
  readonly text: string | null;
}

export class SchemaReader {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The schema that is shown of the names of one node; null: none was told. */
  shown(names: readonly number[]): DatasetSchema | null {
    const told = this.told(names);
    return told === null ? null : schemaOf(told);
  }

  /** What the shown schema is read from. */
  told(names: readonly number[]): ToldSchema | null {
    const streams = names.flatMap((name) => this.last(name));
    if (streams.some(({ statement }) => statement !== null)) return bestOf(streams);
    const pending = bestOf(streams.map((stream) => ({ ...stream, statement: this.#pending(stream.id) })));
    return pending === null ? null : { ...pending, partial: true };
  }

  /** What each stream about the schema of a dataset, as observed, said last that holds. */
  last(name: number): SchemaStream[] {
    const rows = this.#db.tuples(
      `SELECT s.id, s.role, p.at, p.t, p.k, content.text FROM stream s
       LEFT JOIN stream_point p ON p.stream = s.id AND (p.at, p.t, p.k, p.content) = (SELECT at, t, k, content FROM stream_point WHERE stream = s.id ORDER BY at DESC, t DESC, k DESC LIMIT 1)
       LEFT JOIN content ON content.id = p.content WHERE s.kind = 'schema' AND s.name = ?`,
      name,
    ) as [id: number, role: string, at: number | null, t: number, k: number, content: string | null][];
    return rows.map(([id, role, at, t, k, content]) => ({
      id,
      role,
      statement: at === null ? null : { at, t, k, content },
    }));
  }

  /** Newest first. Versions of READER streams are none. */
  versions(names: readonly number[], first: number): (SchemaVersion & { readonly name: number })[] {
    const found: { row: Row; at: number; t: number; k: number }[] = [];
    for (const name of names) {
      for (const row of this.#db.all(
        "SELECT p.*, s.name AS name, s.role AS role, source.text AS source, content.text AS body FROM stream s JOIN stream_point p ON p.stream = s.id AND p.begins = 1 JOIN source ON source.id = s.source JOIN content ON content.id = p.content WHERE s.name = ? AND s.kind = 'schema' AND s.role <> 'READER' ORDER BY p.at DESC LIMIT (? + 0)",
        name,
        first,
      )) {
        found.push({ row, at: int(row, 'at'), t: int(row, 't'), k: int(row, 'k') });
      }
    }
    found.sort((a, b) => b.at - a.at || b.t - a.t || b.k - a.k);
    return found.slice(0, first).map(({ row }) => {
      const before = this.#db.get(
        'SELECT content.text AS body FROM stream_point p JOIN content ON content.id = p.content WHERE p.stream = ? AND p.at < ? ORDER BY p.at DESC, p.t DESC, p.k DESC LIMIT 1',
        int(row, 'stream'),
        int(row, 'at'),
      );
      return {
        name: int(row, 'name'),
        at: int(row, 'at'),
        source: text(row, 'source'),
        role: text(row, 'role') as SchemaRole,
        fields: fieldsOf(textOrNull(row, 'body')),
        before: before === undefined ? null : fieldsOf(textOrNull(before, 'body')),
      };
    });
  }

  /** What a job's sql or code location was from each instant on, over all its sources, ascending. */
  texts(job: number, kind: 'sql' | 'codeLocation'): TextVersion[] {
    const rows = this.#db.all(
      'SELECT p.at, p.t, p.k, content.text AS body FROM stream s JOIN stream_point p ON p.stream = s.id JOIN content ON content.id = p.content WHERE s.name = ? AND s.kind = ? ORDER BY p.at, p.t, p.k',
      job,
      kind,
    );
    const versions: TextVersion[] = [];
    for (const row of rows) {
      const body = textOrNull(row, 'body');
      const version = { at: int(row, 'at'), text: body === null ? null : (JSON.parse(body) as string) };
      const last = versions.at(-1);
      if (last?.at === version.at) versions.pop();
      if (versions.at(-1)?.text !== version.text) versions.push(version);
    }
    return versions;
  }

  /** What runs that are still open say. */
  #pending(stream: number): Statement | null {
    const row = this.#db.get(
      "SELECT said.last_t, said.last_k, content.text AS body FROM stream_said said JOIN run ON run.id = said.run JOIN content ON content.id = said.content WHERE said.stream = ? AND run.status = 'OPEN' ORDER BY said.last_t DESC, said.last_k DESC LIMIT 1",
      stream,
    );
    return row === undefined
      ? null
      : { at: int(row, 'last_t'), t: int(row, 'last_t'), k: int(row, 'last_k'), content: textOrNull(row, 'body') };
  }
}

function bestOf(streams: readonly SchemaStream[]): ToldSchema | null {
  const told = streams.flatMap(({ role, statement }) => {
    const content = statement?.content ?? null;
    return statement === null || content === null ? [] : [{ ...statement, role, content }];
  });
  told.sort((a, b) => a.at - b.at || a.t - b.t || a.k - b.k);
  for (const role of ['DATASET_EVENT', 'WRITER']) {
    const last = told.findLast((statement) => statement.role === role);
    if (last !== undefined) return { contents: [last.content], partial: false };
  }
  return told.length === 0 ? null : { contents: told.map(({ content }) => content), partial: true };
}

function schemaOf({ contents, partial }: ToldSchema): DatasetSchema {
  const [first = [], ...more] = contents.map(fieldsOf);
  return { fields: more.length === 0 ? first : [first, ...more].reduce(unionOfFields, []), partial };
}

/** What a reader reports is a projection; together they know more. */
function unionOfFields(known: SchemaField[], told: readonly SchemaField[]): SchemaField[] {
  const fields = new Map(known.map((field) => [field.name, field]));
  for (const field of told) {
    fields.set(field.name, {
      ...field,
      fields: unionOfFields([...(fields.get(field.name)?.fields ?? [])], field.fields),
    });
  }
  return [...fields.values()];
}

function fieldsOf(content: string | null): SchemaField[] {
  if (content === null) return [];
  const bare = (field: SchemaField): SchemaField => ({
    name: field.name,
    type: field.type,
    description: null,
    fields: field.fields.map(bare),
  });
  return (JSON.parse(content) as SchemaField[]).map(bare);
}
