/** The walk along column edges: breadth first from fields (or from all fields of a dataset, or all that a job computes). */
import {
  assetId,
  type ColumnLineage,
  type Cut,
  type FieldRef,
  FOREVER,
  fieldId,
  type LineageQuery,
  type Way,
  walkNow,
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
    const refs = new Map<string, ColumnRef>();
    const starts = query.of.flatMap((id) => this.#starts(id));
    for (const spot of starts) spots.set(key(spot), spot);
    const walked = walkNow(starts.map(key), query, ({ way, nodes }) => ({
      steps: new Map(nodes.map((node) => [node, this.#stepsFrom(way, node, query.asOf, spots, refs)])),
      pairs: new Map(),
    }));
    const spotsOf = (node: string): Spot[] => {
      const spot = spots.get(node);
      return spot === undefined ? [] : [spot];
    };
    const fields = [...walked.nodes].flatMap(spotsOf).filter((spot) => spot.field !== '');
    const edges = [...walked.edges].flatMap((edge) => {
      const ref = refs.get(edge);
      return ref === undefined ? [] : [this.#edges.columnEdge(ref, query.asOf, query.details ?? true)];
    });
    return {
      fields: fields.map((spot) => this.#fieldRef(spot)).sort((a, b) => (a.id < b.id ? -1 : 1)),
      edges: edges.sort((a, b) => (a.id < b.id ? -1 : 1)),
      cut: walked.cuts.flatMap(({ node, why, hidden }): Cut[] =>
        spotsOf(node).map((spot) => ({ at: this.#spotId(spot), why, hidden })),
      ),
    };
  }

  /** @param spots what a walk met, by key @param refs the edges that it went along, by key */
  #stepsFrom(way: Way, node: string, asOf: number | null, spots: Map<string, Spot>, refs: Map<string, ColumnRef>) {
    const spot = spots.get(node);
    const found = spot === undefined ? [] : this.#steps(way, spot, asOf);
    const steps = found.map(({ ref, other }) => {
      const edge = JSON.stringify([ref.from.id, ref.fromField, ref.to.id, ref.toField, ref.type, ref.subtype, ref.job]);
      spots.set(key(other), other);
      refs.set(edge, ref);
      return { edge, to: key(other), gate: false };
    });
    return { steps, more: 0 };
  }

  #starts(id: string): Spot[] {
    if (id.startsWith('datasetField:')) {
      const found = this.#assets.findField(id);
      return found === null ? [] : [{ dataset: found.dataset.id, field: found.field }];
    }
    const node = this.#assets.find(id);
    if (node === null) return [];
    const fields = new Map<string, Spot>();
    // Of the edges that speak of a field one is enough that held at some time: the others are in no export.
    const addHeld = (spot: Spot, edge: number): void => {
      if (fields.has(key(spot)) || this.#edges.spans([edge], true).length === 0) return;
      fields.set(key(spot), spot);
    };
    if (node.kind === 'job') {
      for (const row of this.#db.all(
        'SELECT c.id, n.root AS dst, dst_field FROM column_edge c JOIN name n ON n.id = c.dst WHERE c.job = ?',
        node.id,
      )) {
        addHeld({ dataset: int(row, 'dst'), field: text(row, 'dst_field') }, int(row, 'id'));
      }
      return [...fields.values()];
    }
    for (const { name } of this.#assets.schemas.shown(this.#assets.names.members(node.id))?.fields ?? []) {
      const spot = { dataset: node.id, field: name };
      fields.set(key(spot), spot);
    }
    for (const member of this.#assets.names.members(node.id)) {
      for (const row of this.#db.all(
        'SELECT id, dst_field AS field FROM column_edge WHERE dst = ? UNION ALL SELECT id, src_field FROM column_edge WHERE src = ?',
        member,
        member,
      )) {
        addHeld({ dataset: node.id, field: text(row, 'field') }, int(row, 'id'));
      }
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
