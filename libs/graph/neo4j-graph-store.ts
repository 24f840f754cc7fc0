/**
 * The graph of the scaled size: in Neo4j, written by as many workers as there are, read by every process that reaches it.
 *
 * A worker has a folder, for its own file of the fold; without one a process reads, and leaves to workers what people say.
 */
import {
  type ApplyResult,
  type AssetMerges,
  type Change,
  DEFAULT_FLOW_LIMITS,
  type DeclaredExpectations,
  type DeclaredRuns,
  type EventLog,
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
  type TakesTurns,
  type Viewer,
} from '#lineage';
import { GraphCommitter } from './graph-committer.ts';
import type { Said, SaidStep } from './graph-step.ts';
import { AskedSteps } from './neo4j/asked-steps.ts';
import { Neo4jDatabase, type Neo4jOptions } from './neo4j/neo4j-database.ts';
import { Neo4jGraphReader } from './neo4j/read/neo4j-graph-reader.ts';
import { ReadableGraph } from './neo4j/readable-graph.ts';

export interface Neo4jGraphStoreOptions {
  readonly neo4j: Neo4jOptions;
  readonly worker?: {
    /** An existing folder, of this worker alone. */
    readonly folder: string;
    readonly log: Pick<EventLog, 'read'>;
    /** Groups of dataset ids that are one; the first of each names the node. The same for all workers. */
    readonly aliases?: readonly (readonly string[])[];
    /** How long others wait for a worker that went away, ms. */
    readonly turnMs?: number;
  };
  /** Which log the positions are of: a graph of another is refused. The first worker's is the graph's. */
  readonly ofLog?: string;
  readonly limits?: FlowLimits;
  /** Without a worker of its own: how long what people say waits for one, ms. */
  readonly askFor?: number;
  /** ms; by default the clock of the machine. Decides flow state alone. */
  readonly now?: () => number;
}

/** Asked of a process that was opened without a folder of its own, to read. */
export class GraphReadOnly extends Error {
  override readonly name = 'GraphReadOnly';
}

export class Neo4jGraphStore implements GraphStore, AssetMerges, Remarks, TakesTurns, DeclaredExpectations {
  readonly #database: Neo4jDatabase;
  readonly #graph: ReadableGraph;
  readonly #asked: AskedSteps;
  readonly #committer: GraphCommitter | null;
  readonly #limits: FlowLimits;
  #closed = false;

  private constructor(
    database: Neo4jDatabase,
    graph: ReadableGraph,
    committer: GraphCommitter | null,
    { limits = DEFAULT_FLOW_LIMITS, askFor }: Neo4jGraphStoreOptions,
  ) {
    this.#database = database;
    this.#graph = graph;
    this.#asked = new AskedSteps(database, askFor);
    this.#committer = committer;
    this.#limits = limits;
  }

  /** @throws NewerNeo4jSchema, OtherLog, or a GraphError named NewerSchema where a newer program made the worker's file */
  static async open(options: Neo4jGraphStoreOptions): Promise<Neo4jGraphStore> {
    const { neo4j, worker, ofLog, limits = DEFAULT_FLOW_LIMITS, now } = options;
    const database = await Neo4jDatabase.connect(neo4j);
    let committer: GraphCommitter | null = null;
    try {
      const graph = await ReadableGraph.on(database);
      if (ofLog !== undefined) await graph.isOf(ofLog, worker !== undefined);
      const { aliases = [], ...own } = worker ?? {};
      committer =
        worker === undefined
          ? null
          : await GraphCommitter.open({ ...worker, ...own, graph, limits, ...(now === undefined ? {} : { now }) });
      await committer?.configureAliases(aliases);
      return new Neo4jGraphStore(database, graph, committer, options);
    } catch (error) {
      // Its thread would keep the process alive.
      await committer?.close();
      await database.close();
      throw error;
    }
  }

  async applied(): Promise<number> {
    return (await this.#graph.shown()).applied;
  }

  apply(batch: readonly LoggedEvent[], asOf?: number): Promise<ApplyResult> {
    return this.#writer('apply events').apply(batch, asOf);
  }

  tick(now: number): Promise<readonly Change[]> {
    return this.#writer('tell the time').tick(now);
  }

  prune(before: number): Promise<{ readonly runs: number }> {
    return this.#writer('prune').prune(before);
  }

  async merge(request: MergeRequest): Promise<MergeOutcome> {
    return outcomeOf((await this.#say({ op: 'merge', request })).merge);
  }

  async split(request: SplitRequest): Promise<MergeOutcome> {
    return outcomeOf((await this.#say({ op: 'split', request })).merge);
  }

  async remark(request: RemarkRequest): Promise<RemarkOutcome> {
    return outcomeOf((await this.#say({ op: 'remark', request })).remark);
  }

  async removeRemark(request: RemovalRequest): Promise<RemarkOutcome> {
    return outcomeOf((await this.#say({ op: 'removeRemark', request })).remark);
  }

  expectRuns(declared: ReadonlyMap<string, DeclaredRuns>): Promise<void> {
    return this.#writer('expect runs').expectRuns(declared);
  }

  takeTurn(): Promise<boolean> {
    return this.#writer('take turns').takeTurn();
  }

  /** Without namespaces on keys, every viewer that may read sees all of it. */
  reader(viewer: Viewer): GraphReader {
    return new Neo4jGraphReader(this.#database, viewer, this.#limits);
  }

  /** A worker's from its own file, which holds up no commit. */
  export(options?: ExportOptions): AsyncIterable<string> {
    if (options?.rows === true) return this.#writer('give the rows of the graph').export(options);
    return this.#committer === null ? this.#graph.export(options) : this.#committer.export(options);
  }

  /** The worker's file, at what is published: another worker starts from it, or an embedded hub. */
  backup(folder: string): Promise<void> {
    return this.#writer('back up').backup(folder);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#committer?.close();
    await this.#database.close();
  }

  /** @throws NoWorker where this process is none, and none is there */
  #say(step: SaidStep): Promise<Said> {
    return this.#committer === null ? this.#asked.ask(step) : this.#committer.say(step);
  }

  #writer(what: string): GraphCommitter {
    if (this.#committer !== null) return this.#committer;
    throw new GraphReadOnly(`an api process can't ${what}: ask a worker`);
  }
}

function outcomeOf<T>(outcome: T | null): T {
  if (outcome === null) throw new Error('what was said has no outcome');
  return outcome;
}
