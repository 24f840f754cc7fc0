/** Annotations and tags of people, by the node that their name is part of now. */
import { assetId, fieldId, formatInstant, type Remark, type RemarkLine, remarkLineId } from '#lineage';
import { type Database, int, intOrNull, type Row, text, textOrNull } from '../database.ts';
import type { NameBook, NameRow } from './name-book.ts';

export class RemarkReads {
  readonly #db: Database;
  readonly #names: NameBook;

  constructor(db: Database, names: NameBook) {
    this.#db = db;
    this.#names = names;
  }

  /** On the node and its fields, oldest first. */
  on(node: NameRow): Remark[] {
    const asset = assetId(node);
    return this.#names
      .members(node.id)
      .flatMap((name) => this.#db.all('SELECT * FROM remark WHERE name = ? AND removed_at IS NULL', name))
      .map((row) => remarkOf(row, asset))
      .sort((a, b) => Number(a.id) - Number(b.id));
  }

  carried(): Remark[] {
    return this.#db
      .all('SELECT * FROM remark WHERE carried = 1 AND removed_at IS NULL ORDER BY id')
      .map((row) => remarkOf(row, this.#names.nodeId(int(row, 'name'))));
  }

  /** All of them, as they were said: of the names that they were said of. */
  lines(): RemarkLine[] {
    return this.#db.all('SELECT * FROM main.remark').map((row) => this.line(row));
  }

  line(row: Row): RemarkLine {
    const { kind, field, text: words, carried, by, at, expiresAt } = remarkOf(row, '');
    const name = this.#names.byId(int(row, 'name'));
    const removedAt = intOrNull(row, 'removed_at');
    return {
      kind: kind === 'TAG' ? 'tag' : 'annotation',
      id: remarkLineId(kind, int(row, 'id')),
      subject: field === null ? assetId(name) : fieldId(name, field),
      text: words,
      carried,
      by,
      at: formatInstant(at),
      expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
      removed: removedAt === null ? null : { by: textOrNull(row, 'removed_by') ?? '', at: formatInstant(removedAt) },
    };
  }
}

function remarkOf(row: Row, asset: string): Remark {
  const field = text(row, 'field');
  return {
    id: String(int(row, 'id')),
    kind: text(row, 'kind') === 'TAG' ? 'TAG' : 'ANNOTATION',
    asset,
    field: field === '' ? null : field,
    text: text(row, 'text'),
    carried: int(row, 'carried') === 1,
    by: text(row, 'said_by'),
    at: int(row, 'said_at'),
    expiresAt: intOrNull(row, 'expires_at'),
  };
}
