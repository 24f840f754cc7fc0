import { neo4jGraphStore } from '../servers/neo4j-graph-store.ts';
import { assetMergesContract } from './asset-merges.ts';

assetMergesContract('Neo4j', neo4jGraphStore);
