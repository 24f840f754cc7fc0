/** Names as a reader meets them: what a number stands for, which node it is part of, when that node was dead. */
import { type AssetKind, type AssetName, assetId, FOREVER, type NodeRef, type Span } from '#lineage';
import { groupedBy } from '../../grouped-by.ts';
import { type Database, int, intOrNull, type Row, text } from '../database.ts';
import { ASSET_KINDS } from '../interned.ts';

export interface NameRow extends AssetName {
  readonly id: number;
  readonly root: number;
  readonly firstT: number | null;
  readonly lastT: number | null;
}

export class NameBook {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** null: no such number. */
  get(id: number): NameRow | null {
    const row = this.#db.get('SELECT * FROM name WHERE id = ?', id);
    return row === undefined ? null : nameOf(row);
  }

  byId(id: number): NameRow {
    const found = this.get(id);
    if (found === null) throw new Error(`name ${id} is not in the store`);
    return found;
  }

  /** By number; in one statement. */
  many(ids: readonly number[]): Map<number, NameRow> {
    const rows = this.#db.tuples(
      'SELECT n.id, n.kind, n.namespace, n.name, n.root, n.first_t, n.last_t FROM json_each(?) j CROSS JOIN name n ON n.id = j.value',
      JSON.stringify(ids),
    ) as NameTuple[];
    return new Map(rows.map((row) => [row[0], nameOfTuple(row)]));
  }

  /** The names that are part of these nodes without being their root, in one statement. */
  others(roots: readonly number[]): Map<number, NameRow[]> {
    const rows = this.#db.tuples(
      'SELECT n.id, n.kind, n.namespace, n.name, n.root, n.first_t, n.last_t FROM json_each(?) j CROSS JOIN name n ON n.root = j.value AND n.root <> n.id',
      JSON.stringify(roots),
    ) as NameTuple[];
    return groupedBy(rows.map(nameOfTuple), ({ root }) => root);
  }

  /** Other spellings of names, in one statement. */
  spellings(names: readonly number[]): Map<number, { readonly namespace: string; readonly name: string }[]> {
    const rows = this.#db.tuples(
      'SELECT s.name, s.namespace, s.text FROM json_each(?) j CROSS JOIN spelling s ON s.name = j.value',
      JSON.stringify(names),
    ) as [number, string, string][];
    const grouped = groupedBy(rows, ([name]) => name);
    return new Map(
      [...grouped].map(([id, of]) => [id, of.map(([, namespace, name]) => ({ namespace, name }))] as const),
    );
  }

  /** Those of the nodes that are dropped, in one statement. */
  droppedOf(roots: readonly number[]): Set<number> {
    const rows = this.#db.tuples(
      `SELECT d.life FROM json_each(?) j CROSS JOIN dead d ON d.life = j.value AND d.until = ${FOREVER}`,
      JSON.stringify(roots),
    ) as [number][];
    return new Set(rows.map(([life]) => life));
  }

  /** The node that a name is part of. */
  node(id: number): NameRow {
    const row = this.#db.get('SELECT r.* FROM name n JOIN name r ON r.id = n.root WHERE n.id = ?', id);
    if (row === undefined) throw new Error(`name ${id} is not in the store`);
    return nameOf(row);
  }

  nodeId(id: number): string {
    return assetId(this.node(id));
  }

  /** All names of a node, the root among them. */
  members(root: number): number[] {
    return [
      root,
      ...this.#db.all('SELECT id FROM name WHERE root = ? AND root <> id', root).map((row) => int(row, 'id')),
    ];
  }

  /** When the node was dropped. */
  dead(root: number): Span[] {
    return this.#db.all('SELECT since, until FROM dead WHERE life = ? ORDER BY since', root).map(spanOf);
  }

  /** What cuts the edges of a name as observed: the life of its node, or its own where it was renamed away. */
  deadOf(name: number): Span[] {
    return this.#db
      .all('SELECT since, until FROM dead WHERE life = (SELECT life FROM name WHERE id = ?) ORDER BY since', name)
      .map(spanOf);
  }

  /** The name with this text, or the one that was once spelled so. */
  find(kind: AssetKind, namespace: string, name: string): NameRow | null {
    const number = kind === 'dataset' ? 0 : 1;
    const row =
      this.#db.get('SELECT * FROM name WHERE kind = ? AND name = ? AND namespace = ?', number, name, namespace) ??
      this.#db.get(
        'SELECT name.* FROM spelling JOIN name ON name.id = spelling.name WHERE spelling.kind = ? AND spelling.text = ? AND spelling.namespace = ?',
        number,
        name,
        namespace,
      );
    return row === undefined ? null : nameOf(row);
  }

  /** The node of an asset reference, null where nothing is known by it. */
  resolve(ref: NodeRef): NameRow | null {
    if (ref.kind !== 'dataset' && ref.kind !== 'job') return null;
    const found = this.find(ref.kind, ref.namespace, ref.name);
    if (found === null) return null;
    const node = found.root === found.id ? found : this.byId(found.root);
    return node.firstT === null ? null : node;
  }

  /** Ids that find the node and are not its own, sorted. */
  aliases(root: NameRow): string[] {
    const ids = new Set<string>();
    for (const member of this.members(root.id)) {
      ids.add(assetId(this.byId(member)));
      for (const row of this.#db.all('SELECT namespace, text FROM spelling WHERE name = ?', member)) {
        ids.add(assetId({ kind: root.kind, namespace: text(row, 'namespace'), name: text(row, 'text') }));
      }
    }
    ids.delete(assetId(root));
    return [...ids].sort();
  }

  contested(root: number): string[] {
    const ids = new Set<string>();
    for (const member of this.members(root)) {
      for (const row of this.#db.all('SELECT target FROM contested WHERE name = ?', member))
        ids.add(assetId(this.byId(int(row, 'target'))));
    }
    return [...ids].sort();
  }
}

export function nameOf(row: Row): NameRow {
  return {
    id: int(row, 'id'),
    kind: ASSET_KINDS[int(row, 'kind') === 1 ? 1 : 0],
    namespace: text(row, 'namespace'),
    name: text(row, 'name'),
    root: int(row, 'root'),
    firstT: intOrNull(row, 'first_t'),
    lastT: intOrNull(row, 'last_t'),
  };
}

type NameTuple = [
  id: number,
  kind: number,
  namespace: string,
  name: string,
  root: number,
  firstT: number | null,
  lastT: number | null,
];

function nameOfTuple([id, kind, namespace, name, root, firstT, lastT]: NameTuple): NameRow {
  return { id, kind: ASSET_KINDS[kind === 1 ? 1 : 0], namespace, name, root, firstT, lastT };
}

function spanOf(row: Row): Span {
  return { from: int(row, 'since'), to: int(row, 'until') };
}
