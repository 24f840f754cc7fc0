/** What looks at all nodes or edges of a kind: asked by people now and then, on no way of an event. These may scan. */
import { jobsInState } from './marquez-queries.ts';

const ASSET = 'n {.id, .namespace, .name, .aliases, .firstSeen, .lastSeen, .lifecycle, .processingType} AS asset';

const byLastSeen = (label: string): string => `
MATCH (n:${label})
WITH n ORDER BY n.lastSeen DESC, n.namespace, n.name SKIP toInteger($offset) LIMIT toInteger($limit)
RETURN ${ASSET}`;

export const LIST_BY_LAST_SEEN = { dataset: byLastSeen('Dataset'), job: byLastSeen('Job') };

export const READ_NAMESPACES =
  'MATCH (n:Asset) RETURN n.namespace AS name, min(n.firstSeen) AS firstSeen, max(n.lastSeen) AS lastSeen';

export const COUNT_FIELDS = 'MATCH (f:Field) WHERE f.ordinal IS NOT NULL RETURN count(f) AS n';

export const COUNT_EDGES =
  'MATCH ()-[e:READS|WRITES|MAY_READ|MAY_WRITE|TRIGGERS|PARENT|FEEDS]->() WHERE e.current RETURN count(e) AS n';

/** What cycles are made of. */
export const READ_FLOW_EDGES =
  'MATCH (a:Asset)-[e:READS|WRITES|FEEDS]->(b:Asset) WHERE e.current RETURN a.id AS from, b.id AS to';

export const JOBS_IN_STATE = jobsInState('MATCH (n:Job)');

/** Who carries facets whose JSON has one of these members. */
export const READ_FACETS_NAMED = `
MATCH (n:Asset) WHERE any(member IN $members WHERE n.facets CONTAINS member)
RETURN n.id AS id, n.facets AS facets, n.facetTimes AS facetTimes`;
