/**
 * What is written for readers beside the lines of the export: details of nodes that are there, names that lead to them,
 * and what runs measured.
 *
 * ```
 * (:Alias)-[:ALIAS_OF]->(:Asset)      (:Statistics {dataset, runId})      (:QualityCheck {dataset, runId})
 * ```
 */

export const SERVE_DATASETS = `
UNWIND $rows AS row
MATCH (n:Asset {id: row.id})
SET n.description = row.description, n.tags = row.tags, n.owners = row.owners, n.fields = row.fields,
  n.partialSchema = row.partialSchema, n.freshness = row.freshness, n.searchText = row.searchText`;

export const SERVE_JOBS = `
UNWIND $rows AS row
MATCH (n:Asset {id: row.id})
SET n.description = row.description, n.tags = row.tags, n.owners = row.owners, n.pairs = row.pairs, n.flow = row.flow,
  n.searchText = row.searchText`;

/** Names that lead to the node no more; those that lead nowhere then are named. */
export const UNLINK_ALIASES = `
UNWIND $rows AS row
MATCH (n:Asset {id: row.id})<-[leads:ALIAS_OF]-(alias:Alias)
WHERE NOT alias.id IN row.aliases
DELETE leads
RETURN alias.id AS id`;

export const LINK_ALIASES = `
UNWIND $rows AS row
MATCH (n:Asset {id: row.of})
MERGE (alias:Alias {id: row.id})
MERGE (alias)-[:ALIAS_OF]->(n)`;

export const DELETE_LONE_ALIASES = `
UNWIND $rows AS row
MATCH (alias:Alias {id: row.id})
WHERE NOT EXISTS { (alias)-[:ALIAS_OF]->() }
DELETE alias`;

export const SERVE_COLUMN_EDGES = `
UNWIND $rows AS row
MATCH (:Field)-[e:DERIVES_FROM {id: row.id}]->(:Field)
SET e.hidden = row.hidden`;

export const SERVE_RUNS = `
UNWIND $rows AS row
MATCH (n:Run {id: row.id})
SET n.reads = row.reads, n.writes = row.writes, n.facets = row.facets, n.events = row.events`;

export const SERVE_HOURS = `
UNWIND $rows AS row
MATCH (n:ActivityHour {id: row.id})
SET n.detail = row.detail`;

/** Where a remark was put. */
export const SERVE_REMARKS = `
UNWIND $rows AS row
MATCH (n:Remark {id: row.id})
SET n.asset = row.asset, n.field = row.field`;

export const SERVE_STATISTICS = `
UNWIND $rows AS row
MERGE (n:Statistics {id: row.id})
SET n.dataset = row.dataset, n.runId = row.runId, n.at = row.at, n.rows = row.rows, n.bytes = row.bytes, n.files = row.files`;

export const SERVE_CHECKS = `
UNWIND $rows AS row
MERGE (n:QualityCheck {id: row.id})
SET n.dataset = row.dataset, n.runId = row.runId, n.at = row.at, n.assertion = row.assertion, n.field = row.field,
  n.passed = row.passed`;
