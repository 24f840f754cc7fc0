export { type FacetsByName, type SeenAgain, withTimes } from './facet-times.ts';
export { CannotFollow, GraphCommitter, type GraphCommitterOptions } from './graph-committer.ts';
export { saidInBreaths } from './graph-step.ts';
export { GraphError } from './graph-thread.ts';
export { type LastWords, lastWords, withLastSaid } from './last-said.ts';
export { BadExport, type LoadedExport, loadExport } from './load-export.ts';
export { AskedSteps } from './neo4j/asked-steps.ts';
export { checkNeo4j, type Neo4jCheckup, type Neo4jFinding } from './neo4j/neo4j-checkup.ts';
export { Neo4jDatabase, type Neo4jOptions, type Properties, type Statements } from './neo4j/neo4j-database.ts';
export { type PartRows, partRows } from './neo4j/part-rows.ts';
export { makeSchema, NEO4J_SCHEMA, NewerNeo4jSchema, prepareNeo4jSchema } from './neo4j/prepare-schema.ts';
export * as askedQueries from './neo4j/queries/asked-queries.ts';
export * as assetQueries from './neo4j/queries/asset-queries.ts';
export * as commitQueries from './neo4j/queries/commit-queries.ts';
export * as exportQueries from './neo4j/queries/export-queries.ts';
export * as graphQueries from './neo4j/queries/graph-queries.ts';
export * as marquezQueries from './neo4j/queries/marquez-queries.ts';
export * as runQueries from './neo4j/queries/run-queries.ts';
export * as schemaQueries from './neo4j/queries/schema-queries.ts';
export * as searchQueries from './neo4j/queries/search-queries.ts';
export * as servedQueries from './neo4j/queries/served-queries.ts';
export * as walkQueries from './neo4j/queries/walk-queries.ts';
export * as wholeGraphQueries from './neo4j/queries/whole-graph-queries.ts';
export { Neo4jGraphReader } from './neo4j/read/neo4j-graph-reader.ts';
export {
  CommitOvertaken,
  type GraphCommit,
  type GraphPosition,
  otherLog,
  ReadableGraph,
} from './neo4j/readable-graph.ts';
export { asSent } from './neo4j/row-statement.ts';
export { Neo4jGraphStore, type Neo4jGraphStoreOptions } from './neo4j-graph-store.ts';
export { GraphNotEmpty, publishFile } from './publish-file.ts';
export { RUN_EVENTS, type ServedLine } from './served-line.ts';
export { copyGraph } from './sqlite/copy-graph.ts';
export { Database as GraphDatabase } from './sqlite/database.ts';
export { checkGraphFile, type GraphCheckup } from './sqlite/graph-checkup.ts';
export { GRAPH_FILE, GraphFile } from './sqlite/graph-file.ts';
export { Exporter } from './sqlite/read/exporter.ts';
export type { LineChanges, LineKey, SaidEdge, SeenNode, WrittenLine } from './sqlite/read/line-changes.ts';
export { ServedLines } from './sqlite/read/served-lines.ts';
export { SqliteGraphReader } from './sqlite/read/sqlite-graph-reader.ts';
export { TouchedLines } from './sqlite/read/touched-lines.ts';
export { TouchedRecorder } from './sqlite/write/touched-rows.ts';
export { SqliteGraphStore, type SqliteGraphStoreOptions } from './sqlite-graph-store.ts';
