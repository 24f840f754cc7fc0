/** The graph's file and its one writer. Everything here is synchronous: it runs where the writer's thread is. */
import { join } from 'node:path';
import {
  type ApplyFault,
  type ApplyResult,
  type Change,
  DEFAULT_FLOW_LIMITS,
  type FlowLimits,
  type LoggedEvent,
  REDUCTION_VERSION,
} from '#lineage';
import { Database, int } from './database.ts';
import { prepareSchema } from './schema.ts';
import { EventApplier } from './write/event-applier.ts';
import { pruneRuns } from './write/pruner.ts';

export const GRAPH_FILE = 'graph.db';

export class GraphFile {
  readonly db: Database;
  readonly #applier: EventApplier;
  /** Sees the last commit while a transaction is open. */
  readonly #committed: Database;

  /**
   * @param aliases groups of dataset ids that are one; the first of each names the node
   * @throws NewerSchema, BadAlias
   */
  constructor(folder: string, limits: FlowLimits = DEFAULT_FLOW_LIMITS, aliases: readonly (readonly string[])[] = []) {
    this.db = new Database(join(folder, GRAPH_FILE));
    prepareSchema(this.db);
    this.db.run("INSERT OR IGNORE INTO meta(key, value) VALUES ('reduction', ?)", REDUCTION_VERSION);
    this.#committed = new Database(join(folder, GRAPH_FILE), { readOnly: true, cacheKiB: 8192 });
    this.#applier = new EventApplier(this.db, this.#committed, limits);
    this.#transaction(() => {
      this.#applier.configureAliases(aliases);
      this.#applier.finish(0);
      this.#applier.takeChanges();
    });
  }

  applied(): number {
    const row = this.db.get("SELECT value FROM meta WHERE key = 'applied'");
    return row === undefined ? 0 : int(row, 'value');
  }

  /** How often an execution had to be built anew instead of grown. */
  get rederived(): number {
    return this.#applier.claims.rederived;
  }

  apply(events: readonly LoggedEvent[], now: number): ApplyResult {
    const applied = this.applied();
    const fresh = events.filter((event) => event.position > applied);
    if (fresh.length === 0) return { changes: [], faults: [], applied };
    try {
      return this.#inOneTransaction(fresh, now);
    } catch (error) {
      if (isStorageFault(error)) throw error;
      // One event can't be reduced or applied: find which, alone, and cost the others nothing.
      return this.#oneByOne(fresh, now);
    }
  }

  /** What time alone changed by `now`. */
  tick(now: number): readonly Change[] {
    return this.#transaction(() => {
      this.#applier.tick(now);
      return this.#applier.takeChanges();
    });
  }

  /** Removes runs that ended and were accepted before `before`, where nothing but answers about them needs them. */
  prune(before: number): { readonly runs: number } {
    const runs = this.#transaction(() => pruneRuns(this.db, this.#applier.interned, before));
    // Whatever was held in memory may be of rows that are gone.
    this.#applier.forget();
    return { runs };
  }

  /** A consistent copy into `folder`, which must not hold one yet. */
  backup(folder: string): void {
    this.db.run('VACUUM INTO ?', join(folder, GRAPH_FILE));
  }

  close(): void {
    this.#committed.close();
    // Statements that the binding has yet to finalize keep the connection, so that its close doesn't empty the log.
    this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.db.close();
  }

  #oneByOne(events: readonly LoggedEvent[], now: number): ApplyResult {
    const faults: ApplyFault[] = [];
    const changes: Change[] = [];
    for (const event of events) {
      try {
        changes.push(...this.#inOneTransaction([event], now).changes);
      } catch (error) {
        if (isStorageFault(error)) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        faults.push({ position: event.position, hash: event.hash, reason });
        this.#transaction(() => this.#setApplied(event.position));
      }
    }
    return { changes, faults, applied: this.applied() };
  }

  #inOneTransaction(events: readonly LoggedEvent[], now: number): ApplyResult {
    return this.#transaction(() => {
      let applied = 0;
      for (const event of events) {
        this.#applier.apply(event);
        applied = event.position;
      }
      this.#applier.finish(now);
      this.#setApplied(applied);
      return { changes: this.#applier.takeChanges(), faults: [], applied };
    });
  }

  #transaction<T>(work: () => T): T {
    try {
      return this.db.transaction(work);
    } catch (error) {
      this.#applier.forget();
      throw error;
    }
  }

  #setApplied(position: number): void {
    this.db.run(
      "INSERT INTO meta(key, value) VALUES ('applied', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      position,
    );
  }
}

/** The disk is full, or fails: not the event's fault, and worth another try. */
function isStorageFault(error: unknown): boolean {
  return (
    error instanceof Error &&
    /disk is full|disk I\/O|SQLITE_(FULL|IOERR|BUSY|READONLY)|database or disk is full|readonly database/i.test(
      error.message,
    )
  );
}
