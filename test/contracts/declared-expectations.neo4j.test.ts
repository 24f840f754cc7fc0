import { neo4jGraphStore } from '../servers/neo4j-graph-store.ts';
import { declaredExpectationsContract } from './declared-expectations.ts';

declaredExpectationsContract('Neo4j', neo4jGraphStore);
