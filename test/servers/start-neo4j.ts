/** One Neo4j for the suites of each place, on ports of their own; where one can't start, they have failed. */

import { neo4jAt } from './neo4j-server.ts';
import { PLACES } from './places.ts';

export default async function start(): Promise<() => Promise<void>> {
  const started = await Promise.all(PLACES.map((place) => neo4jAt(place, 'start', '--fresh')));
  process.env.NEO4J_URI = started.join(' ');
  return async () => {
    await Promise.all(PLACES.map((place) => neo4jAt(place, 'stop')));
  };
}
