/** The change feed as the store keeps it. */
import type { Change, ChangeFeed, ChangeQuery } from '#lineage';
import { unpackColumns } from '../column-changes.ts';
import { type Database, int, intOrNull, type Row, text, textOrNull, type Value } from '../database.ts';
import { areRare, IS_RARE } from '../rare-changes.ts';

interface Condition {
  readonly where: readonly string[];
  readonly args: readonly Value[];
}

export class ChangeReads {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Subjects are ids of nodes as they are now. */
  changes(query: ChangeQuery): ChangeFeed {
    const { kinds, subjects, first } = query;
    const rows = subjects === null && areRare(kinds) ? this.#ofRare(kinds, query) : this.#all(query);
    const last = rows.at(-1);
    return {
      items: rows.map(changeOf),
      next: rows.length < first || last === undefined ? null : String(int(last, 'sequence')),
    };
  }

  #all({ kinds, subjects, ...rest }: ChangeQuery): Row[] {
    const { where, args } = conditionOf(rest);
    const among = (column: string, values: readonly string[] | null): Condition =>
      values === null
        ? { where: [], args: [] }
        : { where: [`${column} IN (${values.map(() => '?').join(', ')})`], args: values };
    const [kind, subject] = [among('kind', kinds), among('subject', subjects)];
    return this.#db.all(
      `SELECT * FROM change WHERE ${[...where, ...kind.where, ...subject.where].join(' AND ')} ORDER BY sequence LIMIT (? + 0)`,
      ...args,
      ...kind.args,
      ...subject.args,
      rest.first,
    );
  }

  /** Each kind by the index of its own, which is in order. */
  #ofRare(kinds: readonly string[], query: ChangeQuery): Row[] {
    const { where, args } = conditionOf(query);
    const rows = [...new Set(kinds)].flatMap((kind) =>
      this.#db.all(
        `SELECT * FROM change INDEXED BY change_rare WHERE ${IS_RARE} AND kind = ? AND ${where.join(' AND ')} ORDER BY sequence LIMIT (? + 0)`,
        kind,
        ...args,
        query.first,
      ),
    );
    return rows.sort((a, b) => int(a, 'sequence') - int(b, 'sequence')).slice(0, query.first);
  }
}

function conditionOf({ after, since, breaking }: Pick<ChangeQuery, 'after' | 'since' | 'breaking'>): Condition {
  const where = ['sequence > ?'];
  const args: Value[] = [after === null ? 0 : Number(after)];
  if (since !== null) {
    where.push('at >= ?');
    args.push(since);
  }
  if (breaking !== null) {
    where.push('ifnull(breaking, 0) = ?');
    args.push(breaking ? 1 : 0);
  }
  return { where, args };
}

function changeOf(row: Row): Change {
  const breaking = intOrNull(row, 'breaking');
  const hit = textOrNull(row, 'hit');
  const kind = text(row, 'kind') as Change['kind'];
  const told = (column: 'before' | 'after'): unknown => {
    const stored: unknown = JSON.parse(textOrNull(row, column) ?? 'null');
    return kind === 'columns.changed' ? unpackColumns(stored) : stored;
  };
  return {
    sequence: int(row, 'sequence'),
    kind,
    subject: text(row, 'subject'),
    at: int(row, 'at'),
    seen: int(row, 'seen'),
    text: text(row, 'text'),
    breaking: breaking === null ? null : breaking === 1,
    corrected: int(row, 'corrected') === 1,
    before: told('before'),
    after: told('after'),
    ...(hit === null ? {} : { hit: JSON.parse(hit) as string[] }),
  };
}
