/** What was decided, kept in a file of its own. */
export { copyDecisions } from './copy-decisions.ts';
export { DECISIONS_FILE } from './decision-schema.ts';
export { DecisionStoreError, SqliteDecisionStore } from './sqlite-decision-store.ts';
