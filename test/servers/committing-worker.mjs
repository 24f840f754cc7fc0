/**
 * A worker in a process of its own, to be killed: applies a log from where the graph is, in batches of a few.
 * Arguments: the URI of Neo4j, the worker's folder, a file with the logged events, one JSON a line.
 */
import { readFileSync } from 'node:fs';
import { Neo4jGraphStore } from '#graph';

const [, , uri, folder, file] = process.argv;
const events = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
const log = {
  read: async (after, limit) => events.filter(({ position }) => position > after).slice(0, limit),
};
const store = await Neo4jGraphStore.open({ neo4j: { uri }, worker: { folder, log, turnMs: 500 } });
process.stdout.write('started\n');
for (let applied = await store.applied(); ; ) {
  const batch = await log.read(applied, 3);
  if (batch.length === 0) break;
  ({ applied } = await store.apply(batch));
}
await store.close();
