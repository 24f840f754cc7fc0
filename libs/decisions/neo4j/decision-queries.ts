/**
 * What was decided, as it lies in Neo4j beside the graph:
 *
 * ```
 * (:HeadwaterRules {revision, cursor})     the one node that every write goes through
 * (:Decision)-[:ASKED_FOR]->(:Delivery)    (:Incident)  (:Breach)  (:GuardState)  (:DisabledTarget)  (:HeadwaterNote)
 * ```
 * `n` numbers decisions, deliveries and incidents in the order in which they were kept. A delivery that waits has it as
 * `waiting` too, and the first of its lane has `nextAttempt`; a decision that may start runs has its time as
 * `startsRunsAt` too: indexes on these hold what waits, and what may start runs, and nothing else.
 */

/** Each holds by itself and may be given again. */
export const SCHEMA: readonly string[] = [
  'CREATE CONSTRAINT headwater_rules IF NOT EXISTS FOR (n:HeadwaterRules) REQUIRE n.name IS UNIQUE',
  'CREATE CONSTRAINT headwater_decision IF NOT EXISTS FOR (n:Decision) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_decision_n IF NOT EXISTS FOR (n:Decision) REQUIRE n.n IS UNIQUE',
  'CREATE CONSTRAINT headwater_delivery IF NOT EXISTS FOR (n:Delivery) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_incident IF NOT EXISTS FOR (n:Incident) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_incident_n IF NOT EXISTS FOR (n:Incident) REQUIRE n.n IS UNIQUE',
  'CREATE CONSTRAINT headwater_incident_booked IF NOT EXISTS FOR (n:Incident) REQUIRE n.booked IS UNIQUE',
  'CREATE CONSTRAINT headwater_breach IF NOT EXISTS FOR (n:Breach) REQUIRE n.key IS UNIQUE',
  'CREATE CONSTRAINT headwater_guard IF NOT EXISTS FOR (n:GuardState) REQUIRE n.id IS UNIQUE',
  'CREATE CONSTRAINT headwater_disabled IF NOT EXISTS FOR (n:DisabledTarget) REQUIRE n.target IS UNIQUE',
  'CREATE CONSTRAINT headwater_note IF NOT EXISTS FOR (n:HeadwaterNote) REQUIRE n.name IS UNIQUE',
  'CREATE INDEX headwater_decision_rule IF NOT EXISTS FOR (n:Decision) ON (n.rule, n.n)',
  'CREATE INDEX headwater_decision_subject IF NOT EXISTS FOR (n:Decision) ON (n.subject, n.n)',
  'CREATE INDEX headwater_decision_fired IF NOT EXISTS FOR (n:Decision) ON (n.rule, n.verdict, n.at)',
  'CREATE INDEX headwater_decision_starts IF NOT EXISTS FOR (n:Decision) ON (n.startsRunsAt)',
  'CREATE INDEX headwater_decision_at IF NOT EXISTS FOR (n:Decision) ON (n.at)',
  'CREATE INDEX headwater_incident_subject IF NOT EXISTS FOR (n:Incident) ON (n.subject, n.n)',
  'CREATE INDEX headwater_incident_state IF NOT EXISTS FOR (n:Incident) ON (n.state, n.n)',
  'CREATE INDEX headwater_incident_revision IF NOT EXISTS FOR (n:Incident) ON (n.revision)',
  'CREATE INDEX headwater_incident_resolved IF NOT EXISTS FOR (n:Incident) ON (n.resolvedAt)',
  'CREATE INDEX headwater_delivery_due IF NOT EXISTS FOR (n:Delivery) ON (n.nextAttempt)',
  'CREATE INDEX headwater_delivery_head IF NOT EXISTS FOR (n:Delivery) ON (n.lane, n.nextAttempt)',
  'CREATE INDEX headwater_delivery_lane IF NOT EXISTS FOR (n:Delivery) ON (n.lane, n.waiting)',
  'CREATE INDEX headwater_delivery_target IF NOT EXISTS FOR (n:Delivery) ON (n.target, n.waiting)',
];

export const READ_VERSION = "MATCH (r:HeadwaterRules {name: 'rules'}) RETURN r.schema AS schema";

export const SET_VERSION = `
MERGE (r:HeadwaterRules {name: 'rules'})
  ON CREATE SET r.schema = toInteger($schema), r.revision = 0, r.decisions = 0, r.deliveries = 0, r.incidents = 0
SET r.schema = CASE WHEN r.schema < $schema THEN toInteger($schema) ELSE r.schema END
RETURN r.schema AS schema`;

/**
 * No row: another commit came first. The first SET is there for its lock: a WHERE that comes before one reads what may be
 * overtaken while it waits.
 */
export const ENTER_COMMIT = `
MATCH (r:HeadwaterRules {name: 'rules'})
SET r.entering = toInteger($revision)
WITH r
WHERE r.revision = $revision
SET r.revision = r.revision + 1, r.cursor = $cursor, r.decisions = r.decisions + toInteger($decisions),
  r.deliveries = r.deliveries + toInteger($deliveries), r.incidents = r.incidents + toInteger($incidents)
RETURN r.decisions - toInteger($decisions) AS decisions, r.deliveries - toInteger($deliveries) AS deliveries,
  r.incidents - toInteger($incidents) AS incidents`;

/** Waits for a commit that is under way, and keeps others waiting until the transaction ends. */
export const HOLD = `
MATCH (r:HeadwaterRules {name: 'rules'})
SET r.entering = 0
WITH r
RETURN r.revision AS revision, r.cursor AS cursor`;

/** Whose turn it is to react, by the server's clock alone. No row: another's. */
export const TAKE_TURN = `
MATCH (r:HeadwaterRules {name: 'rules'})
SET r.asking = $worker
WITH r
WHERE r.turnOf = $worker OR r.turnEnds IS NULL OR r.turnEnds < timestamp()
SET r.turnOf = $worker, r.turnEnds = timestamp() + toInteger($ms)
RETURN r.turnEnds AS ends`;

export const END_TURN = `
MATCH (r:HeadwaterRules {name: 'rules'})
SET r.asking = $worker
WITH r
WHERE r.turnOf = $worker
REMOVE r.turnEnds`;

export const READ_BREACHES = 'MATCH (b:Breach) WHERE b.key IS NOT NULL RETURN b.body AS body ORDER BY b.key';
export const READ_BOOKED = 'MATCH (i:Incident) WHERE i.booked IS NOT NULL RETURN i.body AS body ORDER BY i.booked';

export const READ_GUARDS = 'UNWIND $ids AS id MATCH (g:GuardState {id: id}) RETURN g.id AS id, g.value AS value';
export const PUT_GUARDS = 'UNWIND $rows AS row MERGE (g:GuardState {id: row.id}) SET g.value = row.value';

export const PUT_BREACHES = 'UNWIND $rows AS row MERGE (b:Breach {key: row.key}) SET b.body = row.body';
export const DELETE_BREACHES = 'UNWIND $keys AS key MATCH (b:Breach {key: key}) DELETE b';

export const KNOWN_DECISIONS = 'UNWIND $ids AS id MATCH (d:Decision {id: id}) RETURN d.id AS id';
export const PUT_DECISIONS = `
UNWIND $rows AS row
CREATE (:Decision {id: row.id, n: toInteger(row.n), at: toInteger(row.at), rule: row.rule, subject: row.subject, verdict: row.verdict,
  text: row.text, startsRunsAt: toInteger(row.startsRunsAt), body: row.body})`;

export const PUT_INCIDENTS = `
UNWIND $rows AS row
MERGE (i:Incident {id: row.id})
  ON CREATE SET i.n = toInteger(row.n), i.rule = row.rule, i.subject = row.subject
SET i.kind = row.kind, i.state = row.state, i.resolvedAt = toInteger(row.resolvedAt), i.revision = toInteger($revision), i.body = row.body`;
export const UNBOOK = 'UNWIND $keys AS key MATCH (i:Incident {booked: key}) REMOVE i.booked';
export const BOOK = 'UNWIND $rows AS row MATCH (i:Incident {id: row.id}) SET i.booked = row.key';

export const DISABLED_TARGETS =
  'UNWIND $targets AS target MATCH (t:DisabledTarget {target: target}) RETURN t.target AS target';
export const WAITING_LANES = `
UNWIND $lanes AS lane
CALL (lane) { MATCH (x:Delivery {lane: lane}) WHERE x.waiting IS NOT NULL RETURN x LIMIT 1 }
RETURN x.lane AS lane`;
export const PUT_DELIVERIES = `
UNWIND $rows AS row
MATCH (d:Decision {id: row.decision})
CREATE (d)-[:ASKED_FOR]->(:Delivery {id: row.id, n: toInteger(row.n), lane: row.lane, target: row.target, state: row.state, attempts: 0,
  waiting: CASE row.state WHEN 'WAITING' THEN toInteger(row.n) END, nextAttempt: toInteger(row.nextAttempt), lastError: row.lastError,
  planned: row.planned})`;

/** What ended meanwhile stays so: somebody was late with what came of his attempt. */
export const ATTEMPTED = `
UNWIND $rows AS row
MATCH (x:Delivery {id: row.id}) WHERE x.state = 'WAITING'
SET x.state = row.state, x.attempts = x.attempts + 1, x.firstAttempt = coalesce(x.firstAttempt, toInteger(row.at)),
  x.lastStatus = toInteger(row.status), x.lastError = row.error, x.nextAttempt = toInteger(row.nextAttempt),
  x.deliveredAt = CASE row.state WHEN 'DELIVERED' THEN toInteger(row.at) END,
  x.waiting = CASE row.state WHEN 'WAITING' THEN x.n END
RETURN x.lane AS lane, x.target AS target, x.state AS state, row.at AS at`;

/** Whoever waits behind what ended goes next. */
export const PROMOTE = `
UNWIND $rows AS row
WITH row WHERE NOT EXISTS { MATCH (y:Delivery {lane: row.lane}) WHERE y.nextAttempt IS NOT NULL }
CALL (row) { MATCH (x:Delivery {lane: row.lane}) WHERE x.waiting IS NOT NULL RETURN x ORDER BY x.lane, x.waiting LIMIT 1 }
SET x.nextAttempt = toInteger(row.at)`;

export const DISABLE_TARGETS = `
UNWIND $rows AS row
MERGE (t:DisabledTarget {target: row.target}) SET t.at = toInteger(row.at)`;
export const DISABLE_WAITING = `
UNWIND $rows AS row
MATCH (x:Delivery {target: row.target}) WHERE x.waiting IS NOT NULL
SET x.state = 'DISABLED', x.nextAttempt = null, x.waiting = null, x.lastError = $error`;
export const ENABLE_TARGET = 'MATCH (t:DisabledTarget {target: $target}) DELETE t';

export const REDELIVER = `
MATCH (x:Delivery {id: $id})
SET x.state = 'WAITING', x.waiting = x.n, x.attempts = 0, x.firstAttempt = null, x.lastError = null, x.nextAttempt = null, x.deliveredAt = null
RETURN x.lane AS lane, x.target AS target`;

export const READ_DELIVERY = 'MATCH (x:Delivery {id: $id}) RETURN properties(x) AS delivery';
export const READ_HEAD =
  'MATCH (x:Delivery {lane: $lane}) WHERE x.nextAttempt IS NOT NULL RETURN properties(x) AS delivery ORDER BY x.nextAttempt, x.n LIMIT 1';
export const READ_DUE = `
MATCH (x:Delivery) WHERE x.nextAttempt <= $now
RETURN properties(x) AS delivery ORDER BY x.nextAttempt, x.n LIMIT toInteger($first)`;
export const READ_NEXT = `
MATCH (x:Delivery) WHERE x.nextAttempt > $now
RETURN x.nextAttempt AS at ORDER BY x.nextAttempt LIMIT 1`;
export const READ_DELIVERIES = `
UNWIND $decisions AS decision
MATCH (:Decision {id: decision})-[:ASKED_FOR]->(x:Delivery)
RETURN decision, properties(x) AS delivery ORDER BY x.n`;

const WANTED_DECISION = `d.n < $before AND ($rules IS NULL OR d.rule IN $rules) AND ($verdicts IS NULL OR d.verdict IN $verdicts)
  AND ($since IS NULL OR d.at >= $since) AND ($until IS NULL OR d.at <= $until)`;
/** Within one subject, rule or state an index has the order only if it is asked for from its first key on. */
const NEWEST_DECISIONS = 'ORDER BY d.n DESC LIMIT toInteger($first)';

export const READ_DECISION = 'UNWIND $ids AS id MATCH (d:Decision {id: id}) RETURN d.id AS id, d.body AS body';
export const READ_DECISIONS = `
MATCH (d:Decision) WHERE ${WANTED_DECISION}
RETURN d.n AS n, d.body AS body ${NEWEST_DECISIONS}`;
export const READ_DECISIONS_OF_SUBJECTS = `
UNWIND $subjects AS subject
CALL (subject) {
  MATCH (d:Decision {subject: subject}) WHERE ${WANTED_DECISION}
  RETURN d ORDER BY d.subject DESC, d.n DESC LIMIT toInteger($first)
}
RETURN d.n AS n, d.body AS body ${NEWEST_DECISIONS}`;
export const READ_DECISIONS_OF_RULES = `
UNWIND $rules AS rule
CALL (rule) {
  MATCH (d:Decision {rule: rule}) WHERE ${WANTED_DECISION}
  RETURN d ORDER BY d.rule DESC, d.n DESC LIMIT toInteger($first)
}
RETURN d.n AS n, d.body AS body ${NEWEST_DECISIONS}`;
export const READ_STARTERS = `
MATCH (d:Decision) WHERE d.startsRunsAt >= $since
RETURN d.body AS body ORDER BY d.startsRunsAt DESC, d.n DESC LIMIT toInteger($most)`;
export const READ_ASKED_FOR = `
UNWIND $deliveries AS delivery
MATCH (x:Delivery {id: delivery})<-[:ASKED_FOR]-(d:Decision)
RETURN delivery, d.body AS body`;
export const READ_LAST_FIRED = `
UNWIND $rules AS rule
CALL (rule) {
  MATCH (d:Decision {rule: rule, verdict: 'FIRED'}) WHERE d.at IS NOT NULL
  RETURN d.at AS at ORDER BY d.rule DESC, d.verdict DESC, d.at DESC LIMIT 1
}
RETURN rule, at`;

const WANTED_INCIDENT = `i.n < $before AND ($states IS NULL OR i.state IN $states) AND ($rules IS NULL OR i.rule IN $rules)`;
const NEWEST_INCIDENTS = 'ORDER BY i.n DESC LIMIT toInteger($first)';

export const READ_INCIDENT = 'UNWIND $ids AS id MATCH (i:Incident {id: id}) RETURN i.id AS id, i.body AS body';
export const READ_INCIDENTS = `
MATCH (i:Incident) WHERE ${WANTED_INCIDENT}
RETURN i.n AS n, i.body AS body ${NEWEST_INCIDENTS}`;
export const READ_INCIDENTS_OF_SUBJECTS = `
UNWIND $subjects AS subject
CALL (subject) {
  MATCH (i:Incident {subject: subject}) WHERE ${WANTED_INCIDENT}
  RETURN i ORDER BY i.subject DESC, i.n DESC LIMIT toInteger($first)
}
RETURN i.n AS n, i.body AS body ${NEWEST_INCIDENTS}`;
export const READ_INCIDENTS_OF_STATES = `
UNWIND $states AS state
CALL (state) {
  MATCH (i:Incident {state: state}) WHERE ${WANTED_INCIDENT}
  RETURN i ORDER BY i.state DESC, i.n DESC LIMIT toInteger($first)
}
RETURN i.n AS n, i.body AS body ${NEWEST_INCIDENTS}`;
/** In the order of the commits that changed them. */
export const READ_INCIDENTS_SINCE = `
MATCH (i:Incident) WHERE i.revision > $revision
RETURN i.body AS body ORDER BY i.revision`;

export const READ_NOTE = 'MATCH (n:HeadwaterNote {name: $name}) RETURN n.text AS text';
export const PUT_NOTE = 'MERGE (n:HeadwaterNote {name: $name}) SET n.text = $text';

/** Some at a time, so that no transaction grows with what was kept. */
export const PRUNE_DECISIONS = `
MATCH (d:Decision) WHERE d.at < $before AND NOT EXISTS { MATCH (d)-[:ASKED_FOR]->(x:Delivery) WHERE x.waiting IS NOT NULL }
WITH d LIMIT toInteger($first)
OPTIONAL MATCH (d)-[:ASKED_FOR]->(x:Delivery)
WITH d, collect(x) AS deliveries
FOREACH (x IN deliveries | DETACH DELETE x)
DETACH DELETE d
RETURN count(*) AS gone`;
export const PRUNE_INCIDENTS = `
MATCH (i:Incident) WHERE i.resolvedAt < $before AND i.state = 'RESOLVED' AND i.booked IS NULL
WITH i LIMIT toInteger($first)
DELETE i
RETURN count(*) AS gone`;
