/**
 * Annotations and tags as the graph holds them: a copy of what `people.db` keeps, by numbers of names, so that readers
 * answer from one file, and what was said of a name goes with its node when it is renamed or merged.
 */
import {
  canonicalJson,
  parseNodeId,
  type RemarkOutcome,
  type RemarkRefusal,
  type RemarkRequest,
  type RemovalRequest,
} from '#lineage';
import type { Database } from '../database.ts';
import { HeldMerges } from '../held-merges.ts';
import type { Interned } from '../interned.ts';
import type { KeptRemark } from '../people-file.ts';
import { AssetReads } from '../read/asset-reads.ts';
import type { NameRow } from '../read/name-book.ts';

type Refused = Extract<RemarkOutcome, { kind: 'refused' }>;

interface Place {
  readonly node: NameRow;
  /** '': the node itself. */
  readonly field: string;
}

/** What is to be kept, in place of what. */
export interface PlannedRemark {
  readonly kind: 'planned';
  readonly remark: KeptRemark;
  readonly before: KeptRemark | null;
}

export interface HeldRemark {
  readonly kind: 'held';
  readonly remark: KeptRemark;
}

export class RemarkTable {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #assets: AssetReads;

  constructor(db: Database, interned: Interned) {
    this.#db = db;
    this.#interned = interned;
    this.#assets = new AssetReads(db);
  }

  plan(request: RemarkRequest, kept: readonly KeptRemark[]): PlannedRemark | HeldRemark | Refused {
    const { kind, text, carried, by, at, expiresAt, key } = request;
    const said = key === null ? undefined : kept.find((remark) => remark.key === key);
    if (said !== undefined) return { kind: 'held', remark: said };
    const place = this.#place(request.subject);
    if ('why' in place) return place;
    const before = kind === 'TAG' ? this.#tagAt(place, text, at, kept) : null;
    if (before !== null && before.carried === carried && before.expiresAt === expiresAt)
      return { kind: 'held', remark: before };
    const id = before?.id ?? (kept.at(-1)?.id ?? 0) + 1;
    const { kind: asset, namespace, name } = place.node;
    const on = { kind: asset, namespace, name };
    return {
      kind: 'planned',
      before,
      remark: { id, kind, on, field: place.field, text, carried, by, at, expiresAt, key, removed: null },
    };
  }

  planRemoval({ of, by, at }: RemovalRequest, kept: readonly KeptRemark[]): PlannedRemark | Refused {
    const before = of.kind === 'TAG' ? this.#tagOf(of, at, kept) : annotationBy(of.id, kept);
    if ('why' in before) return before;
    return { kind: 'planned', before, remark: { ...before, removed: { by, at } } };
  }

  /** The node that a remark is on now. */
  nodeOf({ on }: KeptRemark): NameRow {
    return this.#assets.names.node(this.#interned.asset(on));
  }

  keep({ id, kind, on, field, text, carried, by, at, expiresAt, key, removed }: KeptRemark): void {
    this.#db.run(
      'INSERT OR REPLACE INTO remark(id, kind, name, field, text, carried, said_by, said_at, expires_at, key, removed_by, removed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      kind,
      this.#interned.asset(on),
      field,
      text,
      carried ? 1 : 0,
      by,
      at,
      expiresAt,
      key,
      removed?.by ?? null,
      removed?.at ?? null,
    );
  }

  /** Only what people.db keeps holds: it may be newer than the graph, or older where a backup was restored. */
  reconcile(kept: readonly KeptRemark[]): void {
    const held = new Map(new HeldMerges(this.#db).remarks().map((remark) => [remark.id, remark]));
    for (const remark of kept) {
      const before = held.get(remark.id);
      held.delete(remark.id);
      // Where many share the graph, what is written is a commit: none for what is so already.
      if (before === undefined || canonicalJson(before) !== canonicalJson(remark)) this.keep(remark);
    }
    for (const id of held.keys()) this.#db.run('DELETE FROM remark WHERE id = ?', id);
  }

  #tagOf(
    { subject, tag }: { readonly subject: string; readonly tag: string },
    at: number,
    kept: readonly KeptRemark[],
  ): KeptRemark | Refused {
    const place = this.#place(subject);
    if ('why' in place) return place;
    return (
      this.#tagAt(place, tag, at, kept) ??
      refused(
        'NOT_THERE',
        `nobody put the tag ${tag} on ${subject}: where it came along the lineage, take it from its origin; tags of events are taken back by events`,
      )
    );
  }

  #tagAt({ node, field }: Place, tag: string, at: number, kept: readonly KeptRemark[]): KeptRemark | null {
    const found = kept.find(
      (remark) =>
        remark.kind === 'TAG' &&
        remark.removed === null &&
        (remark.expiresAt === null || remark.expiresAt > at) &&
        remark.text === tag &&
        remark.field === field &&
        this.nodeOf(remark).id === node.id,
    );
    return found ?? null;
  }

  #place(id: string): Place | Refused {
    const [ref] = parseNodeId(id);
    if (ref === undefined || ref.kind === 'run')
      return refused(
        'WRONG_KIND',
        `${id} is no dataset, job or field: write dataset:NAMESPACE:NAME, job:NAMESPACE:NAME or datasetField:NAMESPACE:NAME:FIELD`,
      );
    if (ref.kind === 'datasetField') {
      const found = this.#assets.findField(id);
      return found === null ? unknown(id) : { node: found.dataset, field: found.field };
    }
    const node = this.#assets.find(id);
    return node === null ? unknown(id) : { node, field: '' };
  }
}

function annotationBy(id: string, kept: readonly KeptRemark[]): KeptRemark | Refused {
  const found = kept.find((remark) => String(remark.id) === id && remark.kind === 'ANNOTATION');
  return found === undefined || found.removed !== null
    ? refused('NOT_THERE', `there is no annotation ${id}, or it was removed`)
    : found;
}

const unknown = (id: string): Refused => refused('UNKNOWN', `nothing is known by the id ${id}`);

const refused = (why: RemarkRefusal, reason: string): Refused => ({ kind: 'refused', why, reason });
