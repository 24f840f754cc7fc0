import { Neo4jDecisionStore } from '#decisions';
import { emptyNeo4j, NEO4J_URI } from '../servers/empty-neo4j.ts';
import { decisionStoreContract } from './decision-store.ts';

// What several processes do together is tried in test/servers.
decisionStoreContract('Neo4j', async () => {
  await emptyNeo4j();
  const open = () => Neo4jDecisionStore.open({ neo4j: { uri: NEO4J_URI } });
  let store = await open();
  return {
    store: () => store,
    reopen: async () => {
      await store.close();
      store = await open();
    },
  };
});
