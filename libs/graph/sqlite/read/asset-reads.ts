/** Reads about single assets: what an id means, what was said of it, what it reads and writes. */
import {
  type Asset,
  type AssetList,
  assetId,
  type Counts,
  type DatasetSchema,
  type Facet,
  FOREVER,
  fieldDescriptionsOf,
  type GraphReader,
  type Merge,
  type Page,
  type ProcessingType,
  parseNodeId,
  type QualityCheck,
  type SchemaVersion,
  type Statistics,
  withDescriptions,
} from '#lineage';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../database.ts';
import { SCOPES } from '../interned.ts';
import { processingOfJob, processingOfJobs } from './job-processing.ts';
import { NameBook, type NameRow, nameOf } from './name-book.ts';
import { SchemaReader } from './schema-reader.ts';

/** A node was last seen when any of its names was. */
const NODE_LAST_SEEN =
  'max(last_t, ifnull((SELECT max(part.last_t) FROM name part WHERE part.root = name.id AND part.root <> part.id), last_t))';

export class AssetReads {
  readonly names: NameBook;
  readonly schemas: SchemaReader;
  readonly #db: Database;

  constructor(db: Database, names = new NameBook(db)) {
    this.#db = db;
    this.names = names;
    this.schemas = new SchemaReader(db);
  }

  /** The node of a dataset's, job's or field's id (a field's: its dataset), null where nothing is known by it. */
  find(id: string): NameRow | null {
    for (const ref of parseNodeId(id)) {
      if (ref.kind === 'run') continue;
      const node = this.names.resolve(
        ref.kind === 'datasetField' ? { kind: 'dataset', namespace: ref.namespace, name: ref.name } : ref,
      );
      if (node !== null) return node;
    }
    return null;
  }

  /** The node whose own id this is: no alias, no other cut of the id. */
  findExactly(id: string): NameRow | null {
    const name = this.findName(id);
    return name === null || name.firstT === null || name.root !== name.id ? null : name;
  }

  /** The name whose id this is, node or not. */
  findName(id: string): NameRow | null {
    for (const ref of parseNodeId(id)) {
      if (ref.kind !== 'dataset' && ref.kind !== 'job') continue;
      const found = this.names.find(ref.kind, ref.namespace, ref.name);
      if (found !== null && assetId(found) === id) return found;
    }
    return null;
  }

  /** A field's id: its dataset's node and its name. Fields that only column edges speak of are known too. */
  findField(id: string): { readonly dataset: NameRow; readonly field: string } | null {
    for (const ref of parseNodeId(id)) {
      if (ref.kind !== 'datasetField') continue;
      const found = this.names.find('dataset', ref.namespace, ref.name);
      if (found === null) continue;
      const dataset = found.root === found.id ? found : this.names.byId(found.root);
      if (this.#hasField(dataset, ref.field)) return { dataset, field: ref.field };
    }
    return null;
  }

  resolve(id: string): string | null {
    if (id.startsWith('datasetField:')) {
      const found = this.findField(id);
      return found === null ? null : `datasetField:${found.dataset.namespace}:${found.dataset.name}:${found.field}`;
    }
    const node = this.find(id);
    return node === null ? null : assetId(node);
  }

  asset(node: NameRow): Asset {
    const [asset] = this.assets([node]);
    if (asset === undefined) throw new Error(`one node was asked for, none was read: ${assetId(node)}`);
    return asset;
  }

  /** In the order of the nodes, with a number of statements that doesn't depend on how many they are. */
  assets(nodes: readonly NameRow[]): Asset[] {
    if (nodes.length === 0) return [];
    const ids = nodes.map(({ id }) => id);
    const others = this.names.others(ids);
    const spellings = this.names.spellings([...ids, ...[...others.values()].flat().map(({ id }) => id)]);
    const dropped = this.names.droppedOf(ids);
    const jobs = nodes.filter(({ kind }) => kind === 'job').map(({ id }) => id);
    const processing = processingOfJobs(this.#db, jobs);
    return nodes.map((node): Asset => {
      const names = [node, ...(others.get(node.id) ?? [])];
      const id = assetId(node);
      const aliases = new Set(
        names.flatMap((name) => [
          assetId(name),
          ...(spellings.get(name.id) ?? []).map((spelling) => assetId({ kind: node.kind, ...spelling })),
        ]),
      );
      aliases.delete(id);
      return {
        id,
        kind: node.kind,
        namespace: node.namespace,
        name: node.name,
        aliases: [...aliases].sort(),
        firstSeen: Math.min(...names.map(({ firstT }) => firstT ?? FOREVER)),
        lastSeen: Math.max(...names.map(({ lastT }) => lastT ?? -FOREVER)),
        lifecycle: dropped.has(node.id) ? 'DROPPED' : 'ACTIVE',
        processing: processing.get(node.id) ?? 'BATCH',
      };
    });
  }

  processing(job: number): ProcessingType {
    return processingOfJob(this.#db, job);
  }

  list({ kind, namespace, order, limit, offset }: AssetList): Page<Asset> {
    const number = kind === 'dataset' ? 0 : 1;
    const where = `kind = ? AND first_t IS NOT NULL AND root = id${namespace === null ? '' : ' AND namespace = ?'}`;
    const args = namespace === null ? [number] : [number, namespace];
    const total = int(this.#db.get(`SELECT count(*) AS n FROM name WHERE ${where}`, ...args) ?? {}, 'n');
    const rows = this.#db.all(
      `SELECT * FROM name WHERE ${where} ORDER BY ${order === 'name' ? 'namespace, name' : `${NODE_LAST_SEEN} DESC, namespace, name`} LIMIT (? + 0) OFFSET ?`,
      ...args,
      limit,
      offset,
    );
    const items = this.assets(rows.map(nameOf));
    return { items, total, next: offset + items.length < total ? String(offset + items.length) : null };
  }

  namespaces(): { name: string; firstSeen: number; lastSeen: number }[] {
    return this.#db
      .all(
        `SELECT namespace, min(first_t) AS first_t, max(last_t) AS last_t FROM (
           SELECT namespace, first_t, last_t FROM name WHERE root = id AND first_t IS NOT NULL
           UNION ALL SELECT node.namespace, part.first_t, part.last_t FROM name part JOIN name node ON node.id = part.root
             WHERE part.root <> part.id AND part.first_t IS NOT NULL)
         GROUP BY namespace ORDER BY namespace`,
      )
      .map((row) => ({ name: text(row, 'namespace'), firstSeen: int(row, 'first_t'), lastSeen: int(row, 'last_t') }));
  }

  facets(node: NameRow, names: readonly string[] | null): Facet[] {
    const wanted = names === null ? '' : ' AND facet IN (SELECT value FROM json_each(?))';
    const rows = (node.kind === 'dataset' ? this.names.members(node.id) : [node.id]).flatMap((member) =>
      this.#db.all(
        `SELECT facet.*, source.text AS source_text FROM facet JOIN source ON source.id = facet.source WHERE owner = ?${wanted}`,
        ...(names === null ? [member] : [member, JSON.stringify(names)]),
      ),
    );
    return currentFacets(rows);
  }

  /** What people said of the node's names and nobody undid, oldest first. */
  merges(node: NameRow): Merge[] {
    return this.#db
      .all(
        'SELECT m.* FROM merge m JOIN name n ON n.id = m.name WHERE n.root = ? AND m.undone_at IS NULL ORDER BY m.id',
        node.id,
      )
      .map((row) => ({
        alias: assetId(this.names.byId(int(row, 'target'))),
        into: assetId(this.names.byId(int(row, 'name'))),
        by: text(row, 'said_by'),
        at: int(row, 'said_at'),
        reason: textOrNull(row, 'reason'),
      }));
  }

  runFacets(run: number, names: readonly string[] | null): Facet[] {
    const rows = this.#db.all(
      'SELECT run_facet.*, source.text AS source_text FROM run_facet JOIN source ON source.id = run_facet.source WHERE run = ?',
      run,
    );
    return served(
      rows.filter((row) => names === null || names.includes(text(row, 'facet'))).map((row) => facetOf(row, 'run')),
    );
  }

  schema(node: NameRow): DatasetSchema {
    const shown = this.schemas.shown(this.names.members(node.id));
    if (shown === null) return { fields: [], partial: false };
    const descriptions = fieldDescriptionsOf(this.facets(node, ['schema']));
    return { ...shown, fields: withDescriptions(shown.fields, descriptions) };
  }

  schemaVersions(node: NameRow, first: number): SchemaVersion[] {
    return this.schemas.versions(this.names.members(node.id), first).map(({ name: _, ...version }) => version);
  }

  neighbours(node: NameRow): {
    readers: string[];
    writers: string[];
    reads: string[];
    writes: string[];
    parents: string[];
  } {
    const ids = (sql: string): string[] =>
      this.#db
        .all(sql, node.id)
        .map((row) => assetId(nameOf(row)))
        .sort();
    const out = (kind: number) =>
      ids(`SELECT name.* FROM current_edge JOIN name ON name.id = dst WHERE src = ? AND current_edge.kind = ${kind}`);
    const into = (kind: number) =>
      ids(`SELECT name.* FROM current_edge JOIN name ON name.id = src WHERE dst = ? AND current_edge.kind = ${kind}`);
    return node.kind === 'dataset'
      ? { readers: out(0), writers: into(1), reads: [], writes: [], parents: [] }
      : { readers: [], writers: [], reads: into(0), writes: out(1), parents: into(5) };
  }

  statistics(node: NameRow, first: number): Statistics[] {
    return this.#measures('statistics', node, first).map((row) => ({
      at: int(row, 't'),
      run: this.#runNode(row),
      rows: intOrNull(row, 'rows'),
      bytes: intOrNull(row, 'bytes'),
      files: intOrNull(row, 'files'),
    }));
  }

  quality(node: NameRow, first: number): QualityCheck[] {
    return this.#measures('quality', node, first).map((row) => ({
      at: int(row, 't'),
      assertion: text(row, 'assertion'),
      field: text(row, 'field') || null,
      passed: int(row, 'passed') === 1,
      run: this.#runNode(row),
    }));
  }

  counts(): Counts {
    const n = (sql: string): number => int(this.#db.get(sql) ?? {}, 'n');
    return {
      datasets: n('SELECT count(*) AS n FROM name WHERE kind = 0 AND first_t IS NOT NULL AND root = id'),
      jobs: n('SELECT count(*) AS n FROM name WHERE kind = 1 AND first_t IS NOT NULL'),
      // Kept by the writer, of the schemas that are shown.
      fields: n("SELECT ifnull((SELECT value FROM meta WHERE key = 'fields'), 0) AS n"),
      edges: n('SELECT count(*) AS n FROM current_edge WHERE kind <> 7'),
    };
  }

  #measures(table: 'statistics' | 'quality', node: NameRow, first: number): Row[] {
    const rows = this.names
      .members(node.id)
      .flatMap((member) =>
        this.#db.all(`SELECT * FROM ${table} WHERE name = ? ORDER BY t DESC LIMIT (? + 0)`, member, first),
      );
    return rows.sort((a, b) => int(b, 't') - int(a, 't') || int(b, 'k') - int(a, 'k')).slice(0, first);
  }

  #runNode(row: Row): string | null {
    const run = int(row, 'run');
    if (run <= 0) return null;
    const found = this.#db.get('SELECT run_id FROM run WHERE id = ?', run);
    return found === undefined ? null : `run:${text(found, 'run_id')}`;
  }

  #hasField(dataset: NameRow, field: string): boolean {
    const members = this.names.members(dataset.id);
    const inEdge = members.some(
      (name) =>
        this.#db.get('SELECT 1 AS yes FROM column_edge WHERE src = ? AND src_field = ? LIMIT 1', name, field) !==
          undefined ||
        this.#db.get('SELECT 1 AS yes FROM column_edge WHERE dst = ? AND dst_field = ? LIMIT 1', name, field) !==
          undefined,
    );
    return inEdge || (this.schemas.shown(members)?.fields.some((known) => known.name === field) ?? false);
  }
}

/** Of the rows of all names of a node: the last per (scope, name, source), without those whose last word is deletion. */
export function currentFacets(rows: readonly Row[]): Facet[] {
  const last = new Map<string, Facet & { readonly k: number; readonly deleted: boolean }>();
  for (const row of rows) {
    const facet = facetOf(row, SCOPES[int(row, 'scope')] ?? 'dataset');
    const key = `${facet.scope}\n${facet.name}\n${facet.source}`;
    const held = last.get(key);
    if (held === undefined || facet.at > held.at || (facet.at === held.at && facet.k > held.k)) last.set(key, facet);
  }
  return served([...last.values()]);
}

function facetOf(row: Row, scope: Facet['scope']): Facet & { readonly k: number; readonly deleted: boolean } {
  const value = textOrNull(row, 'value');
  return {
    scope,
    name: text(row, 'facet'),
    source: text(row, 'source_text'),
    producer: text(row, 'producer'),
    schemaURL: textOrNull(row, 'schema_url'),
    at: int(row, 't'),
    value: value === null ? null : (JSON.parse(value) as unknown),
    k: int(row, 'k'),
    deleted: value === null,
  };
}

function served(facets: readonly (Facet & { readonly k: number; readonly deleted: boolean })[]): Facet[] {
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return facets
    .filter((facet) => !facet.deleted)
    .sort((a, b) => byText(a.scope, b.scope) || byText(a.name, b.name) || byText(a.source, b.source))
    .map(({ k: _, deleted: __, ...facet }) => facet);
}

export type Neighbours = Awaited<ReturnType<GraphReader['neighbours']>>;
