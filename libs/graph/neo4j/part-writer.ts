/**
 * Writes the parts of a commit in its transaction. A statement doesn't wait for the answer to the one before it: while the
 * server is at one, the next is put together and sent.
 */
import { type EdgeKind, type ExportLine, parseEdgeId } from '#lineage';
import type { StepPart } from '../graph-step.ts';
import { groupedBy } from '../grouped-by.ts';
import { evidenceProperties, propertiesOf } from './line-properties.ts';
import { listRows, listStatement } from './list-rows.ts';
import type { Properties, Statements } from './neo4j-database.ts';
import * as writing from './queries/graph-queries.ts';
import * as serving from './queries/served-queries.ts';
import { servedRows } from './served-rows.ts';

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

export class PartWriter {
  readonly #statements: Statements;
  /** Answers that are awaited: of the part before, and of this one. */
  #before: Promise<unknown>[] = [];
  #sent: Promise<unknown>[] = [];
  /** Fields that something else may still rest on, and names that may lead nowhere: looked at in the end. */
  readonly #fields = new Set<string>();
  readonly #ends: Promise<readonly Properties[]>[] = [];
  readonly #unlinked: Promise<readonly Properties[]>[] = [];

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Returns when the server has taken the part before this one: more is never under way. */
  async write({ put, said, gone, served }: StepPart): Promise<void> {
    this.#remove(gone);
    this.#put(put);
    this.send(
      writing.SAY_COLUMN_EDGES,
      said.map(({ ids, evidence }) => ({ id: ids[0], ids, ...evidenceProperties(evidence) })),
    );
    this.#serve(served);
    await Promise.all(this.#before);
    this.#before = this.#sent;
    this.#sent = [];
  }

  /** @throws what the server threw at any of it */
  async finish(): Promise<void> {
    const ends = (await Promise.all(this.#ends)).flat();
    for (const { from, to } of ends) this.#fields.add(String(from)).add(String(to));
    const names = (await Promise.all(this.#unlinked)).flat();
    this.send(
      writing.DELETE_LONE_FIELDS,
      [...this.#fields].map((id) => ({ id })),
    );
    this.send(serving.DELETE_LONE_ALIASES, names);
    await Promise.all([...this.#before, ...this.#sent]);
  }

  /** In one order, so that two who write the same wait for each other once and never in a circle. */
  send(query: string, rows: readonly Properties[]): Promise<readonly Properties[]> {
    if (rows.length === 0) return Promise.resolve([]);
    const { cypher, columns } = listStatement(query);
    const answer = this.#statements.run(cypher, { rows: listRows([...rows].sort(byKey), columns) });
    // Its failure is that of the part, which is waited for later.
    answer.catch(() => undefined);
    this.#sent.push(answer);
    return answer;
  }

  #remove(gone: readonly LineKey[]): void {
    const lines = groupedBy(gone, ({ kind }) => kind);
    const ids = (kind: Kind): Properties[] => (lines.get(kind) ?? []).map(({ id }) => ({ id }));
    const assets = [...ids('dataset'), ...ids('job')];
    // What led to their nodes goes too.
    this.#unlink(assets.map(({ id }) => ({ id, aliases: [] })));
    for (const [kind, edges] of groupedBy((lines.get('edge') ?? []).flatMap(edgeEnds), (edge) => edge.kind)) {
      this.send(
        writing.DELETE_EDGES[kind],
        edges.map(({ row }) => row),
      );
    }
    this.#ends.push(this.send(writing.DELETE_COLUMN_EDGES, ids('columnEdge')));
    for (const { id } of lines.get('field') ?? []) this.#fields.add(id);
    this.send(writing.HIDE_FIELDS, ids('field'));
    for (const [kind, , query] of PLAIN) this.send(query, ids(kind));
    this.send(writing.DELETE_ASSETS, assets);
  }

  /** Assets come first: the others hang on them. */
  #put(put: readonly ExportLine[]): void {
    const lines = groupedBy(put, ({ kind }) => kind);
    const rows = (kind: Kind): Properties[] => (lines.get(kind) ?? []).map(propertiesOf);
    this.send(writing.UPSERT_DATASETS, rows('dataset'));
    this.send(writing.UPSERT_JOBS, rows('job'));
    this.send(writing.UPSERT_FIELDS, rows('field'));
    const edges = put.flatMap((line) => (line.kind === 'edge' ? line : []));
    for (const [kind, of] of groupedBy(edges, ({ edge }) => edge))
      this.send(writing.UPSERT_EDGES[kind], of.map(propertiesOf));
    this.send(writing.UPSERT_COLUMN_EDGES, rows('columnEdge'));
    for (const [kind, query] of PLAIN) this.send(query, rows(kind));
  }

  /** What readers are answered from beside the lines, once these are there. */
  #serve(served: StepPart['served']): void {
    const { statements, aliases } = servedRows(served);
    for (const [query, rows] of statements) this.send(query, rows);
    this.#unlink(aliases);
    this.send(
      serving.LINK_ALIASES,
      aliases.flatMap(({ id, aliases: names }) => names.map((name) => ({ id: name, of: id }))),
    );
  }

  /** Names that lead to these nodes no more: all but those that are given. */
  #unlink(assets: readonly Properties[]): void {
    this.#unlinked.push(this.send(serving.UNLINK_ALIASES, assets));
  }
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

function byKey(a: Properties, b: Properties): number {
  const [x, y] = [String(a['id']), String(b['id'])];
  return x < y ? -1 : x > y ? 1 : 0;
}
