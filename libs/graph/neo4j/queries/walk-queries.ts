/**
 * What a walk asks: one statement for all that is near, which most walks never leave, else level by level,
 * one for a whole frontier, however wide it is. Of each node at most `$most` edges are read; who has more is counted apart.
 */

/** The edges along which data flows. TRIGGERS and PARENT are shown, not walked. */
const FLOW = 'READS|WRITES|MAY_READ|MAY_WRITE|FEEDS';

const NOW = 'e.current';
/** The first and the last instant bound it: whether it held in between, its intervals tell. */
const THEN = 'e.since <= $asOf AND (e.until IS NULL OR e.until > $asOf)';

/** @param edge what stands in its brackets */
const arrow = (way: 'UPSTREAM' | 'DOWNSTREAM', edge: string): string =>
  way === 'DOWNSTREAM' ? `-[${edge}]->` : `<-[${edge}]-`;

const around = (way: 'UPSTREAM' | 'DOWNSTREAM', holds: string, edge: string): string => `
UNWIND $ids AS id
MATCH (n:Asset {id: id})
RETURN id, n.pairs AS pairs, COLLECT {
  MATCH (n)${arrow(way, `e:${FLOW}`)}(m:Asset) WHERE ${holds}
  RETURN ${edge} LIMIT toInteger($most)
} AS steps`;

const count = (way: 'UPSTREAM' | 'DOWNSTREAM'): string => `
UNWIND $ids AS id
MATCH (n:Asset {id: id})
RETURN id, COUNT { MATCH (n)${arrow(way, `e:${FLOW}`)}(:Asset) WHERE ${NOW} } AS all`;

/** Of a step: without details, and with them. */
const BARE = '[type(e), m.id]';
const DETAILED = '[type(e), m.id, e.intervals, e.evidence, e.timelines]';

export const FLOW_NOW = {
  UPSTREAM: around('UPSTREAM', NOW, BARE),
  DOWNSTREAM: around('DOWNSTREAM', NOW, BARE),
};
export const FLOW_NOW_DETAILED = {
  UPSTREAM: around('UPSTREAM', NOW, DETAILED),
  DOWNSTREAM: around('DOWNSTREAM', NOW, DETAILED),
};
export const FLOW_THEN = {
  UPSTREAM: around('UPSTREAM', THEN, DETAILED),
  DOWNSTREAM: around('DOWNSTREAM', THEN, DETAILED),
};
export const COUNT_FLOW = { UPSTREAM: count('UPSTREAM'), DOWNSTREAM: count('DOWNSTREAM') };

/** Steps within which one statement finds all. */
export const NEAR_DEPTH = 5;

const wayTo = (way: 'UPSTREAM' | 'DOWNSTREAM', edge: string): string => `
CALL (starts) {
  UNWIND starts AS start
  MATCH (start)${arrow(way, `:${FLOW}*0..${NEAR_DEPTH} {current: true}`)}(n:Asset)
  WITH DISTINCT n LIMIT toInteger($nodes)
  RETURN collect(n) AS ${way}_NODES, collect(n {.id, .namespace, .name, .aliases, .firstSeen, .lastSeen, .lifecycle, .processingType, .pairs${edge === DETAILED ? ', .said' : ''},
    steps: COLLECT { MATCH (n)${arrow(way, `e:${FLOW}`)}(m:Asset) WHERE ${NOW} RETURN ${edge} LIMIT toInteger($most) }}) AS ${way}
}`;

/**
 * All that a walk shows, where it leads no further than some steps and to no more than `$nodes` nodes each way, the nearest:
 * one round trip, and one state of the graph if the commit was the same before and after. `$ids` are names that lead to
 * nodes; a way that isn't asked for is empty.
 */
const near = (ways: readonly ('UPSTREAM' | 'DOWNSTREAM')[], edge: string): string => `
MATCH (g:HeadwaterGraph {name: 'graph'})
WITH g.commit AS before
UNWIND $ids AS id
OPTIONAL MATCH (own:Asset {id: id})
OPTIONAL MATCH (:Alias {id: id})-[:ALIAS_OF]->(other:Asset)
WITH before, id, coalesce(own, other) AS n
WHERE n IS NOT NULL
WITH before, collect({id: id, node: n.id}) AS found, collect(DISTINCT n) AS starts${ways.map((way) => wayTo(way, edge)).join('')}
CALL (${ways.map((way) => `${way}_NODES`).join(', ')}) {
  WITH ${ways.map((way) => `${way}_NODES`).join(' + ')} AS nodes
  UNWIND nodes AS n
  MATCH (n)<-[e:TRIGGERS|PARENT]-(m:Asset)
  WHERE ${NOW} AND m IN nodes
  WITH DISTINCT e, m, n
  RETURN collect({from: m.id, to: n.id, kind: type(e), intervals: e.intervals, evidence: e.evidence, timelines: e.timelines}) AS between
}
MATCH (g:HeadwaterGraph {name: 'graph'})
RETURN found, ${ways.join(', ')}, between, before = g.commit AS same`;

const nearEach = (edge: string) => ({
  UPSTREAM: near(['UPSTREAM'], edge),
  DOWNSTREAM: near(['DOWNSTREAM'], edge),
  BOTH: near(['UPSTREAM', 'DOWNSTREAM'], edge),
});
export const NEAR_NOW = nearEach(BARE);
export const NEAR_NOW_DETAILED = nearEach(DETAILED);

const between = (holds: string): string => `
UNWIND $ids AS id
MATCH (n:Asset {id: id})<-[e:TRIGGERS|PARENT]-(m:Asset)
WHERE ${holds} AND m.id IN $ids
RETURN m.id AS from, id AS to, type(e) AS kind, e.intervals AS intervals, e.evidence AS evidence, e.timelines AS timelines`;

/** What jobs said last, which edges name by timeline. */
export const READ_LAST_SAID = `
UNWIND $ids AS id
MATCH (n:Asset {id: id})
RETURN id, n.said AS said`;

/** TRIGGERS and PARENT edges between the jobs of an answer. */
export const BETWEEN_NOW = between(NOW);
export const BETWEEN_THEN = between(THEN);

/** What is derived from a field lies downstream, and points to it. */
const columns = (way: 'UPSTREAM' | 'DOWNSTREAM', holds: string): string => `
UNWIND $ids AS id
MATCH (f:Field {id: id})
RETURN id, COLLECT {
  MATCH (f)${way === 'UPSTREAM' ? '-[e:DERIVES_FROM]->' : '<-[e:DERIVES_FROM]-'}(o:Field) WHERE ${holds}
  RETURN [o.id, e.id, e.hidden, e.intervals]
} AS steps`;

export const COLUMNS_NOW = { UPSTREAM: columns('UPSTREAM', NOW), DOWNSTREAM: columns('DOWNSTREAM', NOW) };
export const COLUMNS_THEN = { UPSTREAM: columns('UPSTREAM', THEN), DOWNSTREAM: columns('DOWNSTREAM', THEN) };

/**
 * Fields of a dataset, also those that no schema shows and column edges alone speak of, and what stands for all of it: by
 * how their ids begin. A dataset whose name goes on after a colon begins alike: its fields say whose they are.
 */
export const FIELDS_OF_DATASETS = `
UNWIND $rows AS row
RETURN row.dataset AS dataset, COLLECT {
  MATCH (f:Field) WHERE f.id STARTS WITH row.prefix AND (f.dataset IS NULL OR f.dataset = row.dataset)
  RETURN f.id
} + COLLECT { MATCH (f:Field {id: row.dataset}) RETURN f.id } AS ids`;

export const FIELDS_OF_JOBS = `
UNWIND $ids AS id
MATCH (f:Field)-[e:DERIVES_FROM {job: id}]->(:Field)
RETURN id, collect(DISTINCT f.id) AS fields, collect(e.id) AS edges`;

export const READ_COLUMN_EDGES = `
UNWIND $ids AS id
MATCH (b:Field)-[e:DERIVES_FROM {id: id}]->(a:Field)
RETURN properties(e) AS p, a.id AS from, b.id AS to`;

const edge = (kind: string): string => `
MATCH (a:Asset {id: $from})
OPTIONAL MATCH (b:Asset {id: $to})
WITH a, b WHERE b IS NOT NULL
MATCH (a)-[e:${kind}]->(b)
RETURN properties(e) AS p, a.said AS fromSaid, b.said AS toSaid`;

export const READ_EDGE = {
  READS: edge('READS'),
  WRITES: edge('WRITES'),
  MAY_READ: edge('MAY_READ'),
  MAY_WRITE: edge('MAY_WRITE'),
  TRIGGERS: edge('TRIGGERS'),
  PARENT: edge('PARENT'),
  FEEDS: edge('FEEDS'),
};
