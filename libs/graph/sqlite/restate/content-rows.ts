/** Rows of contents with versions: schemas as datasets' fields and versions say them, SQL and code locations as jobs' versions do. */
import type { FieldLine, JobVersionLine, SchemaField, SchemaVersionLine } from '#lineage';
import { type Database, int, text } from '../database.ts';
import type { Interned } from '../interned.ts';
import { SchemaReader } from '../read/schema-reader.ts';
import { instantOf, type LineNames } from './line-names.ts';

export class ContentRows {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: LineNames;
  /** What each job ran last: it is a statement where the next version has another. */
  #job: { readonly name: number; to: number | null; sql: string | null; codeLocation: string | null } | null = null;

  constructor(db: Database, interned: Interned, names: LineNames) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
  }

  schemaVersion({ id, source, role, at, fields }: SchemaVersionLine): void {
    // Of the name as it was observed, which the id begins with.
    const name = this.#names.number(id.slice(0, id.lastIndexOf(`|${source}|${role}|${at}`)));
    const stream = this.#stream(name, 'schema', source, role, null);
    this.#point(stream, instantOf(at), fields.length === 0 ? null : contentOf(fields), true);
  }

  /** In order of time, job by job. */
  jobVersion({ job, from, to, sql, codeLocation }: JobVersionLine): void {
    const name = this.#names.number(job);
    const start = instantOf(from);
    if (this.#job !== null && this.#job.name !== name) this.lastJobVersion();
    const before = this.#job;
    // Between two versions that don't touch, nothing ran.
    const wasEmpty = before === null || before.to !== start;
    if (before !== null && wasEmpty) this.lastJobVersion();
    if ((wasEmpty ? null : before.sql) !== sql) this.#text(name, 'sql', start, sql);
    if ((wasEmpty ? null : before.codeLocation) !== codeLocation) this.#text(name, 'codeLocation', start, codeLocation);
    this.#job = { name, to: to === null ? null : instantOf(to), sql, codeLocation };
  }

  /** Where a job's last version ends, so does what it ran. */
  lastJobVersion(): void {
    const last = this.#job;
    this.#job = null;
    if (last === null || last.to === null) return;
    if (last.sql !== null) this.#text(last.name, 'sql', last.to, null);
    if (last.codeLocation !== null) this.#text(last.name, 'codeLocation', last.to, null);
  }

  /**
   * The fields that are shown of one dataset, after all versions and edges. Where the versions show others, the stream that
   * ends with these spoke last; where no version tells them, readers did.
   * @param names of the dataset, the node's own first
   * @param lastSeen of the dataset
   */
  fields(names: readonly number[], lines: readonly FieldLine[], lastSeen: number): void {
    const wanted = lines.toSorted((a, b) => a.ordinal - b.ordinal).map(({ field }) => field);
    const shown = new SchemaReader(this.#db).shown(names);
    if (shown !== null && !shown.partial) {
      if (sameFields(shown.fields, wanted)) return;
      this.#spokeLast(names, wanted, lastSeen);
    } else this.#readersTold(names[0] ?? 0, wanted, lastSeen);
  }

  #spokeLast(names: readonly number[], wanted: readonly SchemaField[], at: number): void {
    for (const role of ['DATASET_EVENT', 'WRITER']) {
      for (const name of names) {
        for (const row of this.#db.all(
          `SELECT s.id AS stream, content.id AS content, content.text AS body FROM stream s
             JOIN stream_point p ON p.stream = s.id AND p.at = (SELECT max(last.at) FROM stream_point last WHERE last.stream = s.id)
             JOIN content ON content.id = p.content WHERE s.name = ? AND s.kind = 'schema' AND s.role = ? AND content.text IS NOT NULL`,
          name,
          role,
        )) {
          const fields = JSON.parse(text(row, 'body')) as SchemaField[];
          if (!sameFields(fields, wanted)) continue;
          this.#point(int(row, 'stream'), at, text(row, 'body'), false);
          return;
        }
      }
    }
  }

  /** Each may have told all of it: a field goes when all have spoken again without it. */
  #readersTold(dataset: number, fields: readonly SchemaField[], lastSeen: number): void {
    const readers = this.#db.tuples(
      `SELECT DISTINCT timeline.owner, source.text FROM edge JOIN edge_timeline et ON et.element = edge.id AND et.columns = 0
         JOIN timeline ON timeline.id = et.timeline JOIN source ON source.id = timeline.source WHERE edge.src = ? AND edge.kind = 0`,
      dataset,
    );
    const content = contentOf(fields);
    for (const [reader, source] of readers.length > 0 ? readers : [[null, '']])
      this.#point(
        this.#stream(dataset, 'schema', String(source), 'READER', reader === null ? null : Number(reader)),
        lastSeen,
        content,
        true,
      );
  }

  /** Said by whoever told the job's facet of that name. */
  #text(job: number, kind: 'sql' | 'codeLocation', at: number, content: string | null): void {
    const facet = kind === 'sql' ? 'sql' : 'sourceCodeLocation';
    const told = this.#db.get(
      'SELECT source.text FROM facet JOIN source ON source.id = facet.source WHERE owner = ? AND facet = ? ORDER BY t DESC LIMIT 1',
      job,
      facet,
    );
    const stream = this.#stream(job, kind, told === undefined ? '' : text(told, 'text'), null, null);
    this.#point(stream, at, content === null ? null : JSON.stringify(content), true);
  }

  #stream(name: number, kind: string, source: string, role: string | null, reader: number | null): number {
    const teller = this.#interned.source(source);
    const found = this.#db.get(
      'SELECT id FROM stream WHERE name = ? AND kind = ? AND source = ? AND role IS ? AND reader IS ?',
      ...[name, kind, teller, role, reader],
    );
    if (found !== undefined) return int(found, 'id');
    return this.#db.run(
      'INSERT INTO stream(name, kind, source, role, reader) VALUES (?, ?, ?, ?, ?)',
      ...[name, kind, teller, role, reader],
    );
  }

  /** A repeat (`begins`: false) comes after all else of its instant. */
  #point(stream: number, at: number, content: string | null, begins: boolean): void {
    this.#db.write(
      'INSERT OR IGNORE INTO stream_point(stream, at, t, k, content, begins) VALUES (?, ?, ?, ?, ?, ?)',
      ...[stream, at, at, begins ? 0 : 1, this.#interned.content(content), begins ? 1 : 0],
    );
  }
}

/** As a schema is said: without descriptions. */
interface StatedField {
  readonly name: string;
  readonly type: string | null;
  readonly fields: readonly StatedField[];
}

function contentOf(fields: readonly SchemaField[]): string {
  const stated = ({ name, type, fields: nested }: SchemaField): StatedField => ({
    name,
    type,
    fields: nested.map(stated),
  });
  return JSON.stringify(fields.map(stated));
}

/** Shown are fields by name, the last of each. */
function sameFields(told: readonly SchemaField[], shown: readonly SchemaField[]): boolean {
  return contentOf([...new Map(told.map((field) => [field.name, field])).values()]) === contentOf(shown);
}
