/**
 * A part of a step as what is said to the server. It is made where the part is made: from there to the thread that sends it
 * go texts, and no objects that are taken apart and put together again.
 */
import { type EdgeKind, type ExportLine, parseEdgeId } from '#lineage';
import type { StepPart } from '../graph-step.ts';
import { groupedBy } from '../grouped-by.ts';
import type { WrittenLine } from '../sqlite/read/line-changes.ts';
import { evidenceProperties, lastSaidProperty, propertiesOf } from './line-properties.ts';
import type { Properties } from './neo4j-database.ts';
import * as writing from './queries/graph-queries.ts';
import * as serving from './queries/served-queries.ts';
import { type RowStatement, rowStatement } from './row-statement.ts';
import { servedRows } from './served-rows.ts';

export interface PartRows {
  /** In the order in which they are to run. */
  readonly statements: readonly RowStatement[];
  /** Ids of fields that nothing may rest on any more. */
  readonly fields: readonly string[];
}

type Kind = ExportLine['kind'];
type LineKey = Pick<ExportLine, 'kind' | 'id'>;

/** Of one kind each; assets, edges and fields, which take more, are apart. */
const PLAIN: readonly (readonly [Kind, put: string, gone: string])[] = [
  ['run', writing.UPSERT_RUNS, writing.DELETE_RUNS],
  ['jobVersion', writing.UPSERT_JOB_VERSIONS, writing.DELETE_JOB_VERSIONS],
  ['schemaVersion', writing.UPSERT_SCHEMA_VERSIONS, writing.DELETE_SCHEMA_VERSIONS],
  ['activity', writing.UPSERT_ACTIVITY, writing.DELETE_ACTIVITY],
  ['merge', writing.UPSERT_MERGES, writing.DELETE_MERGES],
  ['annotation', writing.UPSERT_ANNOTATIONS, writing.DELETE_REMARKS],
  ['tag', writing.UPSERT_TAGS, writing.DELETE_REMARKS],
];

export function partRows({ put, seen, said, gone, served }: StepPart): PartRows {
  const all = [...removing(gone), ...putting(put), ...seeing(seen), ...saying(said), ...servingOf(served)];
  return {
    statements: all.flatMap(([query, rows]) => (rows.length === 0 ? [] : rowStatement(query, rows))),
    fields: gone.flatMap(({ kind, id }) => (kind === 'field' ? id : [])),
  };
}

type NamedRows = readonly [query: string, rows: readonly Properties[]];

function* removing(gone: readonly LineKey[]): Generator<NamedRows> {
  const lines = groupedBy(gone, ({ kind }) => kind);
  const ids = (kind: Kind): Properties[] => (lines.get(kind) ?? []).map(({ id }) => ({ id }));
  const assets = [...ids('dataset'), ...ids('job')];
  // What led to their nodes goes too.
  yield [serving.UNLINK_ALIASES, assets.map(({ id }) => ({ id, aliases: [] }))];
  for (const [kind, edges] of groupedBy((lines.get('edge') ?? []).flatMap(edgeEnds), (edge) => edge.kind))
    yield [writing.DELETE_EDGES[kind], edges.map(({ row }) => row)];
  yield [writing.DELETE_COLUMN_EDGES, ids('columnEdge')];
  yield [writing.HIDE_FIELDS, ids('field')];
  for (const [kind, , query] of PLAIN) yield [query, ids(kind)];
  yield [writing.DELETE_ASSETS, assets];
}

/** Assets come first: the others hang on them. */
function* putting(put: readonly WrittenLine[]): Generator<NamedRows> {
  const lines = groupedBy(put, ({ kind }) => kind);
  const rows = (kind: Kind): Properties[] => (lines.get(kind) ?? []).map(propertiesOf);
  yield [writing.UPSERT_DATASETS, rows('dataset')];
  yield [writing.UPSERT_JOBS, rows('job')];
  yield [writing.UPSERT_FIELDS, rows('field')];
  const edges = put.flatMap((line) => (line.kind === 'edge' ? line : []));
  for (const [kind, of] of groupedBy(edges, ({ edge }) => edge))
    yield [writing.UPSERT_EDGES[kind], of.map(propertiesOf)];
  yield [writing.UPSERT_COLUMN_EDGES, rows('columnEdge')];
  for (const [kind, query] of PLAIN) yield [query, rows(kind)];
}

function* seeing(seen: StepPart['seen']): Generator<NamedRows> {
  const [jobs, datasets] = [
    seen.filter(({ said }) => said !== undefined),
    seen.filter(({ said }) => said === undefined),
  ];
  yield [writing.SEE_DATASETS, datasets.map((node) => ({ ...node }))];
  yield [writing.SEE_JOBS, jobs.map(({ said, ...node }) => ({ ...node, said: lastSaidProperty(said) }))];
}

function* saying(said: StepPart['said']): Generator<NamedRows> {
  const edges = new Map<EdgeKind, Properties[]>();
  const columnEdges: Properties[] = [];
  for (const again of said) {
    const saying = evidenceProperties(again);
    const ids = again.edges.flatMap(({ kind, id }) => (kind === 'columnEdge' ? id : []));
    if (ids.length > 0) columnEdges.push({ id: ids[0], ids, ...saying });
    const between = again.edges.flatMap((edge) => (edge.kind === 'edge' ? edge : []));
    for (const [kind, of] of groupedBy(between, ({ edge }) => edge)) {
      const row = { id: of[0]?.id, ends: of.map(({ from, to }) => [from, to]), ...saying };
      edges.set(kind, [...(edges.get(kind) ?? []), row]);
    }
  }
  for (const [kind, rows] of edges) yield [writing.SAY_EDGES[kind], rows];
  yield [writing.SAY_COLUMN_EDGES, columnEdges];
}

/** What readers are answered from beside the lines, once these are there. */
function* servingOf(served: StepPart['served']): Generator<NamedRows> {
  const { statements, aliases } = servedRows(served);
  yield* statements;
  // Names that lead to these nodes no more: all but those that are given.
  yield [serving.UNLINK_ALIASES, aliases];
  yield [
    serving.LINK_ALIASES,
    aliases.flatMap(({ id, aliases: names }) => names.map((name) => ({ id: name, of: id }))),
  ];
}

interface EdgeRow {
  readonly kind: EdgeKind;
  readonly row: Properties;
}

function edgeEnds({ id }: LineKey): EdgeRow[] {
  const key = parseEdgeId(id);
  if (key === null) return [];
  const end = (asset: typeof key.from): string => `${asset.kind}:${asset.namespace}:${asset.name}`;
  return [{ kind: key.kind as EdgeKind, row: { id, from: end(key.from), to: end(key.to) } }];
}
