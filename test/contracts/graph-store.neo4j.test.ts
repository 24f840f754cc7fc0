import { neo4jGraphStore } from '../servers/neo4j-graph-store.ts';
import { graphStoreContract } from './graph-store.ts';

// What several workers do together is tried in test/servers.
graphStoreContract('Neo4j', { make: neo4jGraphStore, histories: { runs: 1, length: 8 } });
