/** The walk along column edges: breadth first from fields (or from all fields of a dataset, or all that a job computes). */
import {
  assetId,
  type ColumnEdge,
  type ColumnLineage,
  type Cut,
  type FieldRef,
  FOREVER,
  fieldId,
  type LineageQuery,
} from '#lineage';
import { type Database, int, type Row, text } from '../database.ts';
import type { AssetReads } from './asset-reads.ts';
import type { ColumnRef, EdgeReads } from './edge-reads.ts';
import { holdsAt } from './intervals.ts';
import type { NameRow } from './name-book.ts';

/** A field of a node; '' is the whole dataset. */
interface Spot {
  readonly dataset: number;
  readonly field: string;
}

type Way = 'UPSTREAM' | 'DOWNSTREAM';

export class ColumnWalk {
  readonly #db: Database;
  readonly #assets: AssetReads;
  readonly #edges: EdgeReads;

  constructor(db: Database, assets: AssetReads, edges: EdgeReads) {
    this.#db = db;
    this.#assets = assets;
    this.#edges = edges;
  }

  columnLineage(query: LineageQuery): ColumnLineage {
    const spots = new Map<string, Spot>();
    for (const id of query.of) {
      for (const spot of this.#starts(id)) if (spots.size < query.limit) spots.set(key(spot), spot);
    }
    const edges = new Map<string, ColumnEdge>();
    const cut = new Map<string, Cut>();
    const ways: readonly Way[] = query.direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [query.direction];
    const from = [...spots.values()];
    for (const way of ways) this.#walk(way, from, query, spots, edges, cut);
    const fields = [...spots.values()].filter((spot) => spot.field !== '').map((spot) => this.#fieldRef(spot));
    return {
      fields: fields.sort((a, b) => (a.id < b.id ? -1 : 1)),
      edges: [...edges.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      cut: [...cut.values()],
    };
  }

  #walk(
    way: Way,
    starts: readonly Spot[],
    query: LineageQuery,
    spots: Map<string, Spot>,
    edges: Map<string, ColumnEdge>,
    cut: Map<string, Cut>,
  ): void {
    let frontier = [...starts];
    const seen = new Set(frontier.map(key));
    for (let level = 0; frontier.length > 0; level++) {
      const next: Spot[] = [];
      for (const spot of frontier) {
        let hidden = 0;
        for (const { ref, other } of this.#steps(way, spot, query.asOf)) {
          const isKnown = spots.has(key(other));
          if (level >= query.depth || (!isKnown && spots.size >= query.limit)) {
            hidden += 1;
            continue;
          }
          const edge = this.#edges.columnEdge(ref, query.asOf, query.details ?? true);
          edges.set(edge.id, edge);
          if (!isKnown) spots.set(key(other), other);
          if (seen.has(key(other))) continue;
          seen.add(key(other));
          next.push(other);
        }
        if (hidden > 0) {
          const at = this.#spotId(spot);
          const why = level >= query.depth ? 'DEPTH' : 'LIMIT';
          cut.set(`${at} ${why}`, { at, why, hidden: hidden + (cut.get(`${at} ${why}`)?.hidden ?? 0) });
        }
      }
      if (level >= query.depth) return;
      frontier = next;
    }
  }

  #starts(id: string): Spot[] {
    if (id.startsWith('datasetField:')) {
      const found = this.#assets.findField(id);
      return found === null ? [] : [{ dataset: found.dataset.id, field: found.field }];
    }
    const node = this.#assets.find(id);
    if (node === null) return [];
    const fields = new Map<string, Spot>();
    const add = (spot: Spot): void => void fields.set(key(spot), spot);
    if (node.kind === 'job') {
      for (const row of this.#db.all(
        'SELECT DISTINCT n.root AS dst, dst_field FROM column_edge c JOIN name n ON n.id = c.dst WHERE c.job = ?',
        node.id,
      )) {
        add({ dataset: int(row, 'dst'), field: text(row, 'dst_field') });
      }
      return [...fields.values()];
    }
    for (const field of this.#assets.schemas.shown(this.#assets.names.members(node.id))?.fields ?? [])
      add({ dataset: node.id, field: field.name });
    for (const member of this.#assets.names.members(node.id)) {
      for (const row of this.#db.all('SELECT DISTINCT dst_field AS field FROM column_edge WHERE dst = ?', member))
        add({ dataset: node.id, field: text(row, 'field') });
      for (const row of this.#db.all('SELECT DISTINCT src_field AS field FROM column_edge WHERE src = ?', member))
        add({ dataset: node.id, field: text(row, 'field') });
    }
    return [...fields.values()];
  }

  #steps(way: Way, spot: Spot, asOf: number | null): { ref: ColumnRef; other: Spot }[] {
    const [here, there] = way === 'DOWNSTREAM' ? ['src', 'dst'] : ['dst', 'src'];
    const groups = new Map<string, { ref: Omit<ColumnRef, 'rows'>; rows: Row[]; other: Spot }>();
    for (const member of this.#assets.names.members(spot.dataset)) {
      const rows = this.#db.all(
        `SELECT c.*, n.root AS other_root FROM column_edge c JOIN name n ON n.id = c.${there} WHERE c.${here} = ? AND c.${here}_field = ?`,
        member,
        spot.field,
      );
      for (const row of rows) {
        const other = { dataset: int(row, 'other_root'), field: text(row, `${there}_field`) };
        const [source, target] = way === 'DOWNSTREAM' ? [spot, other] : [other, spot];
        const groupKey = `${key(other)}\n${text(row, 'type')}\n${text(row, 'subtype')}\n${int(row, 'job')}`;
        const group = groups.get(groupKey) ?? {
          ref: {
            from: this.#assets.names.byId(source.dataset),
            fromField: source.field,
            to: this.#assets.names.byId(target.dataset),
            toField: target.field,
            type: text(row, 'type'),
            subtype: text(row, 'subtype'),
            job: int(row, 'job'),
          },
          rows: [],
          other,
        };
        group.rows.push(row);
        groups.set(groupKey, group);
      }
    }
    return [...groups.values()]
      .filter(({ ref, rows }) => this.#holds(ref, rows, asOf))
      .map(({ ref, rows, other }) => ({ ref: { ...ref, rows }, other }));
  }

  #holds(ref: Omit<ColumnRef, 'rows'>, rows: readonly Row[], asOf: number | null): boolean {
    if (asOf === null && rows.every((row) => int(row, 'open') === 0)) return false;
    const t = asOf ?? FOREVER - 1;
    const ids = rows.map((row) => int(row, 'id'));
    if (!holdsAt(this.#edges.spans(ids, true), t)) return false;
    return !this.#isHidden(ref, ids, t);
  }

  /** Where the job's lineage facet speaks of the output, its columns alone count. */
  #isHidden({ job, to }: Omit<ColumnRef, 'rows'>, ids: readonly number[], t: number): boolean {
    if (job === 0) return false;
    const marker = this.#db.get(
      "SELECT 1 AS yes FROM timeline t JOIN span ON span.timeline = t.id AND span.since <= ? AND span.until > ? JOIN edge e ON e.id = span.element JOIN name d ON d.id = e.dst WHERE t.owner = ? AND t.direction = 'PAIRS' AND d.root = ? LIMIT 1",
      t,
      t,
      job,
      to.id,
    );
    if (marker === undefined) return false;
    return !ids.some(
      (id) =>
        this.#db.get(
          "SELECT 1 AS yes FROM edge_timeline e JOIN timeline t ON t.id = e.timeline AND t.direction = 'PAIR_COLUMNS' JOIN span s ON s.timeline = t.id AND s.element = e.element WHERE e.element = ? AND e.columns = 1 AND s.since <= ? AND s.until > ? LIMIT 1",
          id,
          t,
          t,
        ) !== undefined,
    );
  }

  #fieldRef(spot: Spot): FieldRef {
    const dataset = this.#assets.names.byId(spot.dataset);
    return { id: fieldId(dataset, spot.field), dataset: assetId(dataset), name: spot.field };
  }

  #spotId(spot: Spot): string {
    const dataset: NameRow = this.#assets.names.byId(spot.dataset);
    return spot.field === '' ? assetId(dataset) : fieldId(dataset, spot.field);
  }
}

function key({ dataset, field }: Spot): string {
  return `${dataset}\n${field}`;
}
