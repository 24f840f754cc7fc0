export { GraphFile } from './sqlite/graph-file.ts';
export { Exporter } from './sqlite/exporter.ts';
