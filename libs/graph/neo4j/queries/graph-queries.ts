/**
 * What is written of the graph. Each takes a list of rows, sorted by key, so that no two writers wait for each other's
 * locks; properties are set by name, since `SET n += row` reads all rows before it writes the first.
 *
 * ```
 * (:Asset:Dataset)-[:READS]->(:Asset:Job)-[:WRITES]->(:Asset:Dataset)     the way data flows
 * (:Dataset)-[:HAS_FIELD]->(:Field)-[:DERIVES_FROM]->(:Field)             from the output to its input
 * (:Run)-[:RUN_OF]->(:Job)   (:JobVersion)-[:VERSION_OF]->(:Job)   (:SchemaVersion)-[:VERSION_OF]->(:Dataset)
 * (:ActivityHour)-[:ACTIVITY_OF]->(:Job)
 * (:Remark:Annotation)   (:Remark:Tag)                                    of people, by `asset` and `field`
 * ```
 */
import type { EdgeKind } from '#lineage';

export const UPSERT_DATASETS = `
UNWIND $rows AS row
MERGE (n:Asset {id: row.id})
SET n:Dataset, n.namespace = row.namespace, n.name = row.name, n.aliases = row.aliases, n.contested = row.contested,
  n.firstSeen = row.firstSeen, n.lastSeen = row.lastSeen, n.lifecycle = row.lifecycle, n.dead = row.dead, n.facets = row.facets,
  n.facetTimes = null`;

export const UPSERT_JOBS = `
UNWIND $rows AS row
MERGE (n:Asset {id: row.id})
SET n:Job, n.namespace = row.namespace, n.name = row.name, n.aliases = row.aliases, n.firstSeen = row.firstSeen,
  n.lastSeen = row.lastSeen, n.processingType = row.processingType, n.facets = row.facets, n.facetTimes = null, n.said = row.said`;

/** They are there, and say what they said: when, is all that is new. */
export const SEE_DATASETS = `
UNWIND $rows AS row
MATCH (n:Asset {id: row.id})
SET n.firstSeen = row.firstSeen, n.lastSeen = row.lastSeen, n.facetTimes = row.facetTimes`;

/** With what they said last, for edges that don't tell it themselves. */
export const SEE_JOBS = `${SEE_DATASETS}, n.said = row.said`;

export const DELETE_ASSETS = `
UNWIND $rows AS row
MATCH (n:Asset {id: row.id})
DETACH DELETE n`;

export const UPSERT_FIELDS = `
UNWIND $rows AS row
MERGE (n:Field {id: row.id})
SET n.dataset = row.dataset, n.ordinal = toInteger(row.ordinal), n.name = row.name, n.type = row.type,
  n.description = row.description, n.fields = row.fields
WITH n, row
MATCH (d:Asset {id: row.dataset})
MERGE (d)-[:HAS_FIELD]->(n)`;

/** A field that no schema shows any more stays while a column edge rests on it: without ordinal and dataset. */
export const HIDE_FIELDS = `
UNWIND $rows AS row
MATCH (n:Field {id: row.id})
REMOVE n.dataset, n.ordinal, n.name, n.type, n.description, n.fields
WITH n
OPTIONAL MATCH (:Asset)-[has:HAS_FIELD]->(n)
DELETE has`;

export const DELETE_LONE_FIELDS = `
UNWIND $rows AS row
MATCH (n:Field {id: row.id})
WHERE n.ordinal IS NULL AND NOT EXISTS { (n)-[:DERIVES_FROM]-() }
DELETE n`;

// The second end is looked up by itself: else the planner multiplies the two, or goes along all edges of one that may have
// 200,000. An edge without both ends is none of the graph.
const upsertEdges = (kind: EdgeKind): string => `
UNWIND $rows AS row
MATCH (a:Asset {id: row.from})
OPTIONAL MATCH (b:Asset {id: row.to})
WITH row, a, b WHERE b IS NOT NULL
MERGE (a)-[e:${kind}]->(b)
SET e.id = row.id, e.current = row.current, e.since = row.since, e.until = row.until, e.sources = row.sources,
  e.intervals = row.intervals, e.evidence = row.evidence, e.timelines = row.timelines`;

const deleteEdges = (kind: EdgeKind): string => `
UNWIND $rows AS row
MATCH (a:Asset {id: row.from})
OPTIONAL MATCH (b:Asset {id: row.to})
WITH row, a, b WHERE b IS NOT NULL
MATCH (a)-[e:${kind}]->(b)
DELETE e`;

const ofEachKind = (query: (kind: EdgeKind) => string): Readonly<Record<EdgeKind, string>> => ({
  READS: query('READS'),
  WRITES: query('WRITES'),
  MAY_READ: query('MAY_READ'),
  MAY_WRITE: query('MAY_WRITE'),
  TRIGGERS: query('TRIGGERS'),
  PARENT: query('PARENT'),
  FEEDS: query('FEEDS'),
});

/** They hold as they did, where they are there. */
const sayEdges = (kind: EdgeKind): string => `
UNWIND $rows AS row
UNWIND row.ends AS ends
MATCH (a:Asset {id: ends[0]})
OPTIONAL MATCH (b:Asset {id: ends[1]})
WITH row, a, b WHERE b IS NOT NULL
MATCH (a)-[e:${kind}]->(b)
SET e.sources = row.sources, e.evidence = row.evidence, e.timelines = row.timelines`;

export const UPSERT_EDGES = ofEachKind(upsertEdges);
export const SAY_EDGES = ofEachKind(sayEdges);
export const DELETE_EDGES = ofEachKind(deleteEdges);

/** The ends may be fields that no schema shows, or stand for a whole dataset, which needn't be a node of the graph. */
export const UPSERT_COLUMN_EDGES = `
UNWIND $rows AS row
MERGE (a:Field {id: row.from})
MERGE (b:Field {id: row.to})
MERGE (b)-[e:DERIVES_FROM {id: row.id}]->(a)
SET e.job = row.job, e.type = row.type, e.subtype = row.subtype, e.description = row.description, e.masking = row.masking,
  e.current = row.current, e.since = row.since, e.until = row.until, e.sources = row.sources,
  e.intervals = row.intervals, e.evidence = row.evidence, e.timelines = row.timelines`;

export const SAY_COLUMN_EDGES = `
UNWIND $rows AS row
UNWIND row.ids AS id
MATCH (:Field)-[e:DERIVES_FROM {id: id}]->(:Field)
SET e.sources = row.sources, e.evidence = row.evidence, e.timelines = row.timelines`;

export const DELETE_COLUMN_EDGES = `
UNWIND $rows AS row
MATCH (b:Field)-[e:DERIVES_FROM {id: row.id}]->(a:Field)
DELETE e
RETURN a.id AS from, b.id AS to`;

export const UPSERT_RUNS = `
UNWIND $rows AS row
MERGE (n:Run {id: row.id})
SET n.runId = row.runId, n.job = row.job, n.state = row.state, n.processingType = row.processingType,
  n.startedAt = row.startedAt, n.endedAt = row.endedAt, n.lastSeen = row.lastSeen, n.nominalStart = row.nominalStart,
  n.nominalEnd = row.nominalEnd, n.parent = row.parent, n.root = row.root, n.error = row.error
WITH n, row
MATCH (j:Asset {id: row.job})
MERGE (n)-[:RUN_OF]->(j)`;

export const DELETE_RUNS = `
UNWIND $rows AS row
MATCH (n:Run {id: row.id})
DETACH DELETE n`;

export const UPSERT_JOB_VERSIONS = `
UNWIND $rows AS row
MERGE (n:JobVersion {id: row.id})
SET n.job = row.job, n.since = row.from, n.until = row.to, n.reads = row.reads, n.writes = row.writes, n.sql = row.sql,
  n.codeLocation = row.codeLocation
WITH n, row
MATCH (j:Asset {id: row.job})
MERGE (n)-[:VERSION_OF]->(j)`;

export const DELETE_JOB_VERSIONS = `
UNWIND $rows AS row
MATCH (n:JobVersion {id: row.id})
DETACH DELETE n`;

export const UPSERT_SCHEMA_VERSIONS = `
UNWIND $rows AS row
MERGE (n:SchemaVersion {id: row.id})
SET n.dataset = row.dataset, n.source = row.source, n.role = row.role, n.at = row.at, n.fields = row.fields
WITH n, row
MATCH (d:Asset {id: row.dataset})
MERGE (n)-[:VERSION_OF]->(d)`;

export const DELETE_SCHEMA_VERSIONS = `
UNWIND $rows AS row
MATCH (n:SchemaVersion {id: row.id})
DETACH DELETE n`;

export const UPSERT_ACTIVITY = `
UNWIND $rows AS row
MERGE (n:ActivityHour {id: row.id})
SET n.job = row.job, n.hour = row.hour, n.observations = toInteger(row.observations)
WITH n, row
MATCH (j:Asset {id: row.job})
MERGE (n)-[:ACTIVITY_OF]->(j)`;

export const DELETE_ACTIVITY = `
UNWIND $rows AS row
MATCH (n:ActivityHour {id: row.id})
DETACH DELETE n`;

/** What a person said, by the ids that they said: these needn't be nodes. */
export const UPSERT_MERGES = `
UNWIND $rows AS row
MERGE (n:DatasetMerge {id: row.id})
SET n.alias = row.alias, n.into = row.into, n.by = row.by, n.at = row.at, n.reason = row.reason, n.undone = row.undone`;

export const DELETE_MERGES = `
UNWIND $rows AS row
MATCH (n:DatasetMerge {id: row.id})
DETACH DELETE n`;

const upsertRemarks = (label: string): string => `
UNWIND $rows AS row
MERGE (n:Remark {id: row.id})
SET n:${label}, n.subject = row.subject, n.text = row.text, n.carried = row.carried, n.by = row.by, n.at = row.at,
  n.expiresAt = row.expiresAt, n.removed = row.removed`;

export const UPSERT_ANNOTATIONS: string = upsertRemarks('Annotation');
export const UPSERT_TAGS: string = upsertRemarks('Tag');

export const DELETE_REMARKS = `
UNWIND $rows AS row
MATCH (n:Remark {id: row.id})
DETACH DELETE n`;
