/**
 * Column edges as the change feed shows them, and as it stores them. Spelled out, each edge is some 500 bytes, most of
 * them the same names again and again; stored, a name is said once.
 *
 * ```
 * { ends: [["ns", "raw"], ["ns", "orders"]], owners: [["job", "airflow", "load"]],
 *   edges: [[0, 0, "id", 1, "order_id", "DIRECT", "IDENTITY"], …] }     owner, from, field, to, field, type, subtype
 * ```
 */
import { type AssetName, assetId, columnEdgeId, parseColumnEdgeId } from '#lineage';

type ColumnEdgeKey = Parameters<typeof columnEdgeId>[0];

export interface ColumnShown {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly job: string | null;
  readonly type: string | null;
  readonly subtype: string | null;
}

interface PackedColumns {
  readonly ends: readonly (readonly [namespace: string, name: string])[];
  readonly owners: readonly (readonly [kind: AssetName['kind'], namespace: string, name: string])[];
  /** -1: no owner. */
  readonly edges: readonly (readonly [
    owner: number,
    from: number,
    fromField: string,
    to: number,
    toField: string,
    type: string,
    subtype: string,
  ])[];
}

export function columnShown(key: ColumnEdgeKey): ColumnShown {
  const { owner, from, fromField, to, toField, type, subtype } = key;
  return {
    id: columnEdgeId(key),
    from: endShown(from, fromField),
    to: endShown(to, toField),
    job: owner === null ? null : assetId(owner),
    type: type || null,
    subtype: subtype || null,
  };
}

function endShown({ namespace, name }: ColumnEdgeKey['from'], field: string): string {
  return field === '' ? assetId({ kind: 'dataset', namespace, name }) : `datasetField:${namespace}:${name}:${field}`;
}

/** What the feed tells of an output's columns, for the store. */
export function packColumns(shown: unknown): unknown {
  if (!Array.isArray(shown)) return shown;
  const ends = new Numbered<readonly [string, string]>();
  const owners = new Numbered<readonly [AssetName['kind'], string, string]>();
  const edges: PackedColumns['edges'][number][] = [];
  for (const { id } of shown as readonly ColumnShown[]) {
    const key = parseColumnEdgeId(id);
    if (key === null) throw new Error(`${id} is no column edge's id`);
    const { owner, from, to, fromField, toField, type, subtype } = key;
    edges.push([
      owner === null ? -1 : owners.number([owner.kind, owner.namespace, owner.name]),
      ends.number([from.namespace, from.name]),
      fromField,
      ends.number([to.namespace, to.name]),
      toField,
      type,
      subtype,
    ]);
  }
  return { ends: ends.all, owners: owners.all, edges } satisfies PackedColumns;
}

/** The way back. Older rows hold the edges spelled out. */
export function unpackColumns(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return stored;
  const { ends, owners, edges } = stored as PackedColumns;
  const end = (place: number): ColumnEdgeKey['from'] => {
    const [namespace = '', name = ''] = ends[place] ?? [];
    return { namespace, name };
  };
  return edges.map(([by, from, fromField, to, toField, type, subtype]) => {
    const found = owners[by];
    const owner = found === undefined ? null : { kind: found[0], namespace: found[1], name: found[2] };
    return columnShown({ owner, from: end(from), fromField, to: end(to), toField, type, subtype });
  });
}

class Numbered<T extends readonly string[]> {
  readonly all: T[] = [];
  readonly #places = new Map<string, number>();

  number(item: T): number {
    const key = item.join('\n');
    const held = this.#places.get(key);
    if (held !== undefined) return held;
    this.#places.set(key, this.all.length);
    return this.all.push(item) - 1;
  }
}
