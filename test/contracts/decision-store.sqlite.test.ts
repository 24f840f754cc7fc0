import { SqliteDecisionStore } from '#decisions';
import { temporaryFolder } from '../harness.ts';
import { decisionStoreContract } from './decision-store.ts';

decisionStoreContract('SQLite', async () => {
  const folder = temporaryFolder();
  let store = await SqliteDecisionStore.open(folder);
  return {
    store: () => store,
    copyTo: async () => {
      const to = temporaryFolder();
      await store.backup(to);
      const copy = await SqliteDecisionStore.open(to);
      return copy;
    },
    reopen: async () => {
      await store.close();
      store = await SqliteDecisionStore.open(folder);
    },
  };
});
