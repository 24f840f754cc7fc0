/** The embedded graph, thread and all, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteGraphStore } from '#graph';
import type { GraphStoreUnderTest } from './contracts/graph-store.ts';

export const sqliteGraphStore = async (now: () => number): Promise<GraphStoreUnderTest> => openIn(await folder(), now);

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'headwater-graph-'));

async function openIn(directory: string, now: () => number): Promise<GraphStoreUnderTest> {
  let store = await SqliteGraphStore.open(directory, { now });
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await SqliteGraphStore.open(directory, { now });
      return store;
    },
    copy: async () => {
      const copy = await folder();
      await store.backup(copy);
      return openIn(copy, now);
    },
    remove: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}
