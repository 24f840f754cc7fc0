/** One Neo4j for all suites of servers, on a port of its own; where it can't start, they have failed. */
import { neo4jServer } from './neo4j-server.ts';

export default async function start(): Promise<() => Promise<void>> {
  process.env.NEO4J_URI = await neo4jServer('start', '--fresh');
  return async () => {
    await neo4jServer('stop');
  };
}
