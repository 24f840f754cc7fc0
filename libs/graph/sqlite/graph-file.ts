/** The graph's file and its one writer. Everything here is synchronous: it runs where the writer's thread is. */
import { join } from 'node:path';
import {
  type ApplyFault,
  type ApplyResult,
  assetId,
  type Change,
  DEFAULT_FLOW_LIMITS,
  type DeclaredRuns,
  type FlowLimits,
  type LoggedEvent,
  type MergeOutcome,
  type MergeRequest,
  type Name,
  REDUCTION_VERSION,
  type SplitRequest,
} from '#lineage';
import { Checkpoints } from './checkpoints.ts';
import { Database, int } from './database.ts';
import { HeldMerges, saidInGraph } from './held-merges.ts';
import type { Interned } from './interned.ts';
import { type KeptMerge, PeopleFile } from './people-file.ts';
import { PeopleWords } from './people-words.ts';
import type { NameRow } from './read/name-book.ts';
import { prepareSchema } from './schema.ts';
import { asStorageFault, StorageFault } from './storage-fault.ts';
import { EventApplier } from './write/event-applier.ts';
import { type PruneStep, pruneRuns } from './write/pruner.ts';

export const GRAPH_FILE = 'graph.db';

/** Events of a batch, where the graph keeps up with the log. */
const FEW = 64;

/** MiB of the journal, where somebody waits for the next commit. */
const JOURNAL_OF_FEW = 4;

/** So long does what comes meanwhile wait for a step of retention, about. */
const STEP_MS = 10;

export class GraphFile {
  readonly db: Database;
  readonly checkpoints: Checkpoints;
  readonly #applier: EventApplier;
  readonly #people: PeopleFile | HeldMerges;
  /** Annotations and tags. */
  readonly words: PeopleWords;
  /** Sees the last commit while a transaction is open. */
  readonly #committed: Database;

  /**
   * @param aliases groups of dataset ids that are one; the first of each names the node; null: as the file has them
   * @param people the folder of what people said, where it is another: a graph that is rebuilt; null: the graph alone
   *   keeps it
   * @throws NewerSchema, BadAlias
   */
  constructor(
    folder: string,
    limits: FlowLimits = DEFAULT_FLOW_LIMITS,
    aliases: readonly (readonly string[])[] | null = [],
    people: string | null = folder,
  ) {
    this.db = new Database(join(folder, GRAPH_FILE));
    prepareSchema(this.db);
    this.checkpoints = new Checkpoints(this.db);
    this.db.run("INSERT OR IGNORE INTO meta(key, value) VALUES ('reduction', ?)", REDUCTION_VERSION);
    this.#committed = new Database(join(folder, GRAPH_FILE), { readOnly: true, cacheKiB: 8192 });
    this.#applier = new EventApplier(this.db, this.#committed, limits);
    this.#people = people === null ? new HeldMerges(this.db) : saidInGraph(this.db, new PeopleFile(people));
    this.words = new PeopleWords(this.#applier, this.#people, (work) => this.#transaction(work));
    if (aliases !== null) this.configureAliases(aliases);
  }

  /** As the settings say now, with what people said meanwhile. */
  configureAliases(aliases: readonly (readonly string[])[]): readonly Change[] {
    return this.#transaction(() => {
      this.#applier.aliases.configure(aliases);
      this.#applier.merges.reconcile(this.#people.merges());
      this.#applier.remarks.reconcile(this.#people.remarks());
      this.#applier.finish(0);
      return this.#applier.takeChanges();
    });
  }

  /** After the rollback of a transaction that other calls were part of. */
  forget(): void {
    this.#applier.forget();
  }

  /** What the writer knows by number. */
  get interned(): Interned {
    return this.#applier.interned;
  }

  applied(): number {
    const row = this.db.get("SELECT value FROM meta WHERE key = 'applied'");
    return row === undefined ? 0 : int(row, 'value');
  }

  /** What rules say of jobs' runs, by job id; in place of what they said before. */
  expectRuns(declared: ReadonlyMap<string, DeclaredRuns>): void {
    this.#transaction(() => this.#applier.expectations.declare(declared));
  }

  /** How often an execution had to be built anew instead of grown. */
  get rederived(): number {
    return this.#applier.claims.rederived;
  }

  apply(events: readonly LoggedEvent[], now: number): ApplyResult {
    const applied = this.applied();
    const fresh = events.filter((event) => event.position > applied);
    if (fresh.length === 0) return { changes: [], faults: [], applied };
    // Of few events somebody waits for what they lead to; of many, for the last.
    this.checkpoints.keepBelow(fresh.length <= FEW ? JOURNAL_OF_FEW : 32);
    try {
      return this.applyWhole(fresh, now);
    } catch (error) {
      if (error instanceof StorageFault) {
        this.#reuseJournal();
        throw error;
      }
      // One event can't be reduced or applied: find which, alone, and cost the others nothing.
      return this.#oneByOne(fresh, now);
    } finally {
      this.checkpoints.committed();
    }
  }

  /** What time alone changed by `now`. */
  tick(now: number): readonly Change[] {
    return this.#transaction(() => {
      this.#applier.tick(now);
      return this.#applier.takeChanges();
    });
  }

  /** A person says that datasets are one: kept in people.db and held by the graph, or neither. */
  merge(request: MergeRequest): MergeOutcome {
    const { by, at, reason } = request;
    return this.#stated((keep) => {
      const { merges } = this.#applier;
      const planned = merges.planMerge(request);
      if (planned.kind === 'refused') return planned;
      const into = assetId(planned.into);
      let id = this.#people.nextId();
      const kept = planned.aliases.map(
        (alias): KeptMerge => ({ id: id++, alias, into: planned.into, by, at, reason, undone: null }),
      );
      for (const merge of kept) {
        merges.keep(merge);
        const alias = idOf(merge.alias);
        const text = `${alias} was merged into ${planned.into.name} by ${by}${because(reason)}`;
        const after = { alias, into, by, at, reason };
        this.#applier.tellStatement({ kind: 'assets.merged', subject: into, text, after }, at);
      }
      return this.#settled(planned.into, at, () => keep(kept));
    });
  }

  /** A person says that what was merged is not one after all. */
  split(request: SplitRequest): MergeOutcome {
    const { by, at, reason } = request;
    return this.#stated((keep) => {
      const { merges } = this.#applier;
      const planned = merges.planSplit(request, this.#people.merges());
      if (planned.kind === 'refused') return planned;
      const subject = assetId(planned.node);
      const after = { by, at, reason };
      const kept = planned.undone.map((merge): KeptMerge => ({ ...merge, undone: after }));
      for (const merge of kept) {
        merges.keep(merge);
        const before = {
          alias: idOf(merge.alias),
          into: idOf(merge.into),
          by: merge.by,
          at: merge.at,
          reason: merge.reason,
        };
        const text = `${before.alias} was split from ${merge.into.name} by ${by}${because(reason)}`;
        this.#applier.tellStatement({ kind: 'assets.split', subject, text, before, after }, at);
      }
      return this.#settled(planned.node, at, () => keep(kept));
    });
  }

  /** Removes runs that ended and were accepted before `before`, where nothing but answers about them needs them. All at once. */
  prune(before: number): { readonly runs: number } {
    const { runs } = this.#prune(before, 0, () => false);
    return { runs };
  }

  /** As `prune`, as far as a step gets: a few ms, in which no event is applied. */
  pruneStep(before: number, after: number, isEnough: () => boolean = aFewMs()): PruneStep {
    this.checkpoints.keepBelow(JOURNAL_OF_FEW);
    const step = this.#prune(before, after, isEnough);
    this.checkpoints.committed();
    return step;
  }

  #prune(before: number, after: number, isEnough: () => boolean): PruneStep {
    const step = this.#transaction(() => pruneRuns(this.db, this.#applier, before, after, isEnough));
    if (step.runs > 0) this.#applier.forgetRuns();
    return step;
  }

  close(): void {
    this.#people.close();
    this.#committed.close();
    // Statements that the binding has yet to finalize keep the connection, so that its close doesn't empty the log.
    this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.db.close();
  }

  /**
   * What the journal holds goes into the file as far as there is room; a journal that is in the file whole is written
   * from its beginning again. Else it could be the journal itself that keeps the disk full.
   */
  #reuseJournal(): void {
    try {
      this.db.checkpoint();
    } catch {
      // No room for that either: the next try comes.
    }
  }

  #oneByOne(events: readonly LoggedEvent[], now: number): ApplyResult {
    const faults: ApplyFault[] = [];
    const changes: Change[] = [];
    for (const event of events) {
      try {
        changes.push(...this.applyWhole([event], now).changes);
      } catch (error) {
        if (error instanceof StorageFault) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        faults.push({ position: event.position, hash: event.hash, reason });
        this.#transaction(() => this.#setApplied(event.position));
      }
    }
    return { changes, faults, applied: this.applied() };
  }

  /** All of them or none. @throws where one can't be applied */
  applyWhole(events: readonly LoggedEvent[], now: number): ApplyResult {
    return this.#transaction(() => this.#applyAll(events, now));
  }

  /**
   * In the transaction that is open, which is to be rolled back where this throws. No savepoint of its own: with
   * triggers on what is written, each statement within one copies the pages that it writes, and a fold takes twice as long.
   * @throws where one can't be applied
   */
  applyWithin(events: readonly LoggedEvent[], now: number): ApplyResult {
    try {
      return this.#applyAll(events, now);
    } catch (error) {
      this.#applier.forget();
      throw asStorageFault(error, GRAPH_FILE);
    }
  }

  #applyAll(events: readonly LoggedEvent[], now: number): ApplyResult {
    let applied = 0;
    for (const event of events) {
      this.#applier.apply(event);
      applied = event.position;
    }
    this.#applier.finish(now);
    this.#setApplied(applied);
    return { changes: this.#applier.takeChanges(), faults: [], applied };
  }

  /** What people.db takes last is taken back where the graph can't commit it. */
  #stated(work: (keep: (merges: readonly KeptMerge[]) => void) => MergeOutcome): MergeOutcome {
    const before = this.#people.merges();
    let said: readonly KeptMerge[] = [];
    try {
      return this.#transaction(() =>
        work((merges) => {
          this.#people.keep(merges);
          said = merges;
        }),
      );
    } catch (error) {
      if (said.length > 0) this.#people.takeBack(said, before);
      throw error;
    }
  }

  #settled(node: NameRow, at: number, keep: () => void): MergeOutcome {
    this.#applier.finish(at);
    const changes = this.#applier.takeChanges();
    keep();
    return { kind: 'done', node: assetId(this.#applier.merges.nodeOf(node)), changes };
  }

  #transaction<T>(work: () => T): T {
    try {
      return this.db.transaction(work);
    } catch (error) {
      this.#applier.forget();
      throw asStorageFault(error, GRAPH_FILE);
    }
  }

  #setApplied(position: number): void {
    this.db.run(
      "INSERT INTO meta(key, value) VALUES ('applied', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      position,
    );
  }
}

const idOf = (name: Name): string => assetId({ kind: 'dataset', namespace: name.namespace, name: name.name });

const because = (reason: string | null): string => (reason === null ? '' : `: ${reason}`);

function aFewMs(): () => boolean {
  const until = performance.now() + STEP_MS;
  return () => performance.now() >= until;
}
