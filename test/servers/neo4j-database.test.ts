/** What becomes of a transaction that fails: tried again where that may pass, but not where its caller knows better. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Neo4jDatabase } from '#graph';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

let database: Neo4jDatabase;
beforeEach(async () => {
  await emptyNeo4j();
  database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
});
afterEach(() => database.close());

it('goes through after a deadlock, with nothing of its first try', async () => {
  await database.run("CREATE (:Thing {name: 'a', times: 0}), (:Thing {name: 'b', times: 0})");
  const failures: unknown[] = [];
  const both = barrier(2);
  const inTurn = (first: string, second: string): Promise<void> => {
    let tries = 0;
    return database.writeUnless(
      (error) => failures.push(error),
      async ({ run }) => {
        tries += 1;
        await run('MATCH (n:Thing {name: $name}) SET n.times = n.times + 1', { name: first });
        if (tries === 1) await both();
        await run('MATCH (n:Thing {name: $name}) SET n.times = n.times + 1', { name: second });
      },
    );
  };
  await Promise.all([inTurn('a', 'b'), inTurn('b', 'a')]);
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({ code: 'Neo.TransientError.Transaction.DeadlockDetected' });
  expect(await database.run('MATCH (n:Thing) RETURN n.name AS name, n.times AS times ORDER BY name')).toEqual([
    { name: 'a', times: 2 },
    { name: 'b', times: 2 },
  ]);
});

it('is made once where its failure is refused, and leaves nothing', async () => {
  class Refused extends Error {}
  let tries = 0;
  const written = database.writeUnless(
    () => {
      throw new Refused();
    },
    async ({ run }) => {
      tries += 1;
      await run('CREATE (:Thing)');
      await run('RETURN 1 / 0 AS nothing');
    },
  );
  await expect(written).rejects.toBeInstanceOf(Refused);
  expect(tries).toBe(1);
  expect(await database.run('MATCH (n:Thing) RETURN count(n) AS n')).toEqual([{ n: 0 }]);
});

/** Lets all go on once so many have come. */
function barrier(wanted: number): () => Promise<void> {
  let come = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    come += 1;
    if (come === wanted) open();
    return opened;
  };
}
