/** Reads of several statements that answer from one state. */
import type { Neo4jDatabase, Statements } from '../neo4j-database.ts';
import { HOLD_COMMITS, READ_POSITION } from '../queries/commit-queries.ts';

/** A commit comes in between now and then; so many times in a row, hardly ever. */
const TRIES = 3;

/**
 * Neo4j reads what is committed, statement by statement: a commit that comes in between may give one statement what the
 * other never saw. So the commit is looked at before and after, and the work is done again where another came in between;
 * at last, commits are held off while it is done.
 * @param viewer whoever looks at the server's transactions reads who asked
 */
export async function atOneState<T>(
  database: Pick<Neo4jDatabase, 'read' | 'write'>,
  viewer: string,
  work: (statements: Statements) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const read = await database.read(async (statements) => {
      // Asked first, and waited for together: a server that goes away fails both.
      const [before, answer] = await Promise.all([commitOf(statements), work(statements)]);
      return { answer, same: before === (await commitOf(statements)) };
    }, viewer);
    if (read.same) return read.answer;
  }
  return database.write(async (statements) => {
    await statements.run(HOLD_COMMITS);
    return work(statements);
  }, viewer);
}

async function commitOf(statements: Statements): Promise<unknown> {
  const [row] = await statements.run(READ_POSITION);
  return row?.['commit'];
}
