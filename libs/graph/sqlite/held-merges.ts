/** What people said, where the graph is all that keeps it: a worker's file, whose statements are commits that many share. */
import type { Name } from '#lineage';
import { type Database, int, intOrNull, text, textOrNull } from './database.ts';
import { type KeptMerge, type KeptRemark, type PeopleFile, saidOf } from './people-file.ts';
import { NameBook } from './read/name-book.ts';

/**
 * Where the graph holds what people said and no file of theirs is beside it (a worker's graph, an import, a file that was
 * lost), the file is made of what the graph holds: else all that they said would be taken for unsaid.
 */
export function saidInGraph(db: Database, people: PeopleFile): PeopleFile {
  if (people.exists()) return people;
  const held = new HeldMerges(db);
  const merges = held.merges();
  if (merges.length > 0) people.keep(merges);
  for (const remark of held.remarks()) people.keepRemark(remark);
  return people;
}

/** As `PeopleFile`, on the `merge` table of the graph. */
export class HeldMerges {
  readonly #db: Database;
  readonly #names: NameBook;

  constructor(db: Database) {
    this.#db = db;
    this.#names = new NameBook(db);
  }

  merges(): KeptMerge[] {
    return this.#db.all('SELECT * FROM merge ORDER BY id').map((row) => {
      const undoneAt = intOrNull(row, 'undone_at');
      return {
        id: int(row, 'id'),
        alias: this.#name(int(row, 'target')),
        into: this.#name(int(row, 'name')),
        by: text(row, 'said_by'),
        at: int(row, 'said_at'),
        reason: textOrNull(row, 'reason'),
        undone:
          undoneAt === null
            ? null
            : { by: text(row, 'undone_by'), at: undoneAt, reason: textOrNull(row, 'undone_reason') },
      };
    });
  }

  nextId(): number {
    return (this.merges().at(-1)?.id ?? 0) + 1;
  }

  /** Written with the graph, in its transaction, and gone with it. */
  keep(): void {}

  takeBack(): void {}

  remarks(): KeptRemark[] {
    return this.#db.all('SELECT * FROM remark ORDER BY id').map((row) => {
      const { kind, namespace, name } = this.#names.byId(int(row, 'name'));
      return { ...saidOf(row), on: { kind, namespace, name } };
    });
  }

  keepRemark(): void {}

  takeBackRemark(): void {}

  close(): void {}

  #name(id: number): Name {
    const { namespace, name } = this.#names.byId(id);
    return { namespace, name };
  }
}
