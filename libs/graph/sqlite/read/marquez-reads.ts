/** What the Marquez-compatible API asks beyond the graph's own reads: lists by name, state, facet and age. */
import type { Asset, AssetKind, Facet, MarquezReads, NameQuery } from '#lineage';
import { type Database, int, type Row, text, type Value } from '../database.ts';
import { KIND_OF } from '../interned.ts';
import { type AssetReads, currentFacets } from './asset-reads.ts';
import { nameOf } from './name-book.ts';
import { STATE_SQL } from './run-state.ts';

export interface Found {
  readonly items: readonly Asset[];
  readonly total: number;
}

export type JobsInState = Parameters<MarquezReads['jobsInState']>[0];

const NODE = 'n.first_t IS NOT NULL AND n.root = n.id';
/** A node is seen when any of its names is. */
const LAST_SEEN =
  'max(n.last_t, ifnull((SELECT max(m.last_t) FROM name m WHERE m.root = n.id AND m.root <> m.id), n.last_t))';
const NODE_ID = "iif(n.kind = 0, 'dataset:', 'job:') || n.namespace || ':' || n.name";
/** A trigram index sees no text of fewer letters. */
const TRIGRAM = 3;

export class SqliteMarquezReads {
  readonly #db: Database;
  readonly #assets: AssetReads;

  constructor(db: Database, assets: AssetReads) {
    this.#db = db;
    this.#assets = assets;
  }

  findByName({ text, kind, namespace, seenSince, seenBefore, order, limit }: NameQuery): Found {
    // No name holds NUL, and SQLite would cut the text there and find everything.
    if (text.includes('\0')) return { items: [], total: 0 };
    const { from, where, args } = holding(text);
    const conditions = [NODE, where];
    if (kind !== null) {
      conditions.push('n.kind = ?');
      args.push(KIND_OF[kind]);
    }
    if (namespace !== null) {
      conditions.push('n.namespace = ?');
      args.push(namespace);
    }
    if (seenSince !== null) {
      conditions.push(`${LAST_SEEN} >= ?`);
      args.push(seenSince);
    }
    if (seenBefore !== null) {
      conditions.push(`${LAST_SEEN} < ?`);
      args.push(seenBefore);
    }
    return this.#page(
      `SELECT n.*, ${LAST_SEEN} AS seen, ${NODE_ID} AS node_id FROM ${from} WHERE ${conditions.join(' AND ')}`,
      args,
      order === 'name' ? 'name, node_id' : 'seen DESC, node_id',
      limit,
      0,
    );
  }

  jobsInState({ states, namespace, limit, offset }: JobsInState): Found {
    return this.#page(
      `SELECT n.*, ${NODE_ID} AS node_id FROM name n
         JOIN run ON run.id = (SELECT id FROM run WHERE job = n.id ORDER BY start_t DESC, id DESC LIMIT 1)
        WHERE n.kind = 1 AND ${NODE} ${namespace === null ? '' : 'AND n.namespace = ?'}
          AND ${STATE_SQL} IN (${states.map(() => '?').join(', ')})`,
      [...(namespace === null ? [] : [namespace]), ...states],
      'last_t DESC, node_id',
      limit,
      offset,
    );
  }

  facetsNamed(names: readonly string[]): Map<string, readonly Facet[]> {
    // Only the columns that are read: an answer may have a row for each dataset there is.
    const rows = this.#db.all(
      `SELECT ${NODE_ID} AS node_id, facet.scope, facet.facet, facet.t, facet.k, facet.producer, facet.schema_url, facet.value, source.text AS source_text
         FROM facet JOIN source ON source.id = facet.source JOIN name m ON m.id = facet.owner JOIN name n ON n.id = m.root
        WHERE facet.facet IN (${names.map(() => '?').join(', ')}) AND n.first_t IS NOT NULL`,
      ...names,
    );
    const byNode = new Map<string, Row[]>();
    for (const row of rows) {
      const id = text(row, 'node_id');
      const held = byNode.get(id);
      if (held === undefined) byNode.set(id, [row]);
      else held.push(row);
    }
    const found = new Map<string, readonly Facet[]>();
    for (const [id, of] of byNode) {
      const facets = currentFacets(of);
      if (facets.length > 0) found.set(id, facets);
    }
    return found;
  }

  firstSeenBefore(kind: AssetKind, times: readonly number[]): number[] {
    if (times.length === 0) return [];
    // By the first of the times that came after: a few rows, however many assets.
    const since = times.map((_, i) => `WHEN first < ? THEN ${i}`).join(' ');
    const rows = this.#db.all(
      `SELECT CASE ${since} END AS since, count(*) AS n
         FROM (SELECT min(first_t) AS first FROM name WHERE kind = ? AND first_t IS NOT NULL GROUP BY root)
        GROUP BY since HAVING since IS NOT NULL`,
      ...times,
      KIND_OF[kind],
    );
    return times.map((_, i) => rows.reduce((sum, row) => sum + (int(row, 'since') <= i ? int(row, 'n') : 0), 0));
  }

  #page(sql: string, args: readonly Value[], order: string, limit: number, offset: number): Found {
    const total = int(this.#db.get(`SELECT count(*) AS n FROM (${sql})`, ...args) ?? {}, 'n');
    const rows =
      total <= offset ? [] : this.#db.all(`${sql} ORDER BY ${order} LIMIT (? + 0) OFFSET ?`, ...args, limit, offset);
    return { items: this.#assets.assets(rows.map(nameOf)), total };
  }
}

/** Where names hold a text, in letters of either case. */
function holding(text: string): { readonly from: string; readonly where: string; readonly args: Value[] } {
  if ([...text].length >= TRIGRAM) {
    const phrase = `name : "${text.replaceAll('"', '""')}"`;
    return { from: 'search JOIN name n ON n.id = search.rowid', where: 'search MATCH ?', args: [phrase] };
  }
  const patterns = casings(text).map((each) => `%${each.replace(/[\\%_]/g, '\\$&')}%`);
  const where = patterns.map(() => "n.name LIKE ? ESCAPE '\\'").join(' OR ');
  return { from: 'name n', where: `(${where})`, args: patterns };
}

/** LIKE knows the two cases of ASCII alone: a text of a letter or two in all of its cases. */
function casings(text: string): string[] {
  let all = [''];
  for (const letter of text) {
    const cases = /^[\0-\x7f]$/.test(letter) ? [letter] : [...new Set([letter.toLowerCase(), letter.toUpperCase()])];
    all = all.flatMap((start) => cases.map((each) => start + each));
  }
  return all;
}
