/** What changed in a schema, and whom it hits: readers of the dataset, of which of its columns, and what comes of those downstream. */
import {
  assetId,
  type ColumnFlow,
  type FieldChange,
  type FieldFeed,
  fieldId,
  type Owner,
  ownersOf,
  renamesByLineage,
  type SchemaField,
  type SchemaImpact,
  schemaDiff,
  schemaImpact,
} from '#lineage';
import { type Database, int, type Row, text } from '../database.ts';
import { EDGE_KINDS } from '../interned.ts';
import { AssetReads } from '../read/asset-reads.ts';

/** Column edges that are followed downstream of one change; beyond it the answer is cut. */
export const MOST_COLUMNS = 5_000;

export interface SchemaChange {
  readonly changes: readonly FieldChange[];
  readonly impact: SchemaImpact;
  /** Of the jobs that a breaking change hits, by name. */
  readonly owners: readonly string[];
}

export class SchemaReaders {
  readonly #db: Database;
  readonly #assets: AssetReads;

  constructor(db: Database) {
    this.#db = db;
    this.#assets = new AssetReads(db);
  }

  /** From one schema of a node to the next, with who reads it now. */
  change(root: number, before: readonly SchemaField[], after: readonly SchemaField[]): SchemaChange {
    const dataset = this.#assets.names.byId(root);
    const changes = schemaDiff(before, after, this.#renames(root, before, after));
    const readers = this.#db
      .all('SELECT dst FROM current_edge WHERE src = ? AND kind = ?', root, EDGE_KINDS.indexOf('READS'))
      .map((row) => this.#assets.names.nodeId(int(row, 'dst')));
    const { columns, cut } = this.#downstream(root);
    const impact = schemaImpact({
      dataset: assetId(dataset),
      fieldId: (path) => fieldId(dataset, path),
      changes,
      readers,
      columns,
      cut,
      owners: (job) => this.#ownersOf(job),
    });
    const hit = new Set(impact.hit);
    const owned = impact.fields.flatMap((field) => field.readers.filter(({ job }) => hit.has(job)));
    const owners = new Set(owned.flatMap((reader) => reader.owners.map(({ name }) => name)));
    return { changes, impact, owners: [...owners].sort() };
  }

  /** All that flows out of a node's fields, and on from there, breadth first. */
  #downstream(root: number): { readonly columns: readonly ColumnFlow[]; readonly cut: boolean } {
    const columns: ColumnFlow[] = [];
    const seen = new Set<string>();
    let ahead: { readonly node: number; readonly field: string | null }[] = [{ node: root, field: null }];
    while (ahead.length > 0) {
      const next: { node: number; field: string }[] = [];
      for (const { node, field } of ahead) {
        const from = this.#assets.names.byId(node);
        for (const row of this.#flowsOf(node, field)) {
          if (columns.length >= MOST_COLUMNS) return { columns, cut: true };
          const [source, job] = [text(row, 'src_field'), int(row, 'job')];
          const to = this.#assets.names.node(int(row, 'dst'));
          const reached = text(row, 'dst_field');
          columns.push({
            from: source === '' ? assetId(from) : fieldId(from, source),
            to: fieldId(to, reached),
            job: job > 0 ? this.#assets.names.nodeId(job) : null,
          });
          const key = `${to.id}.${reached}`;
          if (seen.has(key)) continue;
          seen.add(key);
          next.push({ node: to.id, field: reached });
        }
      }
      ahead = next;
    }
    return { columns, cut: false };
  }

  /** @param field null: of any */
  #flowsOf(node: number, field: string | null): Row[] {
    return this.#assets.names
      .members(node)
      .flatMap((member) =>
        field === null
          ? this.#db.all(
              'SELECT src_field, dst, dst_field, job FROM column_edge WHERE src = ? AND open > 0 ORDER BY id',
              member,
            )
          : this.#db.all(
              'SELECT src_field, dst, dst_field, job FROM column_edge WHERE src = ? AND src_field = ? AND open > 0 ORDER BY id',
              member,
              field,
            ),
      );
  }

  /** Former names of top-level fields by new name, as far as what feeds them shows it. */
  #renames(root: number, before: readonly SchemaField[], after: readonly SchemaField[]): ReadonlyMap<string, string> {
    const [was, is] = [new Set(before.map(({ name }) => name)), new Set(after.map(({ name }) => name))];
    const removed = [...was].filter((name) => !is.has(name));
    const added = [...is].filter((name) => !was.has(name));
    if (removed.length === 0 || added.length === 0) return new Map();
    const feeds = (field: string, open: number): FieldFeed[] =>
      this.#assets.names.members(root).flatMap((member) =>
        this.#db
          .all(
            'SELECT src, src_field, job, type, subtype FROM column_edge WHERE dst = ? AND dst_field = ? AND open >= ?',
            member,
            field,
            open,
          )
          .map((row) => ({
            field,
            from: fieldId(this.#assets.names.node(int(row, 'src')), text(row, 'src_field')),
            job: int(row, 'job') > 0 ? this.#assets.names.nodeId(int(row, 'job')) : null,
            type: text(row, 'type'),
            subtype: text(row, 'subtype'),
          })),
      );
    // What fed a field that is gone may have ended with it.
    const fed = removed.flatMap((field) => feeds(field, 0));
    const feed = added.flatMap((field) => feeds(field, 1));
    return renamesByLineage(removed, added, fed, feed);
  }

  #ownersOf(job: string): readonly Owner[] {
    const node = this.#assets.find(job);
    return node === null ? [] : ownersOf(this.#assets.facets(node, ['ownership']));
  }
}
