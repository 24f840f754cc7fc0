/** What was decided, kept in a file of its own, or beside the graph in Neo4j. */
export { copyDecisions } from './copy-decisions.ts';
export { DECISIONS_FILE } from './decision-schema.ts';
export * as decisionQueries from './neo4j/decision-queries.ts';
export { Neo4jDecisionStore, type Neo4jDecisionStoreOptions } from './neo4j-decision-store.ts';
export { DecisionStoreError, SqliteDecisionStore } from './sqlite-decision-store.ts';
