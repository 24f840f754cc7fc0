/** Reads about runs, versions, flow and activity of jobs, and the feed of changes. */

const RUN =
  'r {.id, .runId, .job, .state, .processingType, .startedAt, .endedAt, .lastSeen, .nominalStart, .nominalEnd, .parent, .root, .error, .reads, .writes}';

/** In the order of an index on (job, start, id): a page costs what it holds, however many runs a job had. */
const page = (after: string): string => `
UNWIND $ids AS id
MATCH (j:Asset {id: id})
CALL (id) {
  MATCH (r:Run) WHERE r.job = id AND r.startedAt ${after} AND r.id IS NOT NULL
  RETURN r ORDER BY r.job DESC, r.startedAt DESC, r.id DESC LIMIT toInteger($first)
}
RETURN id, ${RUN} AS run`;

export const NEWEST_RUNS = page(">= ''");
/** Those that began in `$at` come with it: their ids decide. */
export const RUNS_UP_TO = page('<= $at');

export const COUNT_RUNS = `
UNWIND $ids AS id
MATCH (j:Asset {id: id})
RETURN id, COUNT { (j)<-[:RUN_OF]-() } AS n`;

export const RUNS_BY_ID = `
UNWIND $ids AS id
MATCH (r:Run {runId: id})
RETURN id, ${RUN} AS run`;

export const RUN_FACETS = `
UNWIND $ids AS id
MATCH (r:Run {runId: id})
RETURN id, r {.id, .startedAt, .facets} AS run`;

export const RUN_EVENTS = `
UNWIND $ids AS id
MATCH (r:Run {runId: id})
RETURN id, r {.id, .startedAt, .events} AS run`;

export const READ_JOB_VERSIONS = `
UNWIND $ids AS id
MATCH (j:Asset {id: id})
CALL (j) {
  MATCH (v:JobVersion)-[:VERSION_OF]->(j)
  RETURN v ORDER BY v.since DESC LIMIT toInteger($first)
}
RETURN id, properties(v) AS version`;

export const READ_FLOWS = `
UNWIND $ids AS id
MATCH (j:Asset {id: id})
WHERE j.flow IS NOT NULL AND j.processingType <> 'BATCH'
RETURN id, j.flow AS flow`;

export const READ_HOURS = `
UNWIND $ids AS id
MATCH (h:ActivityHour) WHERE h.job = id AND h.hour >= $from AND h.hour <= $to
RETURN id, h {.hour, .observations, .detail} AS hour`;

/** What the first of the hours is counted from. */
export const READ_HOUR_BEFORE = `
UNWIND $ids AS id
CALL (id) {
  MATCH (h:ActivityHour) WHERE h.job = id AND h.hour < $from AND h.detail IS NOT NULL
  RETURN h.detail AS detail ORDER BY h.job DESC, h.hour DESC LIMIT 1
}
RETURN id, detail`;

const ASKED = `($kinds IS NULL OR c.kind IN $kinds) AND ($since IS NULL OR c.at >= $since)
  AND ($breaking IS NULL OR coalesce(c.breaking, false) = $breaking)`;

export const READ_FEED = `
MATCH (c:Change) WHERE c.sequence > toInteger($after) AND ${ASKED}
RETURN properties(c) AS change ORDER BY c.sequence LIMIT toInteger($first)`;

export const READ_FEED_OF_SUBJECTS = `
UNWIND $subjects AS subject
CALL (subject) {
  MATCH (c:Change) WHERE c.subject = subject AND c.sequence > toInteger($after) AND ${ASKED}
  RETURN c ORDER BY c.subject, c.sequence LIMIT toInteger($first)
}
RETURN properties(c) AS change`;
