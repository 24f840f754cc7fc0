export { GraphError } from './graph-thread.ts';
export { Database as GraphDatabase } from './sqlite/database.ts';
export { GRAPH_FILE, GraphFile } from './sqlite/graph-file.ts';
export { Exporter } from './sqlite/read/exporter.ts';
export { SqliteGraphStore, type SqliteGraphStoreOptions } from './sqlite-graph-store.ts';
