/** An embedded graph whose touched lines are published to Neo4j with each batch, with what is served beside all lines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Exporter,
  GRAPH_FILE,
  GraphDatabase,
  GraphFile,
  Neo4jDatabase,
  Neo4jGraphReader,
  type PartRows,
  partRows,
  ReadableGraph,
  ServedLines,
  saidInBreaths,
  TouchedLines,
  TouchedRecorder,
} from '#graph';
import { type ApplyResult, DEFAULT_FLOW_LIMITS, type LoggedEvent, type Viewer } from '#lineage';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

export class PublishedGraph {
  readonly file: GraphFile;
  readonly #folder: string;
  readonly #graph: ReadableGraph;
  readonly #database: Neo4jDatabase;
  readonly #committed: GraphDatabase;
  readonly #touched: TouchedRecorder;
  readonly #lines: TouchedLines;

  private constructor(folder: string, graph: ReadableGraph, database: Neo4jDatabase) {
    this.#folder = folder;
    this.file = new GraphFile(folder);
    this.#committed = new GraphDatabase(join(folder, GRAPH_FILE), { readOnly: true });
    this.#touched = new TouchedRecorder(this.file.db);
    this.#lines = new TouchedLines(this.file.db, this.#committed, this.file.interned);
    this.#graph = graph;
    this.#database = database;
  }

  static async make(): Promise<PublishedGraph> {
    await emptyNeo4j();
    const options = { uri: NEO4J_URI };
    const graph = await ReadableGraph.open(options);
    return new PublishedGraph(
      mkdtempSync(join(tmpdir(), 'headwater-published-')),
      graph,
      await Neo4jDatabase.connect(options),
    );
  }

  async apply(batch: readonly LoggedEvent[], now: number): Promise<ApplyResult> {
    const { result, parts } = this.file.db.transaction(() => {
      const result = this.file.apply(batch, now);
      return { result, parts: this.#parts() };
    });
    const { commit } = await this.#graph.position();
    const { changes, applied } = result;
    await this.#graph.commit({ after: commit, applied, changes, parts });
    return result;
  }

  reader(viewer: Viewer): Neo4jGraphReader {
    return new Neo4jGraphReader(this.#database, viewer, DEFAULT_FLOW_LIMITS);
  }

  async *export(): AsyncIterable<string> {
    yield* new Exporter(this.file.db).lines();
  }

  async remove(): Promise<void> {
    this.#committed.close();
    this.file.close();
    await this.#graph.close();
    await this.#database.close();
    rmSync(this.#folder, { recursive: true });
  }

  #parts(): PartRows[] {
    const parts = [...this.#lines.parts(this.#touched.take())].map(({ put, seen, said, gone }) =>
      partRows({ put, seen, said: saidInBreaths(said), gone, served: [] }),
    );
    const served = [...new ServedLines(this.file.db, DEFAULT_FLOW_LIMITS).all()];
    return [...parts, partRows({ put: [], seen: [], said: [], gone: [], served })];
  }
}
