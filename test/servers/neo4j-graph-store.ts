/** One worker's graph in Neo4j, which is emptied first: there is one database. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Neo4jGraphStore, SqliteGraphStore } from '#graph';
import type { GraphStoreUnderTest } from '../contracts/graph-store.ts';
import { emptyNeo4j, NEO4J_URI } from './empty-neo4j.ts';

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'headwater-worker-'));

export async function neo4jGraphStore(now: () => number): Promise<GraphStoreUnderTest> {
  await emptyNeo4j();
  const own = await folder();
  // Nobody else commits here, so nothing is ever followed: a log that holds nothing would make it fail.
  const log = { read: async () => [] };
  const open = () => Neo4jGraphStore.open({ neo4j: { uri: NEO4J_URI }, worker: { folder: own, log }, now });
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    // Neo4j has one database: the copy is opened by an embedded hub.
    copy: async () => {
      const copy = await folder();
      await store.backup(copy);
      const embedded = await SqliteGraphStore.open(copy, { now });
      return {
        store: embedded,
        reopen: () => Promise.reject(new Error('a copy is opened once')),
        copy: () => Promise.reject(new Error('a copy is copied by who made it')),
        remove: async () => {
          await embedded.close();
          await rm(copy, { recursive: true });
        },
      };
    },
    remove: async () => {
      await store.close();
      await rm(own, { recursive: true });
    },
  };
}
