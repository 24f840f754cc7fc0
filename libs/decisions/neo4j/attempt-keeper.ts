import type { Neo4jDatabase, Properties, Statements } from '#graph';
import type { Attempt } from '#rules';
import * as cypher from './decision-queries.ts';
import { DISABLED_SINCE } from './stored-rows.ts';

interface Waiting {
  readonly id: string;
  readonly attempt: Attempt;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Keeps what came of attempts; those that come while a transaction is under way share the next one. */
export class AttemptKeeper {
  readonly #database: Neo4jDatabase;
  #waiting: Waiting[] = [];
  #keeping: Promise<void> | null = null;

  constructor(database: Neo4jDatabase) {
    this.#database = database;
  }

  keep(id: string, attempt: Attempt): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, attempt, resolve, reject });
      this.#keeping ??= this.#keep();
    });
  }

  async #keep(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#database.write((statements) => writeAttempts(statements, batch));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#keeping = null;
  }
}

async function writeAttempts(statements: Statements, batch: readonly Waiting[]): Promise<void> {
  await statements.run(cypher.HOLD);
  const ended: Properties[] = [];
  const disabled: Properties[] = [];
  const rows = batch.map(({ id, attempt: { at, state, status, error, nextAttempt } }) => ({
    id,
    at,
    state,
    status,
    error,
    nextAttempt: state === 'WAITING' ? nextAttempt : null,
  }));
  for (const row of await statements.run(cypher.ATTEMPTED, { rows })) {
    if (row['state'] === 'DISABLED') disabled.push(row);
    else if (row['state'] !== 'WAITING') ended.push(row);
  }
  if (disabled.length > 0) {
    await statements.run(cypher.DISABLE_TARGETS, { rows: disabled });
    await statements.run(cypher.DISABLE_WAITING, { rows: disabled, error: DISABLED_SINCE });
  }
  if (ended.length > 0) await statements.run(cypher.PROMOTE, { rows: ended });
}
