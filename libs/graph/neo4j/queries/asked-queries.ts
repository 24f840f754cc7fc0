/**
 * What processes without a file ask of those that have one: to say what a person said. A step stays open until a worker
 * has done it, in the transaction of its commit, or its asker has taken it back; whichever comes first, since both take
 * its lock before they look.
 *
 * ```
 * api ──ASK_STEP─▶ (:AskedStep {step, until}) ──READ_ASKED─▶ worker ──commit with ANSWER_STEP─▶ {answer} ──TAKE_BACK─▶ api
 * ```
 */

export const ASK_STEP = `
CREATE (:AskedStep {id: $id, step: $step, until: timestamp() + toInteger($ms)})`;

/** Those that somebody waits for, in the order in which they were asked. */
export const READ_ASKED = `
WITH timestamp() AS now
MATCH (a:AskedStep) WHERE a.until > now AND a.answer IS NULL
RETURN a.id AS id, a.step AS step ORDER BY a.until, a.id LIMIT toInteger($first)`;

/** No row: it was taken back, or another has answered. */
export const ANSWER_STEP = `
MATCH (a:AskedStep {id: $id})
SET a.lockedBy = 'worker'
WITH a
WHERE a.answer IS NULL
SET a.answer = $answer
RETURN a.id AS id`;

export const READ_ANSWER = 'MATCH (a:AskedStep {id: $id}) RETURN a.answer AS answer';

/** The answer, or null: then nobody has done it, and nobody will. */
export const TAKE_BACK = `
MATCH (a:AskedStep {id: $id})
SET a.lockedBy = 'asker'
WITH a, a.answer AS answer
DELETE a
RETURN answer`;

/** Of askers that went away before they heard. */
export const DELETE_ASKED = `
WITH timestamp() - 3600000 AS before
MATCH (a:AskedStep) WHERE a.until < before
DELETE a`;
