/** Reads about datasets and jobs. `$ids` are ids of nodes or names that lead to them; each row says which of them it is about. */

/** `n` is the node of each id that finds one; the id of the node itself comes before the names of others. */
const EACH = `
UNWIND $ids AS id
OPTIONAL MATCH (own:Asset {id: id})
OPTIONAL MATCH (:Alias {id: id})-[:ALIAS_OF]->(other:Asset)
WITH id, coalesce(own, other) AS n
WHERE n IS NOT NULL`;

const ASSET = 'n {.id, .namespace, .name, .aliases, .firstSeen, .lastSeen, .lifecycle, .processingType} AS asset';

export const RESOLVE_ASSETS = `${EACH}
RETURN id, n.id AS node`;

export const RESOLVE_FIELDS = `
UNWIND $ids AS id
MATCH (f:Field {id: id})
RETURN id`;

export const READ_ASSETS = `${EACH}
RETURN id, ${ASSET}`;

export const READ_FACETS = `${EACH}
RETURN id, n.facets AS facets, n.facetTimes AS facetTimes`;

export const READ_SCHEMAS = `${EACH}
RETURN id, n.partialSchema AS partial, CASE WHEN n.facets CONTAINS '"schema":' THEN n.facets END AS facets,
  n.facetTimes AS facetTimes,
  COLLECT { MATCH (n)-[:HAS_FIELD]->(f:Field) RETURN f {.ordinal, .name, .type, .fields} } AS fields`;

/** `before`: of the same stream, which all of a version's id but its time names. */
export const READ_SCHEMA_VERSIONS = `${EACH}
CALL (n) {
  MATCH (v:SchemaVersion)-[:VERSION_OF]->(n)
  WITH n, v ORDER BY v.at DESC, v.id LIMIT toInteger($first)
  RETURN v, COLLECT {
    MATCH (b:SchemaVersion)-[:VERSION_OF]->(n)
    WHERE b.at < v.at AND left(b.id, size(b.id) - size(b.at)) = left(v.id, size(v.id) - size(v.at))
    RETURN b.fields ORDER BY b.at DESC LIMIT 1
  } AS before
}
RETURN id, v {.at, .source, .role, .fields} AS version, before`;

export const READ_NEIGHBOURS = `${EACH}
RETURN id, n.id AS node,
  COLLECT { MATCH (n)-[e:READS|WRITES]->(m:Asset) WHERE e.current RETURN [type(e), m.id] } AS out,
  COLLECT { MATCH (n)<-[e:READS|WRITES|PARENT]-(m:Asset) WHERE e.current RETURN [type(e), m.id] } AS into`;

/** Of a dataset's own name and all others that it is known by. */
const measures = (label: string, shown: string): string => `${EACH}
UNWIND [n.id] + n.aliases AS name
CALL (name) {
  MATCH (m:${label}) WHERE m.dataset = name AND m.at IS NOT NULL
  RETURN m ORDER BY m.dataset DESC, m.at DESC LIMIT toInteger($first)
}
RETURN id, m {${shown}} AS measure, EXISTS { MATCH (:Run {runId: m.runId}) } AS kept`;

export const READ_STATISTICS = measures('Statistics', '.id, .at, .runId, .rows, .bytes, .files');
export const READ_CHECKS = measures('QualityCheck', '.id, .at, .runId, .assertion, .field, .passed');

export const READ_MERGES = `${EACH}
UNWIND [n.id] + n.aliases AS name
MATCH (m:DatasetMerge {into: name}) WHERE m.undone IS NULL
RETURN id, properties(m) AS merge`;

/** On the node and its fields, by any name that it was said of. */
export const READ_REMARKS = `${EACH}
UNWIND [n.id] + n.aliases AS name
MATCH (r:Remark {asset: name}) WHERE r.removed IS NULL
RETURN id, n.id AS node, properties(r) AS remark`;

/** Those that go along the lineage, with the node that each is on now. */
export const READ_CARRIED_REMARKS = `
MATCH (r:Remark {carried: true}) WHERE r.removed IS NULL
OPTIONAL MATCH (own:Asset {id: r.asset})
OPTIONAL MATCH (:Alias {id: r.asset})-[:ALIAS_OF]->(other:Asset)
RETURN coalesce(own.id, other.id, r.asset) AS node, properties(r) AS remark`;

export const READ_FRESHNESS = `${EACH}
RETURN id, n.id AS node, n.freshness AS freshness`;

const KINDS = { dataset: 'Dataset', job: 'Job' } as const;
const ofKinds = (query: (label: string) => string) => ({ dataset: query(KINDS.dataset), job: query(KINDS.job) });

/** By name: in the order of an index. */
export const LIST_BY_NAME = ofKinds(
  (label) => `
MATCH (n:${label}) WHERE n.namespace >= '' AND n.name IS NOT NULL
WITH n ORDER BY n.namespace, n.name SKIP toInteger($offset) LIMIT toInteger($limit)
RETURN ${ASSET}`,
);
export const LIST_NAMESPACE_BY_NAME = ofKinds(
  (label) => `
MATCH (n:${label}) WHERE n.namespace = $namespace AND n.name IS NOT NULL
WITH n ORDER BY n.namespace, n.name SKIP toInteger($offset) LIMIT toInteger($limit)
RETURN ${ASSET}`,
);
export const COUNT_KIND = ofKinds((label) => `MATCH (n:${label}) RETURN count(n) AS n`);
export const COUNT_NAMESPACE = ofKinds(
  (label) => `MATCH (n:${label}) WHERE n.namespace = $namespace AND n.name IS NOT NULL RETURN count(n) AS n`,
);
export const LIST_NAMESPACE_BY_LAST_SEEN = ofKinds(
  (label) => `
MATCH (n:${label}) WHERE n.namespace = $namespace AND n.name IS NOT NULL
WITH n ORDER BY n.lastSeen DESC, n.namespace, n.name SKIP toInteger($offset) LIMIT toInteger($limit)
RETURN ${ASSET}`,
);
