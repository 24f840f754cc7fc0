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
import {
  type Asset,
  assetId,
  type ChangeKind,
  canonicalJson,
  columnEdgeId,
  type Facet,
  FOREVER,
  type SchemaField,
} from '#lineage';
import { type Database, int, text } from '../database.ts';
import { AssetReads } from '../read/asset-reads.ts';
import type { NameRow } from '../read/name-book.ts';

export interface StateChange {
  readonly kind: ChangeKind;
  readonly subject: string;
  readonly text: string;
  readonly before: unknown;
  readonly after: unknown;
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

interface ColumnKey {
  readonly src: string;
  readonly srcField: string;
  readonly dst: string;
  readonly dstField: string;
  readonly id: string;
  readonly job: string | null;
  readonly type: string;
  readonly subtype: string;
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
    const wanted = new Map<string, Set<Touch>>();
    for (const [name, touched] of names) {
      for (const id of new Set([this.#nodeOf(this.#before, name), this.#nodeOf(this.#after, name)])) {
        if (id === null) continue;
        const held = wanted.get(id) ?? new Set<Touch>();
        for (const touch of touched) held.add(touch);
        wanted.set(id, held);
      }
    }
    return [...wanted].flatMap(([id, touched]) =>
      nodeChanges(id, this.#state(this.#before, id, touched), this.#state(this.#after, id, touched)),
    );
  }

  #nodeOf(reads: AssetReads, name: number): string | null {
    const row = reads.names.get(name);
    return row === null ? null : assetId(reads.names.node(name));
  }

  #state(reads: AssetReads, id: string, touched: ReadonlySet<Touch>): State {
    const node = reads.findExactly(id);
    if (node === null) return { asset: null, fields: [], facets: [] };
    const all = touched.has('structure');
    return {
      asset: all ? reads.asset(node) : null,
      fields:
        (all || touched.has('fields')) && node.kind === 'dataset'
          ? (reads.schemas.shown(reads.names.members(node.id))?.fields ?? [])
          : [],
      facets: all || touched.has('facets') ? reads.facets(node, null) : [],
    };
  }

  #columns({ names, columns }: Touches): StateChange[] {
    const before = new ColumnsOf(this.#committed, this.#before);
    const after = new ColumnsOf(this.#db, this.#after);
    const keys = new Map<string, ColumnKey>();
    const touched = new Set(columns);
    for (const [name, touch] of names) {
      if (!touch.has('structure')) continue;
      for (const row of this.#db.all('SELECT id FROM column_edge WHERE src = ? OR dst = ?', name, name))
        touched.add(int(row, 'id'));
    }
    for (const element of touched) {
      for (const state of [before, after]) {
        const key = state.key(element);
        if (key !== null) keys.set(key.id, key);
      }
    }
    const byOutput = new Map<string, { before: ColumnKey[]; after: ColumnKey[] }>();
    for (const key of keys.values()) {
      const was = before.isCurrent(key);
      const is = after.isCurrent(key);
      if (was === is) continue;
      const held = byOutput.get(key.dst) ?? { before: [], after: [] };
      (is ? held.after : held.before).push(key);
      byOutput.set(key.dst, held);
    }
    return [...byOutput].map(([output, { before, after }]) => ({
      kind: 'columns.changed',
      subject: output,
      text: `columns of ${output}: ${after.length} edges came, ${before.length} went`,
      before: before.map(columnShown),
      after: after.map(columnShown),
    }));
  }
}

function nodeChanges(id: string, was: State, is: State): StateChange[] {
  const changes: StateChange[] = [];
  const tell = (kind: ChangeKind, sentence: string, before: unknown, after: unknown): void => {
    changes.push({ kind, subject: id, text: sentence, before, after });
  };
  if (was.asset === null && is.asset !== null) {
    const { kind, namespace, name } = is.asset;
    tell('node.added', `${kind} ${name} is known`, null, { kind, namespace, name });
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

/** Column edges in one state of the graph. Columns of one output have their ends in common: each is looked up once. */
class ColumnsOf {
  readonly #db: Database;
  readonly #reads: AssetReads;
  readonly #nodes = new Map<number, NameRow>();
  readonly #roots = new Map<string, NameRow | null>();
  readonly #alive = new Map<number, readonly number[]>();

  constructor(db: Database, reads: AssetReads) {
    this.#db = db;
    this.#reads = reads;
  }

  key(element: number): ColumnKey | null {
    const row = this.#db.get('SELECT * FROM column_edge WHERE id = ?', element);
    if (row === undefined) return null;
    const [from, to] = [this.#node(int(row, 'src')), this.#node(int(row, 'dst'))];
    const job = int(row, 'job') === 0 ? null : this.#reads.names.byId(int(row, 'job'));
    const [srcField, dstField, type, subtype] = [
      text(row, 'src_field'),
      text(row, 'dst_field'),
      text(row, 'type'),
      text(row, 'subtype'),
    ];
    return {
      src: assetId(from),
      srcField,
      dst: assetId(to),
      dstField,
      type,
      subtype,
      job: job === null ? null : assetId(job),
      id: columnEdgeId({ owner: job, from, fromField: srcField, to, toField: dstField, type, subtype }),
    };
  }

  /** Whether any observed column edge that is this one is open, and neither end dropped. */
  isCurrent(key: ColumnKey): boolean {
    const [from, to] = [this.#root(key.src), this.#root(key.dst)];
    const job = key.job === null ? null : this.#root(key.job);
    if (from === null || to === null || (key.job !== null && job === null)) return false;
    if (from.root !== from.id || to.root !== to.id) return false;
    const targets = this.#aliveMembers(to.id);
    for (const src of this.#aliveMembers(from.id)) {
      for (const dst of targets) {
        const open = this.#db.get(
          'SELECT 1 AS yes FROM column_edge WHERE dst = ? AND dst_field = ? AND src = ? AND src_field = ? AND type = ? AND subtype = ? AND job = ? AND open > 0',
          dst,
          key.dstField,
          src,
          key.srcField,
          key.type,
          key.subtype,
          job?.id ?? 0,
        );
        if (open !== undefined) return true;
      }
    }
    return false;
  }

  #node(name: number): NameRow {
    const held = this.#nodes.get(name);
    if (held !== undefined) return held;
    const node = this.#reads.names.node(name);
    this.#nodes.set(name, node);
    return node;
  }

  #root(id: string): NameRow | null {
    const held = this.#roots.get(id);
    if (held !== undefined) return held;
    const found = this.#reads.findName(id);
    this.#roots.set(id, found);
    return found;
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

function columnShown({ id, src, srcField, dst, dstField, job, type, subtype }: ColumnKey): unknown {
  const end = (asset: string, field: string): string => {
    if (field === '') return asset;
    // `dataset:NAMESPACE:NAME` and the id of its field differ in the first word and the last part alone.
    return `datasetField${asset.slice('dataset'.length)}:${field}`;
  };
  return { id, from: end(src, srcField), to: end(dst, dstField), job, type: type || null, subtype: subtype || null };
}
