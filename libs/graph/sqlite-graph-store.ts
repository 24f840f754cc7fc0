/**
 * The embedded graph: one SQLite file, one writer in a thread of its own, readers beside it.
 *
 * Its limits: one process at a time (the data folder is locked by the hub), one writer, and a machine that can hold the
 * file. Walks read the current graph from two covering indexes; nothing of the graph is held in memory. Reads by id are answered on
 * the thread that asks, those of whole tables on another.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  type ApplyResult,
  type AssetMerges,
  type Change,
  DEFAULT_FLOW_LIMITS,
  type DeclaredExpectations,
  type DeclaredRuns,
  type ExportOptions,
  type FlowLimits,
  type GraphReader,
  type GraphStore,
  type LoggedEvent,
  type MergeOutcome,
  type MergeRequest,
  type RemarkOutcome,
  type RemarkRequest,
  type Remarks,
  type RemovalRequest,
  type SplitRequest,
  type StoreFigures,
  type Viewer,
} from '#lineage';
import { copyFile, exportFile } from './file-threads.ts';
import { GraphThread } from './graph-thread.ts';
import { ScanThread } from './scan-thread.ts';
import { Database } from './sqlite/database.ts';
import { GRAPH_FILE } from './sqlite/graph-file.ts';
import type { PruneStep } from './sqlite/write/pruner.ts';
import { LARGE, StoreReader } from './store-reader.ts';

export interface SqliteGraphStoreOptions {
  readonly limits?: FlowLimits;
  /** Groups of dataset ids that are one; the first of each names the node. */
  readonly aliases?: readonly (readonly string[])[];
  /** The folder of what people said (`people.db`); by default the graph's own. */
  readonly people?: string;
  /** Names in the graph from which on whole tables are read on a thread of their own. */
  readonly scansApartFrom?: number;
  /** ms; by default the clock of the machine. Decides flow state alone. */
  readonly now?: () => number;
}

/** Walks read pages all over the file, none of them for long: those that are mapped aren't copied. */
const MAPPED_BYTES = 67_108_864;

/** So long is the writer left to others between two steps of retention: about as long as a step takes. */
const BETWEEN_STEPS_MS = 10;

export class SqliteGraphStore implements GraphStore, AssetMerges, Remarks, StoreFigures, DeclaredExpectations {
  readonly #folder: string;
  readonly #people: string;
  readonly #limits: FlowLimits;
  readonly #now: () => number;
  readonly #writer: GraphThread;
  readonly #reading: Database;
  readonly #reader: StoreReader;
  readonly #scans: ScanThread;
  #closed = false;

  private constructor(folder: string, options: SqliteGraphStoreOptions, writer: GraphThread) {
    this.#folder = folder;
    this.#people = options.people ?? folder;
    this.#limits = options.limits ?? DEFAULT_FLOW_LIMITS;
    this.#now = options.now ?? Date.now;
    this.#writer = writer;
    this.#reading = new Database(join(folder, GRAPH_FILE), { readOnly: true, mapBytes: MAPPED_BYTES });
    this.#scans = new ScanThread({ folder, limits: this.#limits, aliases: [], people: folder, mutations: false });
    this.#reader = new StoreReader(this.#reading, this.#limits, this.#scans, options.scansApartFrom ?? LARGE);
  }

  /**
   * Opens (or makes) `graph.db` in an existing folder.
   * @throws GraphError named NewerSchema where a newer program made the file
   */
  static async open(folder: string, options: SqliteGraphStoreOptions = {}): Promise<SqliteGraphStore> {
    const writer = await GraphThread.start({
      folder,
      limits: options.limits ?? DEFAULT_FLOW_LIMITS,
      aliases: options.aliases ?? [],
      people: options.people ?? folder,
      mutations: false,
      mode: 'write',
    });
    return new SqliteGraphStore(folder, options, writer);
  }

  applied(): Promise<number> {
    return this.#reader.applied();
  }

  apply(batch: readonly LoggedEvent[], asOf: number = this.#now()): Promise<ApplyResult> {
    return this.#writer.ask({ op: 'apply', events: batch, now: asOf });
  }

  tick(now: number): Promise<readonly Change[]> {
    return this.#writer.ask({ op: 'tick', now });
  }

  /** Step by step: what is to be applied meanwhile goes in between. */
  async prune(before: number, stop?: { readonly aborted: boolean }): Promise<{ readonly runs: number }> {
    let runs = 0;
    for (let after: number | null = 0; after !== null && stop?.aborted !== true; ) {
      const step: PruneStep = await this.#writer.ask({ op: 'prune', before, after });
      runs += step.runs;
      after = step.next;
      if (after !== null) await setTimeout(BETWEEN_STEPS_MS);
    }
    return { runs };
  }

  merge(request: MergeRequest): Promise<MergeOutcome> {
    return this.#writer.ask({ op: 'merge', request });
  }

  split(request: SplitRequest): Promise<MergeOutcome> {
    return this.#writer.ask({ op: 'split', request });
  }

  remark(request: RemarkRequest): Promise<RemarkOutcome> {
    return this.#writer.ask({ op: 'remark', request });
  }

  removeRemark(request: RemovalRequest): Promise<RemarkOutcome> {
    return this.#writer.ask({ op: 'removeRemark', request });
  }

  /** Without namespaces on keys, every viewer that may read sees all of it. */
  reader(_viewer: Viewer): GraphReader {
    return this.#reader;
  }

  export(options?: ExportOptions): AsyncIterable<string> {
    return exportFile(this.#folder, options);
  }

  async expectRuns(declared: ReadonlyMap<string, DeclaredRuns>): Promise<void> {
    await this.#writer.ask({ op: 'expect', declared });
  }

  figures(): Promise<{ readonly rederived: number }> {
    return this.#writer.ask({ op: 'figures' });
  }

  backup(folder: string): Promise<void> {
    return copyFile(this.#folder, this.#people, folder);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#scans.close();
    this.#reading.close();
    // Last: with it goes a descriptor of the file, and with that all locks that this process has on it.
    await this.#writer.close();
  }
}
