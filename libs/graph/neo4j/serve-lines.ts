/** Writes what is served beside the lines of the export, in the transaction that writes those. */
import { canonicalJson, type ExportLine, formatInstant } from '#lineage';
import type { DatasetDetail, JobDetail, ServedLine } from '../served-line.ts';
import type { Properties, Statements } from './neo4j-database.ts';
import * as serving from './queries/served-queries.ts';

/** An index on texts takes no longer one, in bytes of UTF-8; what is beyond isn't found by its parts. */
const SEARCHED_BYTES = 32_000;

/**
 * After the lines whose nodes these are of. Of a node that is new, or whose names differ, all its details are to be given.
 * @throws what the server throws
 */
export async function serveLines(statements: Statements, lines: readonly ServedLine[]): Promise<void> {
  const of = <Kind extends ServedLine['kind']>(kind: Kind) =>
    lines.filter((line): line is Extract<ServedLine, { readonly kind: Kind }> => line.kind === kind);
  const [datasets, jobs] = [of('datasetDetail'), of('jobDetail')];
  await runWith(statements, serving.SERVE_DATASETS, datasets.map(datasetProperties));
  await runWith(statements, serving.SERVE_JOBS, jobs.map(jobProperties));
  await serveAliases(statements, [...datasets, ...jobs]);
  await runWith(
    statements,
    serving.SERVE_COLUMN_EDGES,
    of('columnEdgeDetail').map(({ id, hidden }) => ({
      id,
      hidden: hidden.length === 0 ? null : canonicalJson(hidden),
    })),
  );
  await runWith(
    statements,
    serving.SERVE_RUNS,
    of('runDetail').map((line) => ({ ...line, facets: canonicalJson(line.facets) })),
  );
  await runWith(
    statements,
    serving.SERVE_HOURS,
    of('hourDetail').map((line) => ({ ...line, detail: canonicalJson(line.detail) })),
  );
  await runWith(
    statements,
    serving.SERVE_STATISTICS,
    of('statistics').map((line) => ({ ...line, at: formatInstant(line.at) })),
  );
  await runWith(
    statements,
    serving.SERVE_CHECKS,
    of('check').map((line) => ({ ...line, at: formatInstant(line.at) })),
  );
}

/** Before the lines that are gone are taken from the graph: what led to their nodes goes too. */
export async function unserveLines(
  statements: Statements,
  gone: readonly Pick<ExportLine, 'kind' | 'id'>[],
): Promise<void> {
  const assets = gone.filter(({ kind }) => kind === 'dataset' || kind === 'job');
  await unlink(
    statements,
    assets.map(({ id }) => ({ id, aliases: [] })),
  );
}

async function serveAliases(
  statements: Statements,
  assets: readonly Pick<DatasetDetail, 'id' | 'aliases'>[],
): Promise<void> {
  const lone = await unlinked(statements, assets);
  const links = assets.flatMap(({ id, aliases }) => aliases.map((alias) => ({ id: alias, of: id })));
  await runWith(statements, serving.LINK_ALIASES, links);
  await runWith(statements, serving.DELETE_LONE_ALIASES, lone);
}

async function unlink(statements: Statements, assets: readonly { id: string; aliases: readonly string[] }[]) {
  await runWith(statements, serving.DELETE_LONE_ALIASES, await unlinked(statements, assets));
}

const unlinked = (statements: Statements, assets: readonly Pick<DatasetDetail, 'id' | 'aliases'>[]) =>
  runWith(
    statements,
    serving.UNLINK_ALIASES,
    assets.map(({ id, aliases }) => ({ id, aliases })),
  );

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

async function runWith(
  statements: Statements,
  query: string,
  rows: readonly Properties[],
): Promise<readonly Properties[]> {
  if (rows.length === 0) return [];
  const key = (row: Properties): string => String(row['id']);
  return statements.run(query, { rows: [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)) });
}
