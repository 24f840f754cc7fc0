/** The one node that every commit goes through: who commits holds its lock until the end, so commits have one order. */

/**
 * No row: another commit came first. `commit` is what the writer saw when it began. The first SET is there for its lock:
 * a WHERE that comes before one reads what may be overtaken while it waits, and two writers would enter one commit.
 */
export const ENTER_COMMIT = `
MATCH (g:HeadwaterGraph {name: 'graph'})
SET g.entering = $commit
WITH g
WHERE g.commit = $commit
SET g.commit = g.commit + 1, g.applied = toInteger($applied), g.sequence = g.sequence + toInteger($changes)
CREATE (:Commit {number: g.commit, applied: g.applied, sequence: g.sequence, step: $step, by: $by, rows: $rows})
RETURN g.sequence - toInteger($changes) AS before`;

/** What other workers do to have the same in their files. */
export const READ_COMMITS = `
MATCH (c:Commit) WHERE c.number > $after
RETURN c.number AS number, c.sequence AS sequence, c.step AS step, c.by AS by ORDER BY c.number LIMIT toInteger($first)`;

/** The first ones, as far as the state after them is older than this position. */
export const DELETE_COMMITS = `
MATCH (c:Commit) WHERE c.number > 0
WITH c ORDER BY c.number LIMIT toInteger($most)
WHERE c.applied < $position
DELETE c
RETURN count(c) AS gone`;

/** What a part of an import carries. */
export const READ_ROWS = 'MATCH (c:Commit {number: toInteger($number)}) RETURN c.rows AS rows';

/**
 * Whose turn it is to commit, so that not all work out what only one of them can commit; by the server's clock alone.
 * Shows what was committed too, as SHOW_COMMITS: by a worker that was killed before it could.
 * No row: another's. It may be two workers' for a moment: who comes second is overtaken.
 */
export const TAKE_TURN = `
MATCH (g:HeadwaterGraph {name: 'graph'})
SET g.asking = $worker
WITH g
WHERE g.turnOf = $worker OR g.turnEnds IS NULL OR g.turnEnds < timestamp()
SET g.turnOf = $worker, g.turnEnds = timestamp() + toInteger($ms), g.shownApplied = g.applied, g.shownSequence = g.sequence
RETURN g.turnEnds AS ends`;

/** So that nobody waits for the end of the turn of a worker that stopped. */
export const END_TURN = `
MATCH (g:HeadwaterGraph {name: 'graph'})
SET g.asking = $worker
WITH g
WHERE g.turnOf = $worker
REMOVE g.turnEnds`;

export const WRITE_CHANGES = `
UNWIND $rows AS row
CREATE (:Change {sequence: toInteger(row.sequence), kind: row.kind, subject: row.subject, at: toInteger(row.at), seen: toInteger(row.seen), text: row.text,
  breaking: row.breaking, corrected: row.corrected, before: row.before, after: row.after, hit: row.hit})`;

/**
 * Tells readers of the commits that are whole. Neo4j shows what a transaction wrote to a node before it shows it in its
 * indexes; whoever gets this lock after it finds it everywhere. So a position that readers go by is never of the
 * transaction that reaches it, but of one after that.
 */
export const SHOW_COMMITS = `
MATCH (g:HeadwaterGraph {name: 'graph'})
SET g.showing = timestamp()
WITH g
SET g.shownApplied = g.applied, g.shownSequence = g.sequence`;

/** What readers go by: every index has all up to here. A graph that an older version wrote has none yet. */
export const READ_SHOWN = `
MATCH (g:HeadwaterGraph {name: 'graph'})
RETURN coalesce(g.shownApplied, g.applied) AS applied, coalesce(g.shownSequence, g.sequence) AS sequence, g.log AS log`;

/** What writers go by: the latest commit. An index may not have it yet. */
export const READ_POSITION =
  "MATCH (g:HeadwaterGraph {name: 'graph'}) RETURN g.commit AS commit, g.applied AS applied, g.sequence AS sequence, g.log AS log";

/** As the upgrade of the schema left it (`SET_SCHEMA`). */
export const READ_SAID_AFTER = "MATCH (g:HeadwaterGraph {name: 'graph'}) RETURN g.saidAfter AS position";

/** The first one's stays. The first SET is there for its lock, as in ENTER_COMMIT. */
export const TAKE_LOG = `
MATCH (g:HeadwaterGraph {name: 'graph'})
SET g.asking = $log
WITH g
WHERE g.log IS NULL
SET g.log = $log`;

/**
 * Waits for a commit that is under way, and keeps others waiting: a reading of many statements is of one state. What is set
 * for its lock is a property of its own: `SET g.commit = g.commit` reads before it locks, and takes back a commit that it
 * waited for.
 */
export const HOLD_COMMITS = `
MATCH (g:HeadwaterGraph {name: 'graph'})
SET g.holding = timestamp()
WITH g
RETURN g.commit AS commit`;

/** The feed from a sequence on: by its index, so that a page costs what it holds. */
export const READ_CHANGES = `
MATCH (c:Change) WHERE c.sequence > $after
RETURN properties(c) AS change ORDER BY c.sequence LIMIT toInteger($first)`;
