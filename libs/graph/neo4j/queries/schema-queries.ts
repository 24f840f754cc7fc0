/** What the database is told once: constraints (each has an index behind it), and which schema it holds. */

/** Each holds by itself and may be given again. Uniqueness is what makes a MERGE on a key safe among many writers. */
export const CONSTRAINTS: readonly string[] = [
  'CREATE CONSTRAINT headwater_graph IF NOT EXISTS FOR (n:HeadwaterGraph) REQUIRE n.name IS UNIQUE',
  'CREATE CONSTRAINT headwater_asset IF NOT EXISTS FOR (n:Asset) REQUIRE n.id IS UNIQUE',
  // For whoever asks by hand: MATCH (d:Dataset {id: …}).
  'CREATE CONSTRAINT headwater_dataset IF NOT EXISTS FOR (n:Dataset) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_job IF NOT EXISTS FOR (n:Job) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_field IF NOT EXISTS FOR (n:Field) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_run IF NOT EXISTS FOR (n:Run) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_schema_version IF NOT EXISTS FOR (n:SchemaVersion) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_job_version IF NOT EXISTS FOR (n:JobVersion) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_activity IF NOT EXISTS FOR (n:ActivityHour) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_merge IF NOT EXISTS FOR (n:DatasetMerge) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_change IF NOT EXISTS FOR (n:Change) REQUIRE n.sequence IS UNIQUE',
  'CREATE CONSTRAINT headwater_derives IF NOT EXISTS FOR ()-[e:DERIVES_FROM]-() REQUIRE e.id IS UNIQUE',
];

/** 30 s is also what a schema change waits for its locks. */
export const AWAIT_INDEXES = 'CALL db.awaitIndexes(60)';

export const READ_SCHEMA = "MATCH (g:HeadwaterGraph {name: 'graph'}) RETURN g.schema AS schema";

/** Makes the one node that every commit goes through, or raises its schema; whoever comes second finds it done. */
export const SET_SCHEMA = `
MERGE (g:HeadwaterGraph {name: 'graph'})
  ON CREATE SET g.schema = toInteger($schema), g.commit = 0, g.applied = 0, g.sequence = 0
SET g.schema = CASE WHEN g.schema < $schema THEN toInteger($schema) ELSE g.schema END
RETURN g.schema AS schema`;
