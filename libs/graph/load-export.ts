/** An export, read into a graph file of its own: all of it, or a line that says what is wrong with it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Database } from './sqlite/database.ts';
import { GRAPH_FILE } from './sqlite/graph-file.ts';
import { BadRows, RowLoader } from './sqlite/graph-rows.ts';
import { saidInGraph } from './sqlite/held-merges.ts';
import { PeopleFile } from './sqlite/people-file.ts';
import { Exporter } from './sqlite/read/exporter.ts';
import { restateGraph } from './sqlite/restate/restate-graph.ts';
import { StatedLines } from './sqlite/restate/stated-lines.ts';
import { prepareSchema } from './sqlite/schema.ts';

/** Of the export; it begins with the line's number. */
export class BadExport extends Error {
  override readonly name = 'BadExport';

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
  }
}

export interface LoadedExport {
  /** Of the graph. */
  readonly lines: number;
  /** 0: the rows were made from the lines. */
  readonly rows: number;
}

const KINDS = new Set(
  'activity annotation columnEdge dataset edge field job jobVersion merge run schemaVersion tag'.split(' '),
);
/** What people said: lines of these are there where they were asked for. */
const SAID = new Set(['annotation', 'merge', 'tag']);

/**
 * Of its rows, or of its lines alone where it has none, makes `graph.db` in an existing folder that has none, and `people.db` where people said something. What the lines say
 * is held against the graph that the rows make: one that was altered on the way is found.
 * @param now when it arrives here, ms: retention counts from here what came without rows
 * @throws BadExport
 */
export async function loadExport(lines: AsyncIterable<string>, folder: string, now: number): Promise<LoadedExport> {
  const db = new Database(join(folder, GRAPH_FILE));
  try {
    prepareSchema(db);
    const reading = new ExportReading(db);
    db.exec('BEGIN IMMEDIATE');
    for await (const line of lines) reading.take(line);
    const loaded = reading.finish();
    db.run("INSERT OR REPLACE INTO meta(key, value) VALUES ('imported', ?)", loaded.rows);
    db.exec('COMMIT');
    if (!reading.hasRows) restate(db, reading.stated, folder, now);
    saidInGraph(db, new PeopleFile(folder)).close();
    reading.compare();
    return loaded;
  } finally {
    db.close();
  }
}

function restate(db: Database, lines: StatedLines, folder: string, now: number): void {
  const committed = new Database(join(folder, GRAPH_FILE), { readOnly: true });
  try {
    restateGraph(db, committed, lines, now);
  } catch (error) {
    if (error instanceof BadRows) throw new BadExport(lines.number, error.message);
    throw error;
  } finally {
    committed.close();
  }
}

class ExportReading {
  readonly #db: Database;
  #number = 0;
  #before = '';
  #said = false;
  #loader: RowLoader | null = null;
  #rows = 0;
  /** What a graph is made of where no rows follow. */
  readonly stated: StatedLines;
  /** Of each line of the graph, the beginning of its hash: to tell which one differs. */
  readonly #prints: number[] = [];

  constructor(db: Database) {
    this.#db = db;
    this.stated = new StatedLines(db);
  }

  take(text: string): void {
    this.#number++;
    const line = this.#parsed(text);
    if (this.#loader !== null) {
      const loader = this.#loader;
      this.#orSay(() => loader.put(line));
      this.#rows++;
    } else if (line['kind'] === 'rows') {
      this.stated.forget();
      this.#loader = this.#orSay(() => new RowLoader(this.#db, line));
    } else this.#takeLine(text, line);
  }

  get hasRows(): boolean {
    return this.#loader !== null;
  }

  finish(): LoadedExport {
    const loader = this.#loader;
    if (loader !== null) this.#orSay(() => loader.finish());
    return { lines: this.#prints.length, rows: this.#rows };
  }

  /** @throws BadExport where a line isn't what the rows make */
  compare(): void {
    let at = 0;
    for (const line of new Exporter(this.#db).lines({ mutations: this.#said })) {
      if (this.#prints[at] !== printOf(line)) throw new BadExport(at + 1, this.#differs('another line here'));
      at++;
    }
    if (at !== this.#prints.length) throw new BadExport(at + 1, this.#differs('no such line'));
  }

  #differs(what: string): string {
    return this.#loader === null
      ? `a graph made of the lines alone has ${what}: make the export with "headwater export --with rows"`
      : `the rows make ${what}: the export was altered after it was made`;
  }

  #takeLine(text: string, { kind, id }: Readonly<Record<string, unknown>>): void {
    if (typeof kind !== 'string' || !KINDS.has(kind))
      throw new BadExport(this.#number, `no kind of line of an export: ${JSON.stringify(kind)}`);
    if (typeof id !== 'string') throw new BadExport(this.#number, `a ${kind} without an id`);
    const key = `${kind}\0${id}`;
    if (key <= this.#before)
      throw new BadExport(
        this.#number,
        `${kind} ${id} is there twice, or out of order: lines are sorted by kind and id`,
      );
    this.#before = key;
    this.#said ||= SAID.has(kind);
    this.stated.put(this.#number, kind, text);
    this.#prints.push(printOf(text));
  }

  #parsed(text: string): Readonly<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
    } catch {
      // Said below.
    }
    throw new BadExport(this.#number, `no line of an export: ${JSON.stringify(text.slice(0, 60))}`);
  }

  #orSay<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof BadRows) throw new BadExport(this.#number, error.message);
      throw error;
    }
  }
}

const printOf = (text: string): number => createHash('sha256').update(text).digest().readUIntBE(0, 6);
