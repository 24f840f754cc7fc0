import { expect, it } from 'vitest';
import type { Statements } from '../neo4j-database.ts';
import { READ_POSITION } from '../queries/commit-queries.ts';
import { atOneState } from './one-state.ts';

it('leaves no failure unheard where the server goes away while it asks: that would end the process', async () => {
  const away = new Error('away');
  const statements: Statements = {
    async run(cypher) {
      // What was asked later hears later that nobody answers.
      if (cypher !== READ_POSITION) await new Promise((resolve) => setTimeout(resolve, 5));
      throw away;
    },
  };
  const inTransaction = <T>(work: (given: Statements) => Promise<T>): Promise<T> => work(statements);
  const database = { read: inTransaction, write: inTransaction };
  await expect(atOneState(database, 'anybody', ({ run }) => run('MATCH (n) RETURN n'))).rejects.toBe(away);
});
