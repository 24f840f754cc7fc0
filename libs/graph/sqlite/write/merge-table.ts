/**
 * Merges as the graph holds them: a copy of what `people.db` keeps, by numbers of names, so that names are resolved and
 * readers answer from one file.
 */
import {
  assetId,
  type MergeOutcome,
  type MergeRefusal,
  type MergeRequest,
  type Name,
  parseNodeId,
  type SplitRequest,
} from '#lineage';
import { type Database, int } from '../database.ts';
import type { Interned } from '../interned.ts';
import type { KeptMerge } from '../people-file.ts';
import { AssetReads } from '../read/asset-reads.ts';
import type { NameRow } from '../read/name-book.ts';
import type { NameResolver } from './name-resolver.ts';

type Refused = Extract<MergeOutcome, { kind: 'refused' }>;

/** What a merge would join: each alias with the node that it becomes part of. */
export interface PlannedMerge {
  readonly kind: 'planned';
  readonly into: NameRow;
  readonly aliases: readonly NameRow[];
}

/** The merges that a split undoes. */
export interface PlannedSplit {
  readonly kind: 'planned';
  readonly node: NameRow;
  readonly undone: readonly KeptMerge[];
}

export class MergeTable {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: NameResolver;
  readonly #assets: AssetReads;

  constructor(db: Database, interned: Interned, names: NameResolver) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    this.#assets = new AssetReads(db);
  }

  planMerge({ ids, into }: MergeRequest): PlannedMerge | Refused {
    const node = this.#dataset('into', into);
    if ('why' in node) return node;
    const aliases = new Map<number, NameRow>();
    for (const id of ids) {
      const alias = this.#dataset('ids', id);
      if ('why' in alias) return alias;
      if (alias.id === node.id) {
        return id === into || id === assetId(node)
          ? refused('ITSELF', `${id} is what the others would be merged into: leave it out of ids`)
          : refused('ALREADY_ONE', `${id} is ${assetId(node)} already: nothing is left to merge`);
      }
      aliases.set(alias.id, alias);
    }
    if (aliases.size === 0) return refused('ITSELF', 'ids is empty: name the datasets that are one with into');
    return { kind: 'planned', into: node, aliases: [...aliases.values()] };
  }

  planSplit({ id, alias }: SplitRequest, kept: readonly KeptMerge[]): PlannedSplit | Refused {
    const node = this.#dataset('id', id);
    if ('why' in node) return node;
    const held = kept.filter(
      (merge) => merge.undone === null && this.#assets.names.node(this.#interned.dataset(merge.into)).id === node.id,
    );
    const asked = parseNodeId(alias).flatMap((ref) =>
      ref.kind === 'dataset' ? [this.#assets.names.find('dataset', ref.namespace, ref.name)?.id] : [],
    );
    const undone = held.filter((merge) => asked.includes(this.#interned.dataset(merge.alias)));
    if (undone.length > 0) return { kind: 'planned', node, undone };
    const others = held.map((merge) => idOf(merge.alias));
    const hint =
      others.length === 0
        ? 'nothing was merged into it by hand; symlinks and renames come apart by events, aliases of the settings by the settings'
        : `by hand were merged ${others.slice(0, 5).join(', ')}`;
    return refused('NOT_MERGED', `${alias} was not merged into ${assetId(node)} by hand: ${hint}`);
  }

  /** What a node is part of, in the open transaction. */
  nodeOf({ id }: NameRow): NameRow {
    return this.#assets.names.node(id);
  }

  /** A merge that people.db keeps, as it is kept now. @returns whether anything is otherwise than before */
  keep(merge: KeptMerge): boolean {
    const [name, target] = [this.#interned.dataset(merge.into), this.#interned.dataset(merge.alias)];
    const held = this.#db.get('SELECT * FROM merge WHERE id = ?', merge.id);
    const wanted = rowOf(merge, name, target);
    if (held !== undefined && Object.entries(wanted).every(([column, value]) => held[column] === value)) return false;
    if (held !== undefined) this.#touch(int(held, 'name'), int(held, 'target'));
    this.#db.run(
      'INSERT OR REPLACE INTO merge(id, name, target, said_by, said_at, reason, undone_by, undone_at, undone_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...Object.values(wanted),
    );
    this.#touch(name, target);
    return true;
  }

  /** Only what people.db keeps holds: it may be newer than the graph, or older where a backup was restored. */
  reconcile(kept: readonly KeptMerge[]): void {
    const ids = new Set(kept.map(({ id }) => id));
    for (const row of this.#db.all('SELECT id, name, target FROM merge')) {
      if (ids.has(int(row, 'id'))) continue;
      this.#db.run('DELETE FROM merge WHERE id = ?', int(row, 'id'));
      this.#touch(int(row, 'name'), int(row, 'target'));
    }
    for (const merge of kept) this.keep(merge);
  }

  #touch(name: number, target: number): void {
    this.#names.touch(name);
    this.#names.touch(target);
  }

  #dataset(argument: string, id: string): NameRow | Refused {
    if (!id.startsWith('dataset:')) {
      return refused('WRONG_KIND', `${argument} has ${id}: only datasets can be merged; write dataset:NAMESPACE:NAME`);
    }
    const node = this.#assets.find(id);
    return node ?? refused('UNKNOWN', `${argument} has ${id}: no dataset is known by that id`);
  }
}

const idOf = (name: Name): string => assetId({ kind: 'dataset', ...name });

const refused = (why: MergeRefusal, reason: string): Refused => ({ kind: 'refused', why, reason });

function rowOf({ id, by, at, reason, undone }: KeptMerge, name: number, target: number) {
  return {
    id,
    name,
    target,
    said_by: by,
    said_at: at,
    reason,
    undone_by: undone?.by ?? null,
    undone_at: undone?.at ?? null,
    undone_reason: undone?.reason ?? null,
  };
}
