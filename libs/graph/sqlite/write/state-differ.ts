/**
 * What a batch altered in the current graph beside its edges: nodes, aliases, life, fields, facets, columns. The state
 * before is read from the last commit, on a connection of its own; the state after from the open transaction.
 *
 * ```
 * last commit ──▶ node as it was ─┐
 *                                 ├─▶ changes that lead from one to the other
 * this batch ───▶ node as it is ──┘
 * ```
 * Only nodes that something touched are looked at, and of each only what may differ.
 */
import { type Asset, assetId, type ChangeKind, canonicalJson, type Facet, type SchemaField } from '#lineage';
import { type ColumnShown, columnShown } from '../column-changes.ts';
import { type Database, int } from '../database.ts';
import { AssetReads } from '../read/asset-reads.ts';
import type { NameRow } from '../read/name-book.ts';
import { ColumnsOf } from './columns-of.ts';

export interface StateChange {
  readonly kind: ChangeKind;
  readonly subject: string;
  readonly text: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Event time from which it is so; absent where the rows don't tell. */
  readonly at?: number | null;
}

/** What may have changed of a name's node. `structure`: which names it is made of, so everything. */
export type Touch = 'structure' | 'fields' | 'facets';

export interface Touches {
  readonly names: ReadonlyMap<number, ReadonlySet<Touch>>;
  /** Column edges that opened or closed. */
  readonly columns: Iterable<number>;
}

interface State {
  readonly asset: Asset | null;
  readonly fields: readonly SchemaField[];
  readonly facets: readonly Facet[];
}

export class StateDiffer {
  readonly #before: AssetReads;
  readonly #after: AssetReads;
  readonly #committed: Database;
  readonly #db: Database;

  constructor(committed: Database, db: Database) {
    this.#committed = committed;
    this.#db = db;
    this.#before = new AssetReads(committed);
    this.#after = new AssetReads(db);
  }

  differ(touches: Touches): StateChange[] {
    return this.#committed.snapshot(() => [...this.#nodes(touches.names), ...this.#columns(touches)]);
  }

  #nodes(names: Touches['names']): StateChange[] {
    const touchedNames = [...names.keys()];
    const wanted = new Map<number, Set<Touch>>();
    for (const reads of [this.#before, this.#after]) {
      for (const [name, { root }] of reads.names.many(touchedNames)) {
        const held = wanted.get(root) ?? new Set<Touch>();
        for (const touch of names.get(name) ?? []) held.add(touch);
        wanted.set(root, held);
      }
    }
    const [before, after] = [states(this.#before, wanted), states(this.#after, wanted)];
    return [...wanted.keys()].flatMap((root) => {
      const [was, is] = [before.get(root), after.get(root)];
      const node = is?.node ?? was?.node;
      return node === undefined ? [] : nodeChanges(assetId(node), was?.state ?? NOTHING, is?.state ?? NOTHING);
    });
  }

  #columns({ names, columns }: Touches): StateChange[] {
    const touched = new Set(columns);
    for (const [name, touch] of names) {
      if (!touch.has('structure')) continue;
      for (const row of this.#db.all('SELECT id FROM column_edge WHERE src = ? OR dst = ?', name, name))
        touched.add(int(row, 'id'));
    }
    if (touched.size === 0) return [];
    const before = new ColumnsOf(this.#committed, this.#before, touched);
    const after = new ColumnsOf(this.#db, this.#after, touched);
    const byOutput = new Map<string, { before: ColumnShown[]; after: ColumnShown[] }>();
    for (const key of new Map([...before.keys, ...after.keys]).values()) {
      const was = before.isCurrent(key);
      const is = after.isCurrent(key);
      if (was === is) continue;
      const output = assetId(key.to);
      const held = byOutput.get(output) ?? { before: [], after: [] };
      (is ? held.after : held.before).push(columnShown(key));
      byOutput.set(output, held);
    }
    return [...byOutput].map(([output, { before, after }]) => ({
      kind: 'columns.changed',
      subject: output,
      text: `columns of ${output}: ${after.length} edges came, ${before.length} went`,
      before,
      after,
    }));
  }
}

const NOTHING: State = { asset: null, fields: [], facets: [] };

/** What is known of these nodes in one state of the graph, as far as it was touched; those that are no nodes there are left out. */
function states(
  reads: AssetReads,
  wanted: ReadonlyMap<number, ReadonlySet<Touch>>,
): Map<number, { readonly node: NameRow; readonly state: State }> {
  const nodes = [...reads.names.many([...wanted.keys()]).values()].filter(
    ({ id, root, firstT }) => root === id && firstT !== null,
  );
  const touched = (node: NameRow, touch: Touch): boolean => wanted.get(node.id)?.has(touch) === true;
  const restructured = nodes.filter((node) => touched(node, 'structure'));
  const assets = new Map(reads.assets(restructured).map((asset) => [asset.id, asset]));
  return new Map(
    nodes.map((node) => {
      const all = touched(node, 'structure');
      const fields = (all || touched(node, 'fields')) && node.kind === 'dataset';
      const state: State = {
        asset: all ? (assets.get(assetId(node)) ?? null) : null,
        fields: fields ? (reads.schemas.shown(reads.names.members(node.id))?.fields ?? []) : [],
        facets: all || touched(node, 'facets') ? reads.facets(node, null) : [],
      };
      return [node.id, { node, state }] as const;
    }),
  );
}

function nodeChanges(id: string, was: State, is: State): StateChange[] {
  const changes: StateChange[] = [];
  const tell = (
    kind: ChangeKind,
    sentence: string,
    before: unknown,
    after: unknown,
    at: number | null = null,
  ): void => {
    changes.push({ kind, subject: id, text: sentence, before, after, at });
  };
  if (was.asset === null && is.asset !== null) {
    const { kind, namespace, name, firstSeen } = is.asset;
    tell('node.added', `${kind} ${name} is known`, null, { kind, namespace, name }, firstSeen);
  }
  if (was.asset !== null && is.asset === null) {
    const { kind, namespace, name } = was.asset;
    tell('node.removed', `${kind} ${name} is part of another node now`, { kind, namespace, name }, null);
    return changes;
  }
  const [aliasesBefore, aliasesAfter] = [was.asset?.aliases ?? [], is.asset?.aliases ?? []];
  if (differs(aliasesBefore, aliasesAfter))
    tell('aliases.changed', `${id} is found by ${aliasesAfter.length} other ids`, aliasesBefore, aliasesAfter);
  const [lifeBefore, lifeAfter] = [was.asset?.lifecycle ?? 'ACTIVE', is.asset?.lifecycle ?? 'ACTIVE'];
  if (lifeBefore !== lifeAfter)
    tell(
      'lifecycle.changed',
      `${id} ${lifeAfter === 'DROPPED' ? 'was dropped' : 'is in use again'}`,
      lifeBefore,
      lifeAfter,
    );
  if (differs(was.fields, is.fields))
    tell('fields.changed', `${id} has ${is.fields.length} fields`, was.fields, is.fields);
  const facets = new Map<string, [Facet | null, Facet | null]>();
  for (const facet of was.facets) facets.set(facetKey(facet), [facet, null]);
  for (const facet of is.facets) facets.set(facetKey(facet), [facets.get(facetKey(facet))?.[0] ?? null, facet]);
  for (const [before, after] of facets.values()) {
    if (!differs(before?.value ?? null, after?.value ?? null) && (before === null) === (after === null)) continue;
    const name = (after ?? before)?.name ?? '';
    tell(
      'facet.changed',
      `${name} of ${id} ${after === null ? 'is gone' : before === null ? 'was told' : 'changed'}`,
      facetShown(before),
      facetShown(after),
    );
  }
  return changes;
}

function facetKey({ scope, name, source }: Facet): string {
  return `${scope}\n${name}\n${source}`;
}

function facetShown(facet: Facet | null): unknown {
  return facet === null ? null : { scope: facet.scope, name: facet.name, source: facet.source, value: facet.value };
}

function differs(a: unknown, b: unknown): boolean {
  return canonicalJson(a) !== canonicalJson(b);
}
