import { expect, it } from 'vitest';
import { SqliteDecisionStore } from '#decisions';
import { temporaryFolder } from '../harness.ts';
import { decisionStoreContract } from './decision-store.ts';

decisionStoreContract('SQLite', async () => {
  const folder = temporaryFolder();
  let store = await SqliteDecisionStore.open(folder);
  return {
    store: () => store,
    reopen: async () => {
      await store.close();
      store = await SqliteDecisionStore.open(folder);
    },
  };
});

it('SQLite: a copy holds all of it', async () => {
  const [store, to] = [await SqliteDecisionStore.open(temporaryFolder()), temporaryFolder()];
  await store.keepNote('files', 'a');
  await store.backup(to);
  const copy = await SqliteDecisionStore.open(to);
  expect(await copy.note('files')).toBe('a');
  expect(await copy.state()).toEqual(await store.state());
  await Promise.all([store.close(), copy.close()]);
});
