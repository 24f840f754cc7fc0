export { GraphError } from './graph-thread.ts';
export { Exporter } from './sqlite/exporter.ts';
export { GRAPH_FILE, GraphFile } from './sqlite/graph-file.ts';
export { SqliteGraphStore, type SqliteGraphStoreOptions } from './sqlite-graph-store.ts';
