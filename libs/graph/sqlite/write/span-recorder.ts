/**
 * Keeps each edge's count of timelines that hold it open, and from it the current graph between nodes:
 *
 * ```
 * edge (as observed)  a ──READS─▶ job   open in 1 timeline   ┐ a and its symlink a' are one node A
 *                     a'──READS─▶ job   open in 2 timelines  ┘ current_edge A ──READS─▶ job, n = 2
 * ```
 * Edges touched in a batch are settled once at its end, when names are resolved.
 */
import { FOREVER } from '#lineage';
import { type Database, int, intOrNull } from '../database.ts';
import type { TimelineRow } from '../interned.ts';
import type { SpanListener } from './timeline-table.ts';

export interface CurrentEdgeChange {
  readonly kind: number;
  readonly src: number;
  readonly dst: number;
  readonly current: boolean;
  /** Event time from which it is so; null: names or lives changed, or it was taken back. */
  readonly at: number | null;
}

export interface ColumnsChange {
  readonly element: number;
  readonly current: boolean;
}

export class SpanRecorder implements SpanListener {
  readonly #db: Database;
  /** Edges touched: the latest instant at which a timeline opened or closed them; null where none did. */
  #edges = new Map<number, number | null>();
  /** Column edges touched: in how many timelines they were open before the batch, and are. */
  #columns = new Map<number, { readonly before: number; open: number }>();
  /** Elements whose past alone may have changed: element → [from, to). */
  #past = new Map<string, { columns: boolean; element: number; from: number; to: number }>();

  constructor(db: Database) {
    this.#db = db;
  }

  forget(): void {
    this.#edges = new Map();
    this.#columns = new Map();
    this.#past = new Map();
  }

  opened(timeline: TimelineRow, element: number, at: number): void {
    this.#count(timeline, element, 1, at);
  }

  closed(timeline: TimelineRow, element: number, at: number | null): void {
    this.#count(timeline, element, -1, at);
  }

  rewrote(timeline: TimelineRow, element: number, from: number, to: number): void {
    const key = `${timeline.columns ? 'c' : 'e'}${element}`;
    const held = this.#past.get(key);
    if (held === undefined) this.#past.set(key, { columns: timeline.columns, element, from, to });
    else {
      held.from = Math.min(held.from, from);
      held.to = Math.max(held.to, to);
    }
  }

  /** An end of the edge is another node than before, or lives or died. */
  touchEdge(id: number): void {
    if (!this.#edges.has(id)) this.#edges.set(id, null);
  }

  #count(timeline: TimelineRow, element: number, step: number, at: number | null): void {
    if (timeline.columns) {
      const column = this.#column(element);
      column.open += step;
    } else {
      this.#edges.set(element, latest(this.#edges.get(element) ?? null, at));
      this.#db.write('UPDATE edge SET open = open + ? WHERE id = ?', step, element);
    }
  }

  #column(element: number): { readonly before: number; open: number } {
    const held = this.#columns.get(element);
    if (held !== undefined) return held;
    const open = int(this.#db.get('SELECT open FROM column_edge WHERE id = ?', element) ?? {}, 'open');
    const made = { before: open, open };
    this.#columns.set(element, made);
    return made;
  }

  /** Brings current_edge up to date. Names must be resolved and lives derived by now. */
  settle(): {
    edges: CurrentEdgeChange[];
    columns: ColumnsChange[];
    past: { columns: boolean; element: number; from: number; to: number }[];
  } {
    const touched = new Map<
      string,
      { kind: number; src: number; dst: number; n: number; after: number; at: number | null }
    >();
    for (const [id, at] of this.#edges) {
      this.#settleEdge(id, (kind, src, dst, step) => {
        const key = `${kind}.${src}.${dst}`;
        let held = touched.get(key);
        if (held === undefined) {
          const row = this.#db.get('SELECT n FROM current_edge WHERE src = ? AND kind = ? AND dst = ?', src, kind, dst);
          const n = row === undefined ? 0 : int(row, 'n');
          held = { kind, src, dst, n, after: n, at: null };
          touched.set(key, held);
        }
        held.after += step;
        held.at = latest(held.at, at);
      });
    }
    const edges: CurrentEdgeChange[] = [];
    for (const { kind, src, dst, n, after, at } of touched.values()) {
      if (after === n) continue;
      if (after === 0)
        this.#db.write('DELETE FROM current_edge WHERE src = ? AND kind = ? AND dst = ?', src, kind, dst);
      else
        this.#db.write(
          'INSERT INTO current_edge(src, kind, dst, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n',
          src,
          kind,
          dst,
          after,
        );
      if ((n === 0) !== (after === 0)) edges.push({ kind, src, dst, current: after > 0, at });
    }
    const columns: ColumnsChange[] = [];
    for (const [element, { before, open }] of this.#columns) {
      if (open === before) continue;
      this.#db.write('UPDATE column_edge SET open = ? WHERE id = ?', open, element);
      if (before > 0 !== open > 0) columns.push({ element, current: open > 0 });
    }
    const past = [...this.#past.values()];
    this.forget();
    return { edges, columns, past };
  }

  #settleEdge(id: number, note: (kind: number, src: number, dst: number, step: number) => void): void {
    const row = this.#db.get(
      `SELECT e.kind, e.open, e.shown_src, e.shown_dst, s.root AS src, s.life AS src_life, d.life AS dst_life, s.kind AS src_kind, d.root AS dst, d.kind AS dst_kind, sr.first_t AS src_seen, dr.first_t AS dst_seen
       FROM edge e JOIN name s ON s.id = e.src JOIN name d ON d.id = e.dst JOIN name sr ON sr.id = s.root JOIN name dr ON dr.id = d.root WHERE e.id = ?`,
      id,
    );
    if (row === undefined) return;
    const kind = int(row, 'kind');
    const src = int(row, 'src');
    const dst = int(row, 'dst');
    const shown =
      int(row, 'open') > 0 &&
      src !== dst &&
      row['src_seen'] !== null &&
      row['dst_seen'] !== null &&
      !this.#isDead(int(row, 'src_life')) &&
      !this.#isDead(int(row, 'dst_life'));
    const wasSrc = intOrNull(row, 'shown_src');
    const wasDst = intOrNull(row, 'shown_dst');
    if (shown && wasSrc === src && wasDst === dst) return;
    if (!shown && wasSrc === null) return;
    if (wasSrc !== null && wasDst !== null) note(kind, wasSrc, wasDst, -1);
    if (shown) note(kind, src, dst, 1);
    this.#db.write(
      'UPDATE edge SET shown_src = ?, shown_dst = ? WHERE id = ?',
      shown ? src : null,
      shown ? dst : null,
      id,
    );
  }

  #isDead(life: number): boolean {
    return this.#db.get('SELECT 1 AS dead FROM dead WHERE life = ? AND until = ?', life, FOREVER) !== undefined;
  }
}

const latest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);
