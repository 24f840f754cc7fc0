/**
 * A worker's own file of the graph that many workers share: the fold, with the writer of the embedded store.
 *
 * ```
 * prepare(step) ─▶ done in an open transaction ─▶ part(), part() … go to Neo4j ─▶ settle(n)   it is commit n
 *                                                                             └─▶ drop()      another came first
 * follow(step, n)  what another worker committed, done here too
 * ```
 * So the file is never ahead of what is published: a worker that was killed in between finds its step published and
 * follows it, or not published and forgotten.
 */
import { join } from 'node:path';
import type { Change, FlowLimits, LoggedEvent } from '#lineage';
import type { GraphStep, PreparedStep, StepAnswers, StepPart } from '../graph-step.ts';
import { ONE_BY_ONE, saidInBreaths } from '../graph-step.ts';
import { Database, int } from './database.ts';
import { GRAPH_FILE, GraphFile } from './graph-file.ts';
import { isHeader, RowLoader } from './graph-rows.ts';
import { ServedLines } from './read/served-lines.ts';
import { StillNames } from './read/still-names.ts';
import { TouchedLines } from './read/touched-lines.ts';
import { StorageFault } from './storage-fault.ts';
import { TouchedRecorder, type TouchedRows } from './write/touched-rows.ts';

interface Done extends StepAnswers {
  readonly changes: readonly Change[];
}

const NOTHING: Done = { applied: 0, faults: [], runs: 0, merge: null, remark: null, changes: [] };

export class GraphReplica {
  readonly #file: GraphFile;
  readonly #committed: Database;
  readonly #touched: TouchedRecorder;
  readonly #lines: TouchedLines;
  readonly #limits: FlowLimits;
  #loader: RowLoader | null = null;
  /** Of what is prepared. */
  #parts: Generator<StepPart, void> | null = null;
  /** What is prepared, or failed to be, may have written something. */
  #wrote = true;

  /**
   * @param saidAfter the position up to which the shared graph was written without its jobs' last words
   * @throws NewerSchema
   */
  constructor(folder: string, limits: FlowLimits, saidAfter = 0) {
    this.#file = new GraphFile(folder, limits, null, null);
    this.#committed = new Database(join(folder, GRAPH_FILE), { readOnly: true, cacheKiB: 8192 });
    this.#touched = new TouchedRecorder(this.#file.db);
    this.#lines = new TouchedLines(this.#file.db, this.#committed, this.#file.interned, saidAfter);
    this.#limits = limits;
  }

  /** The last commit that it holds, and the last position. */
  position(): { readonly commit: number; readonly applied: number } {
    const row = this.#file.db.get("SELECT value FROM meta WHERE key = 'commit'");
    return { commit: row === undefined ? 0 : int(row, 'value'), applied: this.#file.applied() };
  }

  /** Does what is published already. */
  follow(step: GraphStep, events: readonly LoggedEvent[], commit: number): void {
    this.#file.db.transaction(() => {
      this.#do(step, events);
      this.#touched.take();
      this.#setCommit(commit);
    });
  }

  /** Does it, and holds it back until `settle` or `drop`. */
  prepare(step: GraphStep, events: readonly LoggedEvent[]): PreparedStep | typeof ONE_BY_ONE {
    this.#loadNothing();
    this.#begin();
    try {
      const before = this.#writes();
      const done = this.#do(step, events);
      this.#wrote = this.#writes() > before;
      this.#parts = this.#partsOf(this.#touched.take());
      return { ...done, wrote: this.#wrote };
    } catch (error) {
      this.drop();
      if (error instanceof StorageFault || events.length < 2) throw error;
      return ONE_BY_ONE;
    }
  }

  /** Rows of an import, a piece at a time; the first line says the tables. Held back until `loaded`. */
  load(lines: readonly string[]): void {
    for (const line of lines) {
      const row: unknown = JSON.parse(line);
      if (isHeader(row)) {
        this.#loadNothing();
        this.#begin();
        this.#loader = new RowLoader(this.#file.db, row);
      } else this.#loading().put(row);
    }
  }

  /** The import is whole, and its last part was this commit. */
  loaded(commit: number): void {
    this.#loading().finish();
    this.#loader = null;
    this.#touched.take();
    this.settle(commit);
    // What it remembers is of the file before.
    this.#file.forget();
  }

  /**
   * What to publish of what is prepared, some at a time: what comes first is on its way while the rest is worked out.
   * null: that was all.
   */
  part(): StepPart | null {
    const next = this.#parts?.next();
    return next === undefined || next.done === true ? null : next.value;
  }

  /** What was prepared is this commit. */
  settle(commit: number): void {
    this.#endParts();
    this.#setCommit(commit);
    this.#file.db.exec('COMMIT');
  }

  /** What was prepared never was. */
  drop(): void {
    this.#endParts();
    this.#file.db.exec('ROLLBACK');
    // What is remembered of the file is still so where nothing was written: most ticks find nothing to do.
    if (this.#wrote) this.#file.forget();
  }

  close(): void {
    this.#committed.close();
    this.#file.close();
  }

  #do(step: GraphStep, events: readonly LoggedEvent[]): Done {
    switch (step.op) {
      case 'apply':
        // A single event that can't be applied is passed over, here as wherever the step is followed.
        return {
          ...NOTHING,
          ...(events.length === 1 ? this.#file.apply(events, step.now) : this.#file.applyWithin(events, step.now)),
        };
      case 'tick':
        return { ...NOTHING, changes: this.#file.tick(step.now) };
      case 'prune':
        return { ...NOTHING, runs: this.#file.prune(step.before).runs };
      case 'merge':
      case 'split': {
        const merge = step.op === 'merge' ? this.#file.merge(step.request) : this.#file.split(step.request);
        return { ...NOTHING, merge, changes: merge.kind === 'done' ? merge.changes : [] };
      }
      case 'remark':
      case 'removeRemark': {
        const { words } = this.#file;
        const remark = step.op === 'remark' ? words.remark(step.request) : words.removeRemark(step.request);
        return { ...NOTHING, remark, changes: remark.kind === 'done' ? remark.changes : [] };
      }
      case 'aliases':
        return { ...NOTHING, changes: this.#file.configureAliases(step.groups) };
      case 'expect':
        this.#file.expectRuns(new Map(step.declared));
        return NOTHING;
      case 'import':
        throw new Error('an import is loaded, not done');
    }
  }

  #begin(): void {
    this.#file.db.exec('BEGIN IMMEDIATE');
    this.#wrote = true;
  }

  #loading(): RowLoader {
    if (this.#loader === null) throw new Error('an import begins with its tables');
    return this.#loader;
  }

  /** One that was broken off is begun anew. */
  #loadNothing(): void {
    if (this.#loader === null) return;
    this.#loader = null;
    this.drop();
  }

  *#partsOf(touched: TouchedRows): Generator<StepPart, void> {
    const names = new StillNames(this.#file.db);
    const served = new ServedLines(this.#file.db, this.#limits, names);
    for (const { put, seen, said, gone, detailed, measured } of this.#lines.parts(touched, names))
      yield {
        put,
        seen,
        said: saidInBreaths(said),
        gone,
        served: [...served.of(detailed), ...served.measured(measured)],
      };
  }

  #endParts(): void {
    this.#parts?.return();
    this.#parts = null;
  }

  #writes(): number {
    return int(this.#file.db.get('SELECT total_changes() AS n') ?? {}, 'n');
  }

  #setCommit(commit: number): void {
    this.#file.db.run(
      "INSERT INTO meta(key, value) VALUES ('commit', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      commit,
    );
  }
}
