/** An embedded graph whose lines, and what is served beside them, are published to Neo4j after each batch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter, GraphFile, Neo4jDatabase, Neo4jGraphReader, partRows, ReadableGraph, ServedLines } from '#graph';
import {
  type ApplyResult,
  canonicalJson,
  DEFAULT_FLOW_LIMITS,
  type ExportLine,
  type LoggedEvent,
  type Viewer,
} from '#lineage';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

export class PublishedGraph {
  readonly file: GraphFile;
  readonly #folder: string;
  readonly #graph: ReadableGraph;
  readonly #database: Neo4jDatabase;
  #held = new Map<string, string>();

  private constructor(folder: string, graph: ReadableGraph, database: Neo4jDatabase) {
    this.#folder = folder;
    this.file = new GraphFile(folder);
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
    const result = this.file.apply(batch, now);
    await this.#publish(result);
    return result;
  }

  reader(viewer: Viewer): Neo4jGraphReader {
    return new Neo4jGraphReader(this.#database, viewer, DEFAULT_FLOW_LIMITS);
  }

  async *export(): AsyncIterable<string> {
    yield* new Exporter(this.file.db).lines();
  }

  async remove(): Promise<void> {
    this.file.close();
    await this.#graph.close();
    await this.#database.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** The lines that differ since the last batch, and the details of all. */
  async #publish({ changes, applied }: ApplyResult): Promise<void> {
    const lines = new Map(
      [...new Exporter(this.file.db).lines({ mutations: true })].map((text) => [keyOf(lineOf(text)), text]),
    );
    const put = [...lines].flatMap(([key, text]) => (this.#held.get(key) === text ? [] : lineOf(text)));
    const gone = [...this.#held].flatMap(([key, text]) => (lines.has(key) ? [] : lineOf(text)));
    this.#held = lines;
    const served = [...new ServedLines(this.file.db, DEFAULT_FLOW_LIMITS).all()];
    const { commit } = await this.#graph.position();
    await this.#graph.commit({
      after: commit,
      applied,
      changes,
      parts: [partRows({ put, seen: [], said: [], gone, served })],
    });
  }
}

const lineOf = (text: string): ExportLine => JSON.parse(text) as ExportLine;
const keyOf = ({ kind, id }: ExportLine): string => canonicalJson([kind, id]);
