/** What is served beside the lines of the export, as rows for the statements that write it. */
import { canonicalJson, formatInstant } from '#lineage';
import type { DatasetDetail, JobDetail, ServedLine } from '../served-line.ts';
import type { Properties } from './neo4j-database.ts';
import * as serving from './queries/served-queries.ts';

/** An index on texts takes no longer one, in bytes of UTF-8; what is beyond isn't found by its parts. */
const SEARCHED_BYTES = 32_000;

export interface ServedRows {
  /** In this order, after the lines whose nodes these are of. */
  readonly statements: readonly (readonly [query: string, rows: readonly Properties[]])[];
  /** All other names of these nodes. */
  readonly aliases: readonly { readonly id: string; readonly aliases: readonly string[] }[];
}

/** Of a node that is new, or whose names differ, all its details are to be given. */
export function servedRows(lines: readonly ServedLine[]): ServedRows {
  const of = <Kind extends ServedLine['kind']>(kind: Kind) =>
    lines.filter((line): line is Extract<ServedLine, { readonly kind: Kind }> => line.kind === kind);
  const [datasets, jobs] = [of('datasetDetail'), of('jobDetail')];
  return {
    statements: [
      [serving.SERVE_DATASETS, datasets.map(datasetProperties)],
      [serving.SERVE_JOBS, jobs.map(jobProperties)],
      [
        serving.SERVE_COLUMN_EDGES,
        of('columnEdgeDetail').map(({ id, hidden }) => ({
          id,
          hidden: hidden.length === 0 ? null : canonicalJson(hidden),
        })),
      ],
      [serving.SERVE_RUNS, of('runDetail').map((line) => ({ ...line, facets: canonicalJson(line.facets) }))],
      [serving.SERVE_HOURS, of('hourDetail').map((line) => ({ ...line, detail: canonicalJson(line.detail) }))],
      [serving.SERVE_REMARKS, of('remarkDetail').map((line) => ({ ...line }))],
      [serving.SERVE_STATISTICS, of('statistics').map((line) => ({ ...line, at: formatInstant(line.at) }))],
      [serving.SERVE_CHECKS, of('check').map((line) => ({ ...line, at: formatInstant(line.at) }))],
    ],
    aliases: [...datasets, ...jobs].map(({ id, aliases }) => ({ id, aliases })),
  };
}

function datasetProperties(line: DatasetDetail): Properties {
  return {
    ...line,
    freshness: line.freshness === null ? null : canonicalJson(line.freshness),
    searchText: searchText(line, line.fields),
  };
}

function jobProperties(line: JobDetail): Properties {
  return {
    ...line,
    pairs: line.pairs.length === 0 ? null : canonicalJson(line.pairs),
    flow: line.flow === null ? null : canonicalJson(line.flow),
    searchText: searchText(line, []),
  };
}

/** What a text is looked for in, the likeliest first. */
function searchText({ id, tags, aliases, description }: DatasetDetail | JobDetail, fields: readonly string[]): string {
  const text = [id.slice(id.indexOf(':') + 1), ...tags, ...aliases, ...fields, description ?? ''].join('\n');
  return cutToBytes(text.toLowerCase(), SEARCHED_BYTES);
}

function cutToBytes(text: string, bytes: number): string {
  // No UTF-16 unit takes more than three bytes.
  if (text.length * 3 <= bytes) return text;
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  return encoded
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}
