import { Neo4jDatabase } from '#graph';
import { HERE } from './places.ts';

export const NEO4J_URI: string = process.env.NEO4J_URI?.split(' ')[HERE] ?? '';

/** Neo4j Community has one database: each test begins by emptying it. Constraints stay, as long as nobody asks for more. */
export async function emptyNeo4j({ constraints = false } = {}): Promise<void> {
  const database = await Neo4jDatabase.connect({ uri: NEO4J_URI });
  try {
    await database.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
    if (!constraints) return;
    for (const { name } of await database.run('SHOW CONSTRAINTS YIELD name')) {
      await database.run(`DROP CONSTRAINT ${String(name)}`);
    }
  } finally {
    await database.close();
  }
}
