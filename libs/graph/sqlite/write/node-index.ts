/** What a search finds of each node, and how many fields all of them show: kept as nodes change, so that nothing scans. */
import { descriptionOf, tagsOf } from '#lineage';
import type { Database, Value } from '../database.ts';
import type { AssetReads } from '../read/asset-reads.ts';
import type { NameRow } from '../read/name-book.ts';

/** In the order of the columns of `search`; the fields' names are the fourth. */
type Texts = readonly [
  name: string,
  namespace: string,
  aliases: string,
  fields: string,
  tags: string,
  description: string,
];

export class NodeIndex {
  readonly #db: Database;
  readonly #assets: AssetReads;

  constructor(db: Database, assets: AssetReads) {
    this.#db = db;
    this.#assets = assets;
  }

  /** @param added names of which nothing is indexed: a delete would look for their trigrams all the same */
  update(names: readonly number[], added: ReadonlySet<number>): void {
    const nodes = new Set(names);
    for (const name of names) nodes.add(this.#assets.names.node(name).id);
    let fields = 0;
    for (const node of nodes) fields += this.#updateNode(this.#assets.names.byId(node), added.has(node));
    if (fields === 0) return;
    this.#db.write(
      "INSERT INTO meta(key, value) VALUES ('fields', ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
      fields,
    );
  }

  /**
   * A row is written where it differs: FTS5 takes the old texts apart to remove them.
   * @returns by how many the fields that are shown became more
   */
  #updateNode(node: NameRow, isNew: boolean): number {
    const texts = node.firstT === null || node.root !== node.id ? null : this.#textsOf(node);
    const held = isNew ? undefined : this.#held(node.id);
    if (texts === null && held === undefined) return 0;
    if (texts?.every((each, i) => each === held?.[i]) === true) return 0;
    if (held !== undefined) this.#db.write('DELETE FROM search WHERE rowid = ?', node.id);
    if (texts !== null) {
      this.#db.write(
        'INSERT INTO search(rowid, name, namespace, aliases, fields, tags, description) VALUES (?, ?, ?, ?, ?, ?, ?)',
        node.id,
        ...texts,
      );
    }
    return (texts === null ? 0 : fieldsIn(texts[3])) - fieldsIn(String(held?.[3] ?? ''));
  }

  #held(node: number): Value[] | undefined {
    const [row] = this.#db.tuples(
      'SELECT name, namespace, aliases, fields, tags, description FROM search WHERE rowid = ?',
      node,
    );
    return row;
  }

  #textsOf(node: NameRow): Texts {
    const facets = this.#assets.facets(node, ['documentation', 'tags']);
    const fields =
      node.kind === 'dataset' ? (this.#assets.schemas.shown(this.#assets.names.members(node.id))?.fields ?? []) : [];
    return [
      node.name,
      node.namespace,
      this.#assets.names.aliases(node).join('\n'),
      // A line each: the lines are counted.
      fields.map((field) => field.name.replaceAll('\n', ' ') || ' ').join('\n'),
      tagsOf(facets)
        .map((tag) => (tag.value === null ? tag.key : `${tag.key}:${tag.value}`))
        .join('\n'),
      descriptionOf(facets) ?? '',
    ];
  }
}

function fieldsIn(lines: string): number {
  return lines === '' ? 0 : lines.split('\n').length;
}
