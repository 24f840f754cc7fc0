/** Search: the index finds what holds the text, the rank orders it, as in the embedded store. */
import { bySearchRank, type Page, type SearchHit, type SearchQuery, searchRank } from '#lineage';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { READ_ASSETS } from '../queries/asset-queries.ts';
import { SEARCH, SEARCH_NAMES } from '../queries/search-queries.ts';
import { assetOf } from './asset-reads.ts';

/** More candidates than this are not ranked: what is found then is the best of these. */
const CANDIDATES = 5_000;
/** Less than this is in nearly every text. */
const LETTERS = 3;
const LABELS = { dataset: 'Dataset', job: 'Job' } as const;

export class SearchReads {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async search(query: SearchQuery): Promise<Page<SearchHit>> {
    const needle = query.text.trim().toLowerCase();
    if (needle === '') return { items: [], next: null, total: 0 };
    const { namespaces, tags, owners } = query;
    const types = query.types?.map((type) => LABELS[type]) ?? null;
    const rows = await this.#statements.run(needle.length < LETTERS ? SEARCH_NAMES : SEARCH, {
      ...{ needle, types, namespaces, tags, owners },
      most: CANDIDATES,
    });
    const ranked = rows.map((row) => rankedOf(needle, new PropertyReader(row).of('texts'))).sort(bySearchRank);
    const from = query.after === null ? 0 : Number(query.after);
    const items = await this.#hits(ranked.slice(from, from + query.first));
    return {
      items,
      total: ranked.length,
      next: from + items.length < ranked.length ? String(from + items.length) : null,
    };
  }

  async #hits(shown: readonly ReturnType<typeof rankedOf>[]): Promise<SearchHit[]> {
    const rows = await this.#statements.run(READ_ASSETS, { ids: shown.map(({ node }) => node.id) });
    const assets = new Map(rows.map((row) => [row['id'], assetOf(new PropertyReader(row).of('asset'))]));
    return shown.flatMap(({ node, matched }): SearchHit[] => {
      const asset = assets.get(node.id);
      return asset === undefined ? [] : [{ asset, matched }];
    });
  }
}

function rankedOf(needle: string, p: PropertyReader) {
  const name = p.text('name');
  const lines = (property: string): string => p.list(property).join('\n');
  return {
    node: { id: p.text('id'), name },
    ...searchRank(needle, {
      name,
      namespace: p.text('namespace'),
      aliases: lines('aliases'),
      fields: lines('fields'),
      tags: lines('tags'),
    }),
  };
}
