import { neo4jGraphStore } from '../servers/neo4j-graph-store.ts';
import { remarksContract } from './remarks.ts';

remarksContract('Neo4j', neo4jGraphStore);
