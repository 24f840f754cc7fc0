/** What the database is told once: constraints (each has an index behind it), indexes, and which schema it holds. */

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
  'CREATE CONSTRAINT headwater_remark IF NOT EXISTS FOR (n:Remark) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_asked_step IF NOT EXISTS FOR (n:AskedStep) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_commit IF NOT EXISTS FOR (n:Commit) REQUIRE n.number IS UNIQUE',
  'CREATE CONSTRAINT headwater_change IF NOT EXISTS FOR (n:Change) REQUIRE n.sequence IS UNIQUE',
  'CREATE CONSTRAINT headwater_alias IF NOT EXISTS FOR (n:Alias) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_statistics IF NOT EXISTS FOR (n:Statistics) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_check IF NOT EXISTS FOR (n:QualityCheck) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_derives IF NOT EXISTS FOR ()-[e:DERIVES_FROM]-() REQUIRE e.id IS UNIQUE',
];

/** What is looked up by something else than its id. */
export const INDEXES: readonly string[] = [
  'CREATE INDEX headwater_dataset_name IF NOT EXISTS FOR (n:Dataset) ON (n.namespace, n.name)',
  'CREATE INDEX headwater_job_name IF NOT EXISTS FOR (n:Job) ON (n.namespace, n.name)',
  'CREATE TEXT INDEX headwater_search IF NOT EXISTS FOR (n:Asset) ON (n.searchText)',
  'CREATE INDEX headwater_run_id IF NOT EXISTS FOR (n:Run) ON (n.runId)',
  'CREATE INDEX headwater_run_start IF NOT EXISTS FOR (n:Run) ON (n.job, n.startedAt, n.id)',
  'CREATE INDEX headwater_statistics_at IF NOT EXISTS FOR (n:Statistics) ON (n.dataset, n.at)',
  'CREATE INDEX headwater_check_at IF NOT EXISTS FOR (n:QualityCheck) ON (n.dataset, n.at)',
  'CREATE INDEX headwater_hour IF NOT EXISTS FOR (n:ActivityHour) ON (n.job, n.hour)',
  'CREATE INDEX headwater_merge_into IF NOT EXISTS FOR (n:DatasetMerge) ON (n.into)',
  'CREATE INDEX headwater_remark_asset IF NOT EXISTS FOR (n:Remark) ON (n.asset)',
  'CREATE INDEX headwater_remark_carried IF NOT EXISTS FOR (n:Remark) ON (n.carried)',
  'CREATE INDEX headwater_asked_until IF NOT EXISTS FOR (n:AskedStep) ON (n.until)',
  'CREATE INDEX headwater_derives_job IF NOT EXISTS FOR ()-[e:DERIVES_FROM]-() ON (e.job)',
  'CREATE INDEX headwater_dataset_first IF NOT EXISTS FOR (n:Dataset) ON (n.firstSeen)',
  'CREATE INDEX headwater_job_first IF NOT EXISTS FOR (n:Job) ON (n.firstSeen)',
  'CREATE INDEX headwater_change_subject IF NOT EXISTS FOR (n:Change) ON (n.subject, n.sequence)',
];

export const SHOW_INDEXES = 'SHOW INDEXES YIELD name, state, owningConstraint';

/** Ten minutes: an index that an upgrade adds to a large graph. */
export const AWAIT_INDEX = 'CALL db.awaitIndex($name, 600)';

/** Who makes the schema holds it. It has no constraint: it is there before all of them. */
export const MAKE_LOCK = "MERGE (:HeadwaterLock {name: 'schema'})";

/** In one order, whoever asks. */
export const HOLD_LOCK = 'MATCH (l:HeadwaterLock) WITH l ORDER BY elementId(l) SET l.held = true';

export const READ_SCHEMA = "MATCH (g:HeadwaterGraph {name: 'graph'}) RETURN g.schema AS schema";

/**
 * Makes the one node that every commit goes through, or raises its schema; whoever comes second finds it done. Before
 * schema 4 edges alone told when they were said last: jobs tell it of what is said after this position.
 */
export const SET_SCHEMA = `
MERGE (g:HeadwaterGraph {name: 'graph'})
  ON CREATE SET g.schema = toInteger($schema), g.commit = 0, g.applied = 0, g.sequence = 0,
    g.shownApplied = 0, g.shownSequence = 0
SET g.saidAfter = CASE WHEN g.schema < 4 THEN g.applied ELSE g.saidAfter END
SET g.schema = CASE WHEN g.schema < $schema THEN toInteger($schema) ELSE g.schema END
RETURN g.schema AS schema`;
