/**
 * Search over names, aliases, namespaces, fields, tags and descriptions: a trigram index finds what holds the text, the
 * rank orders it: exact name, prefix, whole token, substring of the name, then the rest.
 */
import { bySearchRank, ownersOf, type Page, type SearchHit, type SearchQuery, searchRank, tagsOf } from '#lineage';
import { type Database, int, text } from '../database.ts';
import type { AssetReads } from './asset-reads.ts';
import type { NameRow } from './name-book.ts';
import type { RemarkReads } from './remark-reads.ts';

export const SEARCH_TABLE =
  "CREATE VIRTUAL TABLE search USING fts5(name, namespace, aliases, fields, tags, description, tokenize = 'trigram', detail = full)";

/** More candidates than this are not ranked: what is found then is the best of these. */
const CANDIDATES = 5_000;
/** Facets whose change changes what a search finds. */
export const SEARCHED_FACETS: ReadonlySet<string> = new Set([
  'documentation',
  'tags',
  'ownership',
  'schema',
  'symlinks',
]);

export class SearchReads {
  readonly #db: Database;
  readonly #assets: AssetReads;
  readonly #remarks: RemarkReads;

  constructor(db: Database, assets: AssetReads, remarks: RemarkReads) {
    this.#db = db;
    this.#assets = assets;
    this.#remarks = remarks;
  }

  search(query: SearchQuery): Page<SearchHit> {
    const needle = query.text.trim().toLowerCase();
    if (needle === '') return { items: [], next: null, total: 0 };
    const ranked = this.#candidates(needle)
      .filter(({ node }) => this.#wanted(node, query))
      .sort(bySearchRank);
    const from = query.after === null ? 0 : Number(query.after);
    const shown = ranked.slice(from, from + query.first);
    const assets = this.#assets.assets(shown.map(({ node }) => node)).values();
    const items = shown.flatMap(({ matched }): SearchHit[] => {
      const asset = assets.next().value;
      return asset === undefined ? [] : [{ asset, matched }];
    });
    return {
      items,
      total: ranked.length,
      next: from + items.length < ranked.length ? String(from + items.length) : null,
    };
  }

  #candidates(needle: string): { node: NameRow; rank: number; matched: string }[] {
    const rows =
      needle.length >= 3
        ? this.#db.all(
            'SELECT rowid AS id, name, namespace, aliases, fields, tags, description FROM search WHERE search MATCH ? LIMIT (? + 0)',
            `"${needle.replaceAll('"', '""')}"`,
            CANDIDATES,
          )
        : // A trigram index can't see fewer than three letters: names that begin with them, or have them as a token.
          this.#db.all(
            "SELECT rowid AS id, name, namespace, aliases, fields, tags, description FROM search WHERE name LIKE ? ESCAPE '\\' LIMIT (? + 0)",
            `%${needle.replace(/[\\%_]/g, '\\$&')}%`,
            CANDIDATES,
          );
    const names = this.#assets.names.many(rows.map((row) => int(row, 'id')));
    return rows.flatMap((row) => {
      const node = names.get(int(row, 'id'));
      if (node === undefined) return [];
      const { rank, matched } = searchRank(needle, {
        name: text(row, 'name'),
        namespace: text(row, 'namespace'),
        aliases: text(row, 'aliases'),
        fields: text(row, 'fields'),
        tags: text(row, 'tags'),
      });
      return [{ node, rank, matched }];
    });
  }

  #wanted(node: NameRow, { types, namespaces, tags, owners }: SearchQuery): boolean {
    if (types !== null && !types.includes(node.kind)) return false;
    if (namespaces !== null && !namespaces.includes(node.namespace)) return false;
    if (tags === null && owners === null) return true;
    const facets = this.#assets.facets(node, ['tags', 'ownership']);
    const isTagged = (wanted: readonly string[]): boolean =>
      tagsOf(facets).some(({ key, value }) => wanted.includes(key) || wanted.includes(`${key}:${value ?? ''}`)) ||
      this.#remarks.on(node).some(({ kind, text: tag }) => kind === 'TAG' && wanted.includes(tag));
    if (tags !== null && !isTagged(tags)) return false;
    return owners === null || ownersOf(facets).some((owner) => owners.includes(owner.name));
  }
}
