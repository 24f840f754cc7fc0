/** Rows of nodes: their names, what makes these one, when they were dead, and their facets. */
import {
  type AssetName,
  assetId,
  canonicalDataset,
  canonicalJson,
  type DatasetLine,
  type ExportFacet,
  FOREVER,
  type JobLine,
  type Span,
} from '#lineage';
import type { Database } from '../database.ts';
import { type Interned, KIND_OF, SCOPES } from '../interned.ts';
import { cutOf, instantOf, type LineNames, spanOf } from './line-names.ts';

/** Who says what the lines say without a source. */
const TELLER = 'headwater:import';

/** A dataset of which more is to be known than its number. */
interface Life {
  readonly dead: readonly Span[];
  /** Ids of its other names. */
  readonly aliases: readonly string[];
  readonly firstSeen: number;
  /** One of these, renamed away: its edges are cut by its own deaths, of which it has none. */
  renamed: string | null;
}

export class NameRows {
  readonly #db: Database;
  readonly #interned: Interned;
  readonly #names: LineNames;
  readonly #lives = new Map<number, Life>();

  constructor(db: Database, interned: Interned, names: LineNames) {
    this.#db = db;
    this.#interned = interned;
    this.#names = names;
    db.exec(
      'CREATE TEMP TABLE stated_node (name INTEGER PRIMARY KEY, first_t INTEGER NOT NULL, last_t INTEGER NOT NULL)',
    );
  }

  dataset(line: DatasetLine): void {
    const node = this.#node(line);
    const dead = line.dead.map(spanOf);
    const firstSeen = instantOf(line.firstSeen);
    const aliases = this.#aliases(node, line);
    const life: Life = { dead, aliases, firstSeen, renamed: null };
    if (dead.length > 0 || aliases.length > 0) this.#lives.set(node, life);
    this.#died(node, dead);
    this.#joined(node, line, life);
  }

  job(line: JobLine): void {
    const node = this.#node(line);
    for (const alias of line.aliases) this.#spelled(node, alias);
  }

  /** When the node was dead. */
  deadOf(node: number): readonly Span[] {
    return this.#lives.get(node)?.dead ?? [];
  }

  /** All names of a node, its own among them. */
  membersOf(node: number): number[] {
    return [node, ...(this.#lives.get(node)?.aliases ?? []).map((alias) => this.#names.number(alias))];
  }

  /** A name of this node that lives on when it is dead; null: it has no other name. */
  ownLife(node: number): AssetName | null {
    const life = this.#lives.get(node);
    const alias = life?.aliases.at(-1);
    if (life === undefined || alias === undefined) return null;
    life.renamed ??= this.#renamed(node, alias, life.firstSeen - 1);
    return cutOf(life.renamed);
  }

  #node(line: DatasetLine | JobLine): number {
    const node = this.#names.know(line);
    this.#db.write(
      'INSERT INTO stated_node(name, first_t, last_t) VALUES (?, ?, ?)',
      node,
      instantOf(line.firstSeen),
      instantOf(line.lastSeen),
    );
    for (const [name, facets] of Object.entries(line.facets))
      for (const facet of facets) this.#facet(node, name, facet);
    return node;
  }

  #facet(node: number, name: string, { scope, source, producer, schemaURL, at, value }: ExportFacet): void {
    this.#db.write(
      'INSERT INTO facet(owner, scope, facet, source, t, k, producer, schema_url, value) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)',
      node,
      SCOPES.indexOf(scope),
      name,
      this.#interned.source(source),
      instantOf(at),
      producer,
      schemaURL,
      canonicalJson(value),
    );
  }

  /** Names of the node; what is only another spelling of one is kept as that. */
  #aliases(node: number, { aliases }: DatasetLine): string[] {
    return aliases.flatMap((id) => {
      const asset = cutOf(id);
      const canonical = assetId({ kind: 'dataset', ...canonicalDataset(asset) });
      if (canonical === id) return [id];
      this.#spelled(aliases.includes(canonical) ? this.#names.number(canonical) : node, id);
      return [];
    });
  }

  #spelled(name: number, id: string): void {
    const { kind, namespace, name: text } = cutOf(id);
    this.#db.write(
      'INSERT OR IGNORE INTO spelling(name, kind, namespace, text) VALUES (?, ?, ?, ?)',
      name,
      KIND_OF[kind],
      namespace,
      text,
    );
  }

  /** Dropped at the beginning, created at the end. Each with a run number that no run has: none is thinned away. */
  #died(node: number, dead: readonly Span[]): void {
    for (const [i, { from, to }] of dead.entries()) {
      this.#mark(node, 0, from, 'DROP', 0);
      if (to !== FOREVER) this.#mark(node, -1 - i, to, 'CREATE', 0);
    }
    if (dead.length > 0) this.#db.write('UPDATE name SET tracked = 1 WHERE id = ?', node);
  }

  /**
   * Its symlinks facets say which names the node claims, its last RENAME which one it had. What else is an alias, or
   * contested, is claimed without saying by whom.
   */
  #joined(node: number, { id, facets, contested }: DatasetLine, life: Life): void {
    const isDropped = life.dead.at(-1)?.to === FOREVER;
    const [other] = life.aliases;
    const disputed = contested.filter((each) => each !== id).map((each) => this.#names.number(each));
    if (isDropped) {
      // What is dropped claims nothing, but its former names stay its own, and may claim.
      for (const alias of life.aliases) life.renamed = this.#renamed(node, alias, life.firstSeen - 1);
      if (other !== undefined && disputed.length > 0)
        this.#claimed(this.#names.number(other), TELLER, life.firstSeen, disputed);
      return;
    }
    const left = new Set([...life.aliases.map((alias) => this.#names.number(alias)), ...disputed]);
    for (const { source, at, value } of facets['symlinks'] ?? []) {
      const targets = identifiersIn(value).flatMap((identifier) => {
        const target = this.#names.find(identifier);
        return target !== null && left.has(target) ? [target] : [];
      });
      this.#claimed(node, source, instantOf(at), targets);
    }
    for (const [target] of this.#db.tuples('SELECT target FROM link WHERE name = ?', node)) left.delete(Number(target));
    for (const { at, value } of facets['lifecycleStateChange'] ?? []) {
      const previous = previousIn(value) ?? '';
      if (!life.aliases.includes(previous) || !left.delete(this.#names.number(previous))) continue;
      const t = instantOf(at);
      const isDead = life.dead.some(({ from, to }) => from <= t && t < to);
      life.renamed = this.#renamed(node, previous, isDead ? life.firstSeen - 1 : t);
    }
    if (left.size > 0) this.#claimed(node, TELLER, life.firstSeen, [...left]);
    // Somebody else claims it too, and it joins all the same: it claims the node itself.
    const both = life.aliases.find((alias) => contested.includes(alias));
    if (both !== undefined) this.#claimed(this.#names.number(both), TELLER, life.firstSeen, [node]);
    // One of its names claims the one that it is known by, and so does somebody else.
    const claimant = life.aliases.find((alias) => alias !== life.renamed);
    if (contested.includes(id) && claimant !== undefined)
      this.#claimed(this.#names.number(claimant), TELLER, life.firstSeen, [node]);
  }

  #claimed(node: number, source: string, t: number, targets: readonly number[]): void {
    const teller = this.#interned.source(source);
    this.#db.write(
      'INSERT OR REPLACE INTO symlink(name, source, t, k, targets) VALUES (?, ?, ?, 0, ?)',
      node,
      teller,
      t,
      JSON.stringify([...targets].sort((a, b) => a - b)),
    );
    for (const target of targets)
      this.#db.write('INSERT OR IGNORE INTO link(name, target, source) VALUES (?, ?, ?)', node, target, teller);
  }

  #renamed(node: number, alias: string, at: number): string {
    const name = this.#names.number(alias);
    this.#mark(node, 0, at, 'RENAME', name);
    this.#db.write('UPDATE name SET tracked = 1 WHERE id = ?', name);
    return alias;
  }

  #mark(name: number, run: number, at: number, kind: string, target: number): void {
    this.#db.write(
      'INSERT OR IGNORE INTO mark(name, run, t, k, kind, target, at) VALUES (?, ?, ?, 0, ?, ?, ?)',
      name,
      run,
      at,
      kind,
      target,
      at,
    );
  }
}

function identifiersIn(symlinks: unknown): string[] {
  const list = isRecord(symlinks) ? symlinks['identifiers'] : null;
  return Array.isArray(list) ? list.map(idIn).filter((id) => id !== null) : [];
}

const previousIn = (change: unknown): string | null => (isRecord(change) ? idIn(change['previousIdentifier']) : null);

function idIn(identifier: unknown): string | null {
  if (!isRecord(identifier)) return null;
  const { namespace, name } = identifier;
  if (typeof namespace !== 'string' || typeof name !== 'string') return null;
  return assetId({ kind: 'dataset', ...canonicalDataset({ namespace, name }) });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
