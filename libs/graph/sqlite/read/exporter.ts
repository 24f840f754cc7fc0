/** The whole graph as lines, sorted by (kind, id): what `headwater export` prints. */
import {
  type AssetName,
  assetId,
  type ColumnEdgeLine,
  canonicalJson,
  columnEdgeId,
  type EdgeKind,
  type EdgeLine,
  type ExportEvidence,
  type ExportLine,
  type ExportOptions,
  edgeId,
  fieldId,
  formatInstant,
  type Span,
} from '#lineage';
import { type Database, int, type Row, text } from '../database.ts';
import { rowLines } from '../graph-rows.ts';
import { blob, EDGE_KINDS, Interned } from '../interned.ts';
import type { Key } from '../stamps.ts';
import { attestationOf } from '../write/claim-writer.ts';
import { notesOf } from './column-notes.ts';
import { hideMerges } from './hide-merges.ts';
import { minus, union } from './intervals.ts';
import { byText, exported, LineReads } from './line-reads.ts';
import { NameBook, type NameRow, nameOf } from './name-book.ts';
import { RemarkReads } from './remark-reads.ts';

interface Said {
  readonly first: Key;
  readonly last: Key;
  readonly how: number;
}

export class Exporter {
  readonly #db: Database;
  readonly #names: NameBook;
  readonly #interned: Interned;

  constructor(db: Database) {
    this.#db = db;
    this.#names = new NameBook(db);
    this.#interned = new Interned(db);
  }

  /**
   * Lines without line ends. One kind at a time is held in memory.
   *
   * Where somebody merged datasets, the connection must be this export's own: from here on it sees the graph as if
   * nobody had.
   */
  *lines({ mutations = false, rows = false }: ExportOptions = {}): Iterable<string> {
    hideMerges(this.#db);
    for (const line of this.#ofGraph(mutations)) yield canonicalJson(line);
    if (rows) yield* rowLines(this.#db);
  }

  /** The graph as it is shown, with what people said: what one that many share is made of. */
  shown(): Iterable<ExportLine> {
    return this.#ofGraph(true);
  }

  *#ofGraph(mutations: boolean): Iterable<ExportLine> {
    const lines = new LineReads(this.#db);
    const said = mutations ? new RemarkReads(this.#db, this.#names).lines() : [];
    const kinds: (() => ExportLine[])[] = [
      () => this.#nodes(1).flatMap((job) => lines.activity(job)),
      () => said.filter(({ kind }) => kind === 'annotation'),
      () => this.#columnEdges(),
      () => this.#nodes(0).map((node) => lines.dataset(node)),
      () => this.#edges(),
      () => this.#nodes(0).flatMap((node) => lines.fields(node)),
      () => this.#nodes(1).map((node) => lines.job(node)),
      () => this.#nodes(1).flatMap((job) => lines.jobVersions(job)),
      ...(mutations ? [() => this.#db.all('SELECT * FROM main.merge').map((row) => lines.merge(row))] : []),
      () => this.#db.all('SELECT * FROM run').map((row) => lines.run(row)),
      () => this.#nodes(0).flatMap((node) => lines.schemaVersions(this.#names.members(node.id))),
      () => said.filter(({ kind }) => kind === 'tag'),
    ];
    for (const kind of kinds) yield* kind().sort((a, b) => byText(a.id, b.id));
  }

  #nodes(kind: 0 | 1): NameRow[] {
    return this.#db.all('SELECT * FROM name WHERE kind = ? AND first_t IS NOT NULL AND root = id', kind).map(nameOf);
  }

  #edges(): EdgeLine[] {
    const evidence = this.#evidence(false);
    const spans = this.#spans(false);
    const groups = new Map<
      string,
      { kind: EdgeKind; from: AssetName; to: AssetName; spans: Span[]; said: Map<string, Said> }
    >();
    for (const row of this.#db.all('SELECT * FROM edge')) {
      const kind = EDGE_KINDS[int(row, 'kind')];
      if (kind === undefined || kind === 'PAIRS') continue;
      const [from, to] = [this.#names.node(int(row, 'src')), this.#names.node(int(row, 'dst'))];
      if (from.firstT === null || to.firstT === null || from.id === to.id) continue;
      const id = edgeId(kind, from, to);
      const group = groups.get(id) ?? { kind, from, to, spans: [], said: new Map<string, Said>() };
      group.spans.push(
        ...minus(spans.get(int(row, 'id')) ?? [], [
          ...this.#names.deadOf(int(row, 'src')),
          ...this.#names.deadOf(int(row, 'dst')),
        ]),
      );
      joinEvidence(group.said, evidence.get(int(row, 'id')));
      groups.set(id, group);
    }
    return [...groups].flatMap(([id, { kind, from, to, spans: all, said }]): EdgeLine | [] => {
      const intervals = exported(union(all));
      if (intervals.length === 0) return [];
      return {
        kind: 'edge',
        id,
        edge: kind,
        from: assetId(from),
        to: assetId(to),
        intervals,
        evidence: this.#told(said),
      };
    });
  }

  #columnEdges(): ColumnEdgeLine[] {
    const evidence = this.#evidence(true);
    const spans = this.#spans(true);
    interface Group {
      readonly row: Row;
      readonly from: NameRow;
      readonly to: NameRow;
      readonly spans: Span[];
      readonly said: Map<string, Said>;
      readonly ids: number[];
    }
    const groups = new Map<string, Group>();
    for (const row of this.#db.all('SELECT * FROM column_edge')) {
      const [from, to] = [this.#names.node(int(row, 'src')), this.#names.node(int(row, 'dst'))];
      const job = int(row, 'job');
      const owner = job === 0 ? null : this.#names.byId(job);
      const id = columnEdgeId({
        owner,
        from,
        fromField: text(row, 'src_field'),
        to,
        toField: text(row, 'dst_field'),
        type: text(row, 'type'),
        subtype: text(row, 'subtype'),
      });
      const group: Group = groups.get(id) ?? { row, from, to, spans: [], said: new Map<string, Said>(), ids: [] };
      group.spans.push(
        ...minus(spans.get(int(row, 'id')) ?? [], [
          ...this.#names.deadOf(int(row, 'src')),
          ...this.#names.deadOf(int(row, 'dst')),
        ]),
      );
      joinEvidence(group.said, evidence.get(int(row, 'id')));
      group.ids.push(int(row, 'id'));
      groups.set(id, group);
    }
    return [...groups].flatMap(([id, { row, from, to, spans: all, said, ids }]): ColumnEdgeLine | [] => {
      const intervals = exported(union(all));
      if (intervals.length === 0) return [];
      const [fromField, toField] = [text(row, 'src_field'), text(row, 'dst_field')];
      const job = int(row, 'job');
      return {
        kind: 'columnEdge',
        id,
        from: fromField === '' ? assetId(from) : fieldId(from, fromField),
        to: toField === '' ? assetId(to) : fieldId(to, toField),
        job: job === 0 ? null : assetId(this.#names.byId(job)),
        type: text(row, 'type') || null,
        subtype: text(row, 'subtype') || null,
        ...notesOf(this.#db, ids),
        intervals,
        evidence: this.#told(said),
      };
    });
  }

  /** By element: its spans in all timelines. */
  #spans(columns: boolean): Map<number, Span[]> {
    const spans = new Map<number, Span[]>();
    const isColumns = "timeline.direction IN ('COLUMNS', 'PAIR_COLUMNS')";
    for (const row of this.#db.all(
      `SELECT element, since, until FROM span JOIN timeline ON timeline.id = span.timeline WHERE ${columns ? '' : 'NOT '}${isColumns}`,
    )) {
      const element = int(row, 'element');
      const held = spans.get(element);
      const span = { from: int(row, 'since'), to: int(row, 'until') };
      if (held === undefined) spans.set(element, [span]);
      else held.push(span);
    }
    return spans;
  }

  /** By element and source: first and last time that it was said. */
  #evidence(columns: boolean): Map<number, Map<string, Said>> {
    const evidence = new Map<number, Map<string, Said>>();
    const isColumns = "timeline.direction IN ('COLUMNS', 'PAIR_COLUMNS')";
    const rows = this.#db.all(
      `SELECT usage.*, source.text AS source_text FROM usage JOIN timeline ON timeline.id = usage.timeline JOIN source ON source.id = timeline.source WHERE ${columns ? '' : 'NOT '}${isColumns}`,
    );
    for (const row of rows) {
      const said = {
        first: { t: int(row, 'first_t'), k: int(row, 'first_k') },
        last: { t: int(row, 'last_t'), k: int(row, 'last_k') },
        how: int(row, 'how'),
      };
      for (const element of this.#interned.elements(int(row, 'eset'))) {
        const held = evidence.get(element) ?? new Map<string, Said>();
        joinEvidence(held, new Map([[text(row, 'source_text'), said]]));
        evidence.set(element, held);
      }
    }
    return evidence;
  }

  #told(said: ReadonlyMap<string, Said>): ExportEvidence[] {
    return [...said]
      .sort(([a], [b]) => byText(a, b))
      .map(([source, { first, last, how }]) => ({
        source,
        ...attestationOf(how),
        firstSeen: formatInstant(first.t),
        lastSeen: formatInstant(last.t),
        firstEvent: this.#hash(first),
        lastEvent: this.#hash(last),
      }));
  }

  #hash({ t, k }: Key): string {
    const row = this.#db.get('SELECT hash FROM event WHERE k = ? AND t = ?', k, t);
    return row === undefined ? '' : Buffer.from(blob(row, 'hash')).toString('hex');
  }
}

function joinEvidence(into: Map<string, Said>, more: ReadonlyMap<string, Said> | undefined): void {
  for (const [source, said] of more ?? []) {
    const held = into.get(source);
    if (held === undefined) {
      into.set(source, said);
      continue;
    }
    const isLast = isLater(said.last, held.last);
    into.set(source, {
      first: isLater(held.first, said.first) ? said.first : held.first,
      last: isLast ? said.last : held.last,
      how: isLast ? said.how : held.how,
    });
  }
}

function isLater(a: Key, b: Key | null): boolean {
  return b === null || a.t > b.t || (a.t === b.t && a.k > b.k);
}
