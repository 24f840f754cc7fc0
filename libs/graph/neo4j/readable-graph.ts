/**
 * The graph as a person at the Neo4j browser reads it, written commit by commit and exported again, byte for byte.
 *
 * A commit is one transaction: what the graph gained and lost, the changes that tell of it, and the position that it is
 * at. Each goes through one node, which it finds at the commit that its writer saw, or not at all. So writers, as many
 * as there are, make one order; changes are numbered in it without gaps, and whoever has read up to one has missed none
 * before it.
 */
import {
  BatchTooLarge,
  type Change,
  canonicalJson,
  type EdgeKind,
  type ExportLine,
  type ExportOptions,
} from '#lineage';
import type { GraphStep, Said } from '../graph-step.ts';
import type { LastWords } from '../last-said.ts';
import { AskedSteps, answerWithin } from './asked-steps.ts';
import { LineReader, lastWordsIn } from './line-properties.ts';
import { Neo4jDatabase, type Neo4jOptions, type Properties, type Statements } from './neo4j-database.ts';
import type { PartRows } from './part-rows.ts';
import { PartWriter } from './part-writer.ts';
import { prepareNeo4jSchema } from './prepare-schema.ts';
import {
  DELETE_COMMITS,
  END_TURN,
  ENTER_COMMIT,
  HOLD_COMMITS,
  READ_CHANGES,
  READ_COMMITS,
  READ_POSITION,
  READ_ROWS,
  READ_SAID_AFTER,
  SHOW_COMMITS,
  TAKE_LOG,
  TAKE_TURN,
  WRITE_CHANGES,
} from './queries/commit-queries.ts';
import * as exporting from './queries/export-queries.ts';
import { rowStatement } from './row-statement.ts';
import { type ShownPosition, shownIn, shownOf } from './shown-position.ts';
import { changeOf, storedChange } from './stored-change.ts';

/** Where the graph is: how many commits it had, the last applied position of the log, and the last change. */
export interface GraphPosition {
  readonly commit: number;
  readonly applied: number;
  readonly sequence: number;
}

export interface GraphCommit {
  /** The commit that the writer saw: this one is the next, or fails. */
  readonly after: number;
  readonly applied: number;
  /** In order; their sequence is given here. */
  readonly changes: readonly Omit<Change, 'sequence'>[];
  /** What it writes of the graph; read from the beginning for each try. */
  readonly parts: Iterable<PartRows> | AsyncIterable<PartRows>;
  /** For those who follow: without one, nobody can. */
  readonly step?: GraphStep;
  /** By what its writer knows its own commit again. */
  readonly by?: string;
  /** The step is one that was asked for: who asked is answered with it. */
  readonly answer?: { readonly id: string; said(changes: readonly Change[]): Said };
  /** A part of an import: rows that whoever follows loads, gzipped. */
  readonly rows?: Uint8Array;
}

/** A commit as those read it who follow. */
export interface CommitRecord {
  readonly number: number;
  /** Of its last change, or of the last one before it. */
  readonly sequence: number;
  readonly step: GraphStep | null;
  readonly by: string | null;
}

/** Another commit came first: what was worked out from the state before it counts for nothing. */
export class CommitOvertaken extends Error {
  override readonly name = 'CommitOvertaken';
}

/** Positions of the one log say nothing of the other: the graph would be mixed of both. */
export class OtherLog extends Error {
  override readonly name = 'OtherLog';

  constructor(held: string, log: string) {
    super(otherLog(held, log));
  }
}

export const otherLog = (held: string, log: string): string =>
  `the graph in Neo4j is folded from another log (${held}) than the one that REDIS_URL names (${log}): give this process the NEO4J_URI and REDIS_URL of the others. ` +
  "If Redis lost its log, restore both from one backup; or stop all hubs, empty Neo4j and the workers' folders, and what Redis has is folded anew";

/** The nodes here are as people merged them: what the events alone say, an export, can't be read from them. */
export class MergesHold extends Error {
  override readonly name = 'MergesHold';
  constructor() {
    super("while merges by hand hold, an api process can't export the graph that the events say: ask a worker");
  }
}

/** Commits that are forgotten in one transaction. */
const FORGOTTEN = 10_000;

export class ReadableGraph {
  /** What processes without a file of the graph ask for. */
  readonly asked: AskedSteps;
  readonly #database: Neo4jDatabase;
  /** The log that this process has; null: it has none. */
  #log: string | null = null;

  private constructor(database: Neo4jDatabase) {
    this.#database = database;
    this.asked = new AskedSteps(database);
  }

  /**
   * Connects, and brings the database to this version's schema.
   * @throws NewerNeo4jSchema
   */
  static async open(options: Neo4jOptions): Promise<ReadableGraph> {
    const database = await Neo4jDatabase.connect(options);
    try {
      return await ReadableGraph.on(database);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /**
   * On a connection that others may use too.
   * @throws NewerNeo4jSchema
   */
  static async on(database: Neo4jDatabase): Promise<ReadableGraph> {
    await prepareNeo4jSchema(database);
    return new ReadableGraph(database);
  }

  /**
   * Of the latest commit, for who commits the next: an index may not have it yet.
   * @throws OtherLog, here and later, where another process has given the graph another log
   */
  async position(): Promise<GraphPosition> {
    const { log, ...position } = await this.#database.read(positionOf);
    this.#keepTo(log);
    return position;
  }

  /**
   * From now on this process has this log. A graph that is of none yet is of this one, if `takes`.
   * @throws OtherLog
   */
  async isOf(log: string, takes: boolean): Promise<void> {
    this.#log = log;
    const { log: held } = await this.#database.read(positionOf);
    if (held === null && takes) await this.#database.write((statements) => statements.run(TAKE_LOG, { log }));
    await this.position();
  }

  /** The position up to which an older version wrote the graph, without its jobs' last words: edges tell them alone. */
  async saidAfter(): Promise<number> {
    const [row] = await this.#database.read((statements) => statements.run(READ_SAID_AFTER));
    return Number(row?.['position'] ?? 0);
  }

  /** For who reads. @throws OtherLog */
  async shown(): Promise<ShownPosition> {
    const { log, ...shown } = await this.#database.read(shownIn);
    this.#keepTo(log);
    return shown;
  }

  #keepTo(log: string | null): void {
    if (this.#log !== null && log !== null && log !== this.#log) throw new OtherLog(log, this.#log);
  }

  /** What was committed is whole: readers may go by it. */
  async show(): Promise<void> {
    await this.#database.write((statements) => statements.run(SHOW_COMMITS));
  }

  /**
   * @returns the changes with their sequence
   * @throws TakenBack where nobody waits for the answer any more; BatchTooLarge; CommitOvertaken, also where this commit
   * itself got through and its answer was lost on the way: the writer finds what it wrote when it reads on from `after`
   */
  async commit(commit: GraphCommit): Promise<readonly Change[]> {
    const changes = await this.#commit(commit);
    // It is made, whatever comes of this: else the next commit shows it, or the next turn.
    await this.show().catch(() => undefined);
    return changes;
  }

  async #commit(commit: GraphCommit): Promise<readonly Change[]> {
    return this.#database.writeUnless(throwIfTooLarge, (statements) => this.#write(statements, commit));
  }

  async #write(statements: Statements, commit: GraphCommit): Promise<readonly Change[]> {
    const [entered] = await statements.run(ENTER_COMMIT, {
      commit: commit.after,
      applied: commit.applied,
      changes: commit.changes.length,
      step: commit.step === undefined ? null : canonicalJson(commit.step),
      by: commit.by ?? null,
      rows: commit.rows === undefined ? null : new Int8Array(commit.rows),
    });
    if (entered === undefined) throw new CommitOvertaken(`the graph is past commit ${commit.after}`);
    const before = Number(entered['before']);
    const changes = commit.changes.map((change, i) => ({ ...change, sequence: before + i + 1 }));
    const { answer } = commit;
    if (answer !== undefined) await answerWithin(statements, answer.id, answer.said(changes));
    const writer = new PartWriter(statements);
    writer.send(rowStatement(WRITE_CHANGES, changes.map(storedChange)));
    for await (const part of commit.parts) await writer.write(part);
    await writer.finish();
    return changes;
  }

  /**
   * In their order, the first of those after `after`. Neo4j shows what a transaction wrote to a node before it shows it in
   * an index: who sees the position of a commit may look for the commit too early.
   */
  async commits(after: number, first: number): Promise<readonly CommitRecord[]> {
    return this.#database.read((statements) => commitsOf(statements, after, first));
  }

  /** The same, once the latest commit is in all indexes: waits for who commits, and holds the others meanwhile. */
  async settledCommits(after: number, first: number): Promise<readonly CommitRecord[]> {
    return this.#database.write(async (statements) => {
      await statements.run(HOLD_COMMITS);
      return commitsOf(statements, after, first);
    });
  }

  /** Of the commit with this number; null where it carries none. */
  async rowsOf(number: number): Promise<Uint8Array | null> {
    const [row] = await this.#database.read((statements) => statements.run(READ_ROWS, { number }));
    const rows = row?.['rows'];
    return rows instanceof Int8Array ? new Uint8Array(rows) : null;
  }

  /** What only led to states before this position of the log. */
  async forgetCommits(position: number): Promise<void> {
    for (let gone = FORGOTTEN; gone === FORGOTTEN; ) {
      const asked = { position, most: FORGOTTEN };
      const [row] = await this.#database.write((statements) => statements.run(DELETE_COMMITS, asked));
      gone = Number(row?.['gone']);
    }
  }

  /** @returns whether it is this worker's turn to commit, for so long */
  async takeTurn(worker: string, ms: number): Promise<boolean> {
    const rows = await this.#database.write((statements) => statements.run(TAKE_TURN, { worker, ms }));
    return rows.length > 0;
  }

  async endTurn(worker: string): Promise<void> {
    await this.#database.write((statements) => statements.run(END_TURN, { worker }));
  }

  async changes(after: number, first: number): Promise<readonly Change[]> {
    return this.#database.read((statements) =>
      shownOf(statements, async () => {
        const rows = await statements.run(READ_CHANGES, { after, first });
        return rows.map(({ change }) => changeOf(change as Properties));
      }),
    );
  }

  /** Commits wait meanwhile: a reading in Neo4j sees what is committed, each statement anew. */
  async *export({ mutations = false }: ExportOptions = {}): AsyncIterable<string> {
    const kinds = await this.#database.write(async (statements) => {
      await statements.run(HOLD_COMMITS);
      const merges = (await statements.run(exporting.EXPORT_MERGES)).map((row) => read(row).merge());
      if (merges.some(({ undone }) => undone === null)) throw new MergesHold();
      const said = await statements.run(exporting.EXPORT_LAST_SAID);
      const words = new Map(said.map((row) => [String(row['job']), lastWordsIn(row['said'])]));
      const saidBy: SaidBy = (...ids) => ids.flatMap((id) => words.get(id) ?? []);
      const each: ExportLine[][] = [];
      for (const kind of EXPORTED)
        if (mutations || kind.said !== true)
          each.push((await statements.run(kind.query)).map((row) => kind.line(row, saidBy)));
      return each;
    });
    for (const lines of kinds) {
      lines.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
      for (const line of lines) yield canonicalJson(line);
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/**
 * The driver tries the same again where a pool of memory is exhausted, as if others had used it: a commit that is too large
 * for it stays so. https://neo4j.com/docs/status-codes/current/errors/gql-errors/51N72/ and 51N73
 */
function throwIfTooLarge(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/\.(MemoryPool|Transaction)OutOfMemoryError$/.test(code)) return;
  throw new BatchTooLarge(
    `Neo4j gives transactions too little memory for this commit (${code}): raise server.memory.heap.max_size or db.memory.transaction.total.max in neo4j.conf`,
    { cause: error },
  );
}

async function positionOf(statements: Statements): Promise<GraphPosition & { readonly log: string | null }> {
  const [row] = await statements.run(READ_POSITION);
  if (row === undefined) throw new Error('the database holds no graph');
  return {
    commit: Number(row['commit']),
    applied: Number(row['applied']),
    sequence: Number(row['sequence']),
    log: typeof row['log'] === 'string' ? row['log'] : null,
  };
}

async function commitsOf(statements: Statements, after: number, first: number): Promise<readonly CommitRecord[]> {
  const rows = await statements.run(READ_COMMITS, { after, first });
  return rows.map((row) => ({
    number: Number(row['number']),
    sequence: Number(row['sequence']),
    step: typeof row['step'] === 'string' ? (JSON.parse(row['step']) as GraphStep) : null,
    by: typeof row['by'] === 'string' ? row['by'] : null,
  }));
}

/** The last words of the jobs among these. */
type SaidBy = (...ids: readonly string[]) => readonly LastWords[];

interface ExportedKind {
  readonly query: string;
  readonly line: (row: Properties, saidBy: SaidBy) => ExportLine;
  /** What people said: only where it is asked for. */
  readonly said?: true;
}

/** In the order of their kinds. */
const EXPORTED: readonly ExportedKind[] = [
  { query: exporting.EXPORT_ACTIVITY, line: (row) => read(row).activity() },
  { query: exporting.EXPORT_ANNOTATIONS, line: (row) => read(row).remark('annotation'), said: true },
  {
    query: exporting.EXPORT_COLUMN_EDGES,
    line: (row, saidBy) => read(row).columnEdge(String(row['from']), String(row['to']), saidBy),
  },
  { query: exporting.EXPORT_DATASETS, line: (row) => read(row).dataset() },
  {
    query: exporting.EXPORT_EDGES,
    line: (row, saidBy) => {
      const [from, to] = [String(row['from']), String(row['to'])];
      return read(row).edge(row['kind'] as EdgeKind, from, to, saidBy(from, to));
    },
  },
  { query: exporting.EXPORT_FIELDS, line: (row) => read(row).field() },
  { query: exporting.EXPORT_JOBS, line: (row) => read(row).job() },
  { query: exporting.EXPORT_JOB_VERSIONS, line: (row) => read(row).jobVersion() },
  { query: exporting.EXPORT_MERGES, line: (row) => read(row).merge(), said: true },
  { query: exporting.EXPORT_RUNS, line: (row) => read(row).run() },
  { query: exporting.EXPORT_SCHEMA_VERSIONS, line: (row) => read(row).schemaVersion() },
  { query: exporting.EXPORT_TAGS, line: (row) => read(row).remark('tag'), said: true },
];

const read = (row: Properties): LineReader => new LineReader(row['p'] as Properties);
