/**
 * Writes the parts of a commit in its transaction. A statement doesn't wait for the answer to the one before it: while the
 * server is at one, the next is put together and sent.
 */
import type { Properties, Statements } from './neo4j-database.ts';
import type { PartRows } from './part-rows.ts';
import { DELETE_COLUMN_EDGES, DELETE_LONE_FIELDS } from './queries/graph-queries.ts';
import { DELETE_LONE_ALIASES, UNLINK_ALIASES } from './queries/served-queries.ts';
import { asSent, type RowStatement, rowStatement } from './row-statement.ts';

export class PartWriter {
  readonly #statements: Statements;
  /** Answers that are awaited: of the part before, and of this one. */
  #before: Promise<unknown>[] = [];
  #sent: Promise<unknown>[] = [];
  /** Fields that something else may still rest on, and names that may lead nowhere: looked at in the end. */
  readonly #fields = new Set<string>();
  readonly #ends: Promise<readonly Properties[]>[] = [];
  readonly #unlinked: Promise<readonly Properties[]>[] = [];

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Returns when the server has taken the part before this one: more is never under way. */
  async write({ statements, fields }: PartRows): Promise<void> {
    for (const id of fields) this.#fields.add(id);
    for (const statement of statements) {
      const answer = this.send(statement);
      if (statement.query === DELETE_COLUMN_EDGES) this.#ends.push(answer);
      if (statement.query === UNLINK_ALIASES) this.#unlinked.push(answer);
    }
    await Promise.all(this.#before);
    this.#before = this.#sent;
    this.#sent = [];
  }

  /** @throws what the server threw at any of it */
  async finish(): Promise<void> {
    const ends = (await Promise.all(this.#ends)).flat();
    for (const { from, to } of ends) this.#fields.add(String(from)).add(String(to));
    const names = (await Promise.all(this.#unlinked)).flat();
    this.send(
      rowStatement(
        DELETE_LONE_FIELDS,
        [...this.#fields].map((id) => ({ id })),
      ),
    );
    this.send(rowStatement(DELETE_LONE_ALIASES, names));
    await Promise.all([...this.#before, ...this.#sent]);
  }

  send({ query, rows }: RowStatement): Promise<readonly Properties[]> {
    if (rows.length === 0) return Promise.resolve([]);
    const answer = this.#statements.run(asSent(query).cypher, { rows });
    // Its failure is that of the part, which is waited for later.
    answer.catch(() => undefined);
    this.#sent.push(answer);
    return answer;
  }
}
