/** The lines of an export, in a table of this connection until all are there: they refer to each other both ways. */
import type { ExportLine, RemarkLine } from '#lineage';
import type { Database } from '../database.ts';
import { BadRows } from '../graph-rows.ts';

type Kind = ExportLine['kind'];
type LineOf<K extends Kind> = Extract<ExportLine, { readonly kind: K }>;

/** What a line of a kind must have so that it can be read; whether it is true shows in the export that it makes. */
const SHAPES: Readonly<
  Record<Kind, Readonly<Record<string, 'string' | 'text or null' | 'number' | 'object' | 'list'>>>
> = {
  activity: { job: 'string', hour: 'string', observations: 'number' },
  annotation: { subject: 'string', text: 'string', by: 'string', at: 'string', expiresAt: 'text or null' },
  columnEdge: { job: 'text or null', description: 'text or null', intervals: 'list', evidence: 'list' },
  dataset: {
    namespace: 'string',
    name: 'string',
    aliases: 'list',
    contested: 'list',
    dead: 'list',
    firstSeen: 'string',
    lastSeen: 'string',
    facets: 'object',
  },
  edge: { edge: 'string', intervals: 'list', evidence: 'list' },
  field: { dataset: 'string', ordinal: 'number', field: 'object' },
  job: {
    namespace: 'string',
    name: 'string',
    aliases: 'list',
    firstSeen: 'string',
    lastSeen: 'string',
    processingType: 'string',
    facets: 'object',
  },
  jobVersion: { job: 'string', from: 'string', to: 'text or null', sql: 'text or null', codeLocation: 'text or null' },
  merge: { alias: 'string', into: 'string', by: 'string', at: 'string', reason: 'text or null' },
  run: {
    job: 'string',
    runId: 'string',
    state: 'string',
    processingType: 'string',
    startedAt: 'string',
    endedAt: 'text or null',
    lastSeen: 'string',
    nominalStart: 'text or null',
    nominalEnd: 'text or null',
    error: 'text or null',
  },
  schemaVersion: { dataset: 'string', source: 'string', role: 'string', at: 'string', fields: 'list' },
  tag: { subject: 'string', text: 'string', by: 'string', at: 'string', expiresAt: 'text or null' },
};

export class StatedLines {
  readonly #db: Database;
  /** The number of the line that was read last. */
  number = 0;

  constructor(db: Database) {
    this.#db = db;
    db.exec(`
      CREATE TEMP TABLE stated_line (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL);
      CREATE INDEX temp.stated_kind ON stated_line(kind);
    `);
  }

  put(number: number, kind: string, text: string): void {
    this.#db.write('INSERT INTO stated_line(number, kind, text) VALUES (?, ?, ?)', number, kind, text);
  }

  forget(): void {
    this.#db.exec('DELETE FROM stated_line');
  }

  /** By number; fields by dataset. @throws BadRows for a line without what its kind has */
  *of<K extends Kind>(kind: K): Iterable<LineOf<K>> {
    for (const value of this.#parsed(kind)) if (isLine(kind, value)) yield value;
  }

  *remarks(): Iterable<RemarkLine> {
    for (const kind of ['annotation', 'tag'] as const)
      for (const value of this.#parsed(kind)) if (isRemark(kind, value)) yield value;
  }

  *#parsed(kind: Kind): Iterable<Readonly<Record<string, unknown>>> {
    for (const [number, text] of this.#db.each(
      `SELECT number, text FROM stated_line WHERE kind = '${kind}' ORDER BY ${kind === 'field' ? "json_extract(text, '$.dataset'), " : ''}number`,
    )) {
      this.number = Number(number);
      yield JSON.parse(String(text)) as Readonly<Record<string, unknown>>;
    }
  }
}

function isLine<K extends Kind>(kind: K, value: Readonly<Record<string, unknown>>): value is LineOf<K> & typeof value {
  return hasShape(kind, value);
}

function isRemark(
  kind: RemarkLine['kind'],
  value: Readonly<Record<string, unknown>>,
): value is RemarkLine & typeof value {
  return hasShape(kind, value);
}

function hasShape(kind: Kind, value: Readonly<Record<string, unknown>>): true {
  for (const [part, wanted] of Object.entries(SHAPES[kind])) {
    if (!isOf(wanted, value[part])) throw new BadRows(`a ${kind} whose ${part} is missing, or of another kind`);
  }
  return true;
}

function isOf(wanted: string, value: unknown): boolean {
  if (wanted === 'text or null') return value === null || typeof value === 'string';
  if (wanted === 'list') return Array.isArray(value);
  if (wanted === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === wanted;
}
