/**
 * What a walk asks, level by level: one statement for a whole frontier, however wide it is. Of each node at most `$most`
 * edges are read; who has more is counted apart.
 */

/** The edges along which data flows. TRIGGERS and PARENT are shown, not walked. */
const FLOW = 'READS|WRITES|MAY_READ|MAY_WRITE|FEEDS';

const NOW = 'e.current';
/** The first and the last instant bound it: whether it held in between, its intervals tell. */
const THEN = 'e.since <= $asOf AND (e.until IS NULL OR e.until > $asOf)';

const arrow = (way: 'UPSTREAM' | 'DOWNSTREAM', types: string): string =>
  way === 'DOWNSTREAM' ? `-[e:${types}]->` : `<-[e:${types}]-`;

const around = (way: 'UPSTREAM' | 'DOWNSTREAM', holds: string, edge: string): string => `
UNWIND $ids AS id
MATCH (n:Asset {id: id})
RETURN id, n.pairs AS pairs, COLLECT {
  MATCH (n)${arrow(way, FLOW)}(m:Asset) WHERE ${holds}
  RETURN ${edge} LIMIT toInteger($most)
} AS steps`;

/** What is found in one statement; a walk that goes deeper asks level by level from there on. */
export const NEAR_DEPTH = 5;

/**
 * The same of all nodes within some steps of the first ones, the nearest `$nodes` of them. A walk goes along no others but
 * where a gate keeps it, so nearly all that it would ask level by level is known at once.
 */
const near = (way: 'UPSTREAM' | 'DOWNSTREAM', edge: string): string => `
UNWIND $ids AS start
MATCH (s:Asset {id: start})
MATCH (s)${way === 'DOWNSTREAM' ? `-[:${FLOW}*0..${NEAR_DEPTH} {current: true}]->` : `<-[:${FLOW}*0..${NEAR_DEPTH} {current: true}]-`}(n:Asset)
WITH DISTINCT n LIMIT toInteger($nodes)
RETURN n.id AS id, n.pairs AS pairs, COLLECT {
  MATCH (n)${arrow(way, FLOW)}(m:Asset) WHERE ${NOW}
  RETURN ${edge} LIMIT toInteger($most)
} AS steps`;

const count = (way: 'UPSTREAM' | 'DOWNSTREAM'): string => `
UNWIND $ids AS id
MATCH (n:Asset {id: id})
RETURN id, COUNT { MATCH (n)${arrow(way, FLOW)}(:Asset) WHERE ${NOW} } AS all`;

const BARE = '[type(e), m.id]';
const DETAILED = '[type(e), m.id, e.intervals, e.evidence]';

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
export const NEAR_NOW = { UPSTREAM: near('UPSTREAM', BARE), DOWNSTREAM: near('DOWNSTREAM', BARE) };
export const NEAR_NOW_DETAILED = { UPSTREAM: near('UPSTREAM', DETAILED), DOWNSTREAM: near('DOWNSTREAM', DETAILED) };
export const COUNT_FLOW = { UPSTREAM: count('UPSTREAM'), DOWNSTREAM: count('DOWNSTREAM') };

const between = (holds: string): string => `
UNWIND $ids AS id
MATCH (n:Asset {id: id})<-[e:TRIGGERS|PARENT]-(m:Asset)
WHERE ${holds} AND m.id IN $ids
RETURN m.id AS from, id AS to, type(e) AS kind, e.intervals AS intervals, e.evidence AS evidence`;

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
RETURN properties(e) AS p`;

export const READ_EDGE = {
  READS: edge('READS'),
  WRITES: edge('WRITES'),
  MAY_READ: edge('MAY_READ'),
  MAY_WRITE: edge('MAY_WRITE'),
  TRIGGERS: edge('TRIGGERS'),
  PARENT: edge('PARENT'),
  FEEDS: edge('FEEDS'),
};
