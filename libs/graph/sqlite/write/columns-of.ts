/** Column edges in one state of the graph: which they are between nodes, and whether they are current there. */
import { type AssetName, columnEdgeId, FOREVER } from '#lineage';
import type { Database } from '../database.ts';
import type { AssetReads } from '../read/asset-reads.ts';
import type { NameRow } from '../read/name-book.ts';

/** A column edge between nodes. */
export interface ColumnKey {
  readonly owner: (AssetName & { readonly id: number }) | null;
  readonly from: NameRow;
  readonly fromField: string;
  readonly to: NameRow;
  readonly toField: string;
  readonly type: string;
  readonly subtype: string;
}

type ColumnTuple = [
  job: number,
  src: number,
  srcField: string,
  dst: number,
  dstField: string,
  type: string,
  subtype: string,
  open: number,
];

export class ColumnsOf {
  /** Of the elements that this state holds, by the edge's id. */
  readonly keys: ReadonlyMap<string, ColumnKey>;
  readonly #db: Database;
  readonly #reads: AssetReads;
  /** Names as this state knows them; null: it doesn't. */
  readonly #names: Map<number, NameRow | null>;
  /** Whether edges are open that were observed between the nodes' own names. */
  readonly #open = new Map<string, boolean>();
  readonly #alive = new Map<number, readonly number[]>();

  constructor(db: Database, reads: AssetReads, elements: Iterable<number>) {
    this.#db = db;
    this.#reads = reads;
    const rows = db.tuples(
      'SELECT c.job, c.src, c.src_field, c.dst, c.dst_field, c.type, c.subtype, c.open FROM json_each(?) j CROSS JOIN column_edge c ON c.id = j.value',
      JSON.stringify([...elements]),
    ) as ColumnTuple[];
    const observed = reads.names.many([...new Set(rows.flatMap(([job, src, , dst]) => [job, src, dst]))]);
    const roots = reads.names.many([...new Set([...observed.values()].map(({ root }) => root))]);
    this.#names = new Map([...observed, ...roots]);
    this.keys = new Map(rows.map((row) => this.#key(row)));
  }

  /** Whether any observed column edge that is this one is open, and neither end dropped. */
  isCurrent({ owner, from, fromField, to, toField, type, subtype }: ColumnKey): boolean {
    if (!this.#isNode(from.id) || !this.#isNode(to.id)) return false;
    if (owner !== null && this.#name(owner.id) === null) return false;
    const [sources, targets] = [this.#aliveMembers(from.id), this.#aliveMembers(to.id)];
    if (sources.length === 0 || targets.length === 0) return false;
    if (this.#isAlone(from.id) && this.#isAlone(to.id)) {
      const open = this.#open.get(columnEdgeId({ owner, from, fromField, to, toField, type, subtype }));
      if (open !== undefined) return open;
    }
    return sources.some((src) =>
      targets.some(
        (dst) =>
          this.#db.get(
            'SELECT 1 AS yes FROM column_edge WHERE dst = ? AND dst_field = ? AND src = ? AND src_field = ? AND type = ? AND subtype = ? AND job = ? AND open > 0',
            dst,
            toField,
            src,
            fromField,
            type,
            subtype,
            owner?.id ?? 0,
          ) !== undefined,
      ),
    );
  }

  #key([job, src, fromField, dst, toField, type, subtype, open]: ColumnTuple): [string, ColumnKey] {
    const owner = job === 0 ? null : this.#known(job);
    const [from, to] = [this.#known(this.#known(src).root), this.#known(this.#known(dst).root)];
    const key = { owner, from, fromField, to, toField, type, subtype };
    const id = columnEdgeId(key);
    if (from.id === src && to.id === dst) this.#open.set(id, open > 0);
    return [id, key];
  }

  #known(id: number): NameRow {
    const name = this.#name(id);
    if (name === null) throw new Error(`name ${id} is not in the store`);
    return name;
  }

  #name(id: number): NameRow | null {
    const held = this.#names.get(id);
    if (held !== undefined) return held;
    const name = this.#reads.names.get(id);
    this.#names.set(id, name);
    return name;
  }

  #isNode(id: number): boolean {
    return this.#name(id)?.root === id;
  }

  #isAlone(node: number): boolean {
    const alive = this.#aliveMembers(node);
    return alive.length === 1 && alive[0] === node;
  }

  #aliveMembers(node: number): readonly number[] {
    const held = this.#alive.get(node);
    if (held !== undefined) return held;
    const { names } = this.#reads;
    const alive = names.members(node).filter((name) => names.deadOf(name).at(-1)?.to !== FOREVER);
    this.#alive.set(node, alive);
    return alive;
  }
}
