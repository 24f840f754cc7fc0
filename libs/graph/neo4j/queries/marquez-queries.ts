/**
 * What the Marquez-compatible API asks beyond the graph's own reads. Times are texts, which sort as instants do. What it
 * asks of a whole graph is in whole-graph-queries.ts.
 */

const ASSET = 'n {.id, .namespace, .name, .aliases, .firstSeen, .lastSeen, .lifecycle, .processingType} AS asset';

/** The index of trigrams finds what holds the text anywhere; the name has to hold it. */
const NAMED = `
MATCH (n:Asset) WHERE n.searchText CONTAINS $needle AND toLower(n.name) CONTAINS $needle
  AND ($label IS NULL OR $label IN labels(n)) AND ($namespace IS NULL OR n.namespace = $namespace)
  AND ($since IS NULL OR n.lastSeen >= $since) AND ($before IS NULL OR n.lastSeen < $before)`;

const inOrder = (order: string): string => `${NAMED}
WITH n ORDER BY ${order}, n.id LIMIT toInteger($limit)
RETURN ${ASSET}`;

export const FIND_BY_NAME = { name: inOrder('n.name'), lastSeen: inOrder('n.lastSeen DESC') };
export const COUNT_BY_NAME = `${NAMED}
RETURN count(n) AS n`;

/** A job's latest run is the first in the order of an index, however many it had. */
export const jobsInState = (jobs: string): { readonly page: string; readonly count: string } => {
  const found = `
${jobs}
CALL (n) {
  MATCH (r:Run) WHERE r.job = n.id AND r.startedAt >= '' AND r.id IS NOT NULL
  RETURN r.state AS state ORDER BY r.job DESC, r.startedAt DESC, r.id DESC LIMIT 1
}
WITH n, state WHERE state IN $states`;
  return {
    page: `${found}
WITH n ORDER BY n.lastSeen DESC, n.id SKIP toInteger($offset) LIMIT toInteger($limit)
RETURN ${ASSET}`,
    count: `${found}
RETURN count(n) AS n`,
  };
};

export const NAMESPACE_JOBS_IN_STATE = jobsInState(
  'MATCH (n:Job) WHERE n.namespace = $namespace AND n.name IS NOT NULL',
);

/** Of spans that follow each other, so that each node is counted once. */
const firstSeen = (label: string): string => `
UNWIND $spans AS span
CALL (span) {
  MATCH (n:${label}) WHERE n.firstSeen >= span.from AND n.firstSeen < span.to
  RETURN count(n) AS n
}
RETURN span.i AS i, n`;

export const COUNT_FIRST_SEEN = { dataset: firstSeen('Dataset'), job: firstSeen('Job') };
