/** Edges between nodes with all that is known of them: intervals and evidence, over all names of both ends. */
import {
  assetId,
  type ColumnEdge,
  columnEdgeId,
  type Edge,
  type EdgeKind,
  type Evidence,
  edgeId,
  fieldId,
  type Span,
} from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import { type Database, int, type Row, text } from '../database.ts';
import { blob, EDGE_KINDS, Interned } from '../interned.ts';
import type { Key } from '../stamps.ts';
import { attestationOf } from '../write/claim-writer.ts';
import { type ColumnNotes, notesOf } from './column-notes.ts';
import { holdsAt, intervalsOf, isOpen, minus, union } from './intervals.ts';
import type { NameBook, NameRow } from './name-book.ts';

export interface EdgeRef {
  readonly kind: number;
  readonly from: NameRow;
  readonly to: NameRow;
  /** Observed edges that it is made of, where that is known. */
  readonly observed?: readonly number[];
}

export interface ColumnRef {
  readonly from: NameRow;
  readonly fromField: string;
  readonly to: NameRow;
  readonly toField: string;
  readonly type: string;
  readonly subtype: string;
  /** 0: none. */
  readonly job: number;
  /** Rows of observed edges that are this one. */
  readonly rows: readonly Row[];
}

/** When a source said a set of edges, in one timeline. */
export interface Usage {
  readonly source: string;
  readonly set: number;
  readonly first: Key;
  readonly last: Key;
  readonly how: number;
}

export class EdgeReads {
  readonly #db: Database;
  readonly #names: NameBook;
  readonly #interned: Interned;

  constructor(db: Database, names: NameBook, interned = new Interned(db)) {
    this.#db = db;
    this.#names = names;
    this.#interned = interned;
  }

  /** All current READS, WRITES and FEEDS: asked for by people, not on a hot path. */
  flowsOut(): Map<number, number[]> {
    const edges = this.#db.tuples('SELECT src, dst FROM current_edge WHERE kind IN (0, 1, 6)') as [number, number][];
    return new Map(
      [...groupedBy(edges, ([src]) => src)].map(([src, of]): [number, number[]] => [src, of.map(([, dst]) => dst)]),
    );
  }

  kindOf(kind: number): EdgeKind {
    const found = EDGE_KINDS[kind];
    if (found === undefined || found === 'PAIRS') throw new Error(`edges of kind ${kind} are not shown`);
    return found;
  }

  /** @param asOf null: now */
  edge(ref: EdgeRef, asOf: number | null): Edge {
    const kind = this.kindOf(ref.kind);
    const ids = ref.observed ?? this.observed(ref);
    const spans = this.spans(ids, false);
    return {
      id: edgeId(kind, ref.from, ref.to),
      kind,
      from: assetId(ref.from),
      to: assetId(ref.to),
      current: asOf === null ? isOpen(spans) : holdsAt(spans, asOf),
      intervals: intervalsOf(spans),
      evidence: this.evidence(ids, false),
    };
  }

  columnEdge(ref: ColumnRef, asOf: number | null, details: boolean): ColumnEdge {
    const owner = ref.job === 0 ? null : this.#names.byId(ref.job);
    const { from, fromField, to, toField, type, subtype } = ref;
    const ids = ref.rows.map((row) => int(row, 'id'));
    const spans = details ? this.spans(ids, true) : [];
    const { description, masking } = this.notes(ids);
    return {
      id: columnEdgeId({ owner, from, fromField, to, toField, type, subtype }),
      from: fromField === '' ? assetId(from) : fieldId(from, fromField),
      to: toField === '' ? assetId(to) : fieldId(to, toField),
      job: owner === null ? null : assetId(owner),
      transformation: {
        type,
        subtype: subtype || null,
        description,
        masking,
      },
      current: !details || (asOf === null ? isOpen(spans) : holdsAt(spans, asOf)),
      intervals: intervalsOf(spans),
      evidence: details ? this.evidence(ids, true) : [],
    };
  }

  /** Observed edges that the edge between two nodes is made of. */
  observed({ kind, from, to }: EdgeRef): number[] {
    const ids: number[] = [];
    const targets = this.#names.members(to.id);
    for (const src of this.#names.members(from.id)) {
      for (const dst of targets) {
        const row = this.#db.get('SELECT id FROM edge WHERE src = ? AND kind = ? AND dst = ?', src, kind, dst);
        if (row !== undefined) ids.push(int(row, 'id'));
      }
    }
    return ids;
  }

  /** Union over timelines, less the times in which an end, as observed, was dropped. */
  spans(ids: readonly number[], columns: boolean): Span[] {
    return union(
      ids.flatMap((id) => {
        const spans = this.spansOf(id, columns);
        if (spans.length === 0) return [];
        const ends = this.rowOf(id, columns);
        return minus(spans, [...this.#names.deadOf(int(ends, 'src')), ...this.#names.deadOf(int(ends, 'dst'))]);
      }),
    );
  }

  evidence(ids: readonly number[], columns: boolean): Evidence[] {
    return this.evidenceOf(ids.flatMap((id) => this.saidOf(id, columns)));
  }

  notes(columnEdges: readonly number[]): ColumnNotes {
    return notesOf(this.#db, columnEdges);
  }

  protected evidenceOf(usages: readonly Usage[]): Evidence[] {
    const said = new Map<string, Usage>();
    for (const usage of usages) {
      const held = said.get(usage.source);
      said.set(usage.source, held === undefined ? usage : joined(held, usage));
    }
    return [...said]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, { first, last, how }]) => ({
        source,
        ...attestationOf(how),
        firstSeen: first.t,
        lastSeen: last.t,
        firstEvent: this.hashOf(first),
        lastEvent: this.hashOf(last),
      }));
  }

  /** Who said this edge among others. */
  protected saidOf(id: number, columns: boolean): Usage[] {
    return this.usagesOf(id, columns).filter(({ set }) => this.#interned.has(set, id));
  }

  /** With the names at its ends. */
  protected rowOf(id: number, columns: boolean): Row {
    return this.#db.get(`SELECT src, dst FROM ${columns ? 'column_edge' : 'edge'} WHERE id = ?`, id) ?? {};
  }

  protected spansOf(id: number, columns: boolean): Span[] {
    return this.#db
      .all(
        'SELECT since, until FROM edge_timeline e JOIN span s ON s.timeline = e.timeline AND s.element = e.element WHERE e.element = ? AND e.columns = ?',
        id,
        columns ? 1 : 0,
      )
      .map((row): Span => ({ from: int(row, 'since'), to: int(row, 'until') }));
  }

  /** Of the timelines that the edge is in. */
  protected usagesOf(id: number, columns: boolean): Usage[] {
    return this.#db
      .all(
        'SELECT usage.*, source.text AS source_text FROM edge_timeline e JOIN usage ON usage.timeline = e.timeline JOIN timeline ON timeline.id = e.timeline JOIN source ON source.id = timeline.source WHERE e.element = ? AND e.columns = ?',
        id,
        columns ? 1 : 0,
      )
      .map((row) => ({
        source: text(row, 'source_text'),
        set: int(row, 'eset'),
        first: { t: int(row, 'first_t'), k: int(row, 'first_k') },
        last: { t: int(row, 'last_t'), k: int(row, 'last_k') },
        how: int(row, 'how'),
      }));
  }

  /** Of the event that has this stamp, in hex. */
  hashOf({ t, k }: Key): string {
    const row = this.#db.get('SELECT hash FROM event WHERE k = ? AND t = ?', k, t);
    return row === undefined ? '' : Buffer.from(blob(row, 'hash')).toString('hex');
  }
}

function joined(held: Usage, other: Usage): Usage {
  const first = isLater(held.first, other.first) ? other.first : held.first;
  return isLater(other.last, held.last) ? { ...other, first } : { ...held, first };
}

function isLater(a: Key, b: Key): boolean {
  return a.t > b.t || (a.t === b.t && a.k > b.k);
}
