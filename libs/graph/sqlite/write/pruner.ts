/**
 * Retention of runs: those that ended and were accepted before an instant go, with what only they need. What the graph
 * says rests on spans, usage, versions and facets, which stay; so pruning changes no answer but those about the runs.
 *
 * ```
 * executions of a timeline   x1   x2   x3   L        L: the last one that replaced
 *                            └─ gone ──┘   stays     sealed until the last sign of life of those that are gone
 * ```
 * An execution goes only if it ended before L may have replaced it, and all its runs go with it: then whatever it
 * claimed has been ended or taken over by L. Before the seal, late events only add.
 *
 * Whether a run may go doesn't depend on which others went before it: so it makes no difference in how many steps they
 * go, nor whether one of them is the last for long. Runs are looked at in the order of their numbers, which is that in which
 * they arrived: those that are to go, and the few old ones that stay, come first, and the others needn't be read. (Where the
 * clock was ahead for a while, what came after that waits as long.)
 */
import { type Database, int, intOrNull, type Row, text } from '../database.ts';
import type { Interned } from '../interned.ts';

/** What the writer knows that decides what may go. */
export interface PruneContext {
  readonly interned: Interned;
  /** Datasets that were ever dropped or renamed away. */
  readonly tracked: ReadonlySet<number>;
}

export interface PruneStep {
  /** How many runs went. */
  readonly runs: number;
  /** The number of the run to go on after; null: that was all. */
  readonly next: number | null;
}

interface Sealing {
  readonly timeline: number;
  readonly key: string;
  readonly end: number;
}

const READ_AT_ONCE = 64;

/**
 * The latest run of a job stays: it shows the job's state. So does the one with the highest number, which would be given
 * again; rows of events say by number which run they are of.
 */
const COLUMNS = `id, job, parent_run, status, received_at < ? AS old,
  received_at < ? AND status IN ('DONE', 'FAILED') AND id < (SELECT max(id) FROM run)
  AND EXISTS (SELECT 1 FROM run later WHERE later.job = run.job AND later.start_t > run.start_t) AS over`;

/**
 * Part of a transaction.
 * @param before ms: what arrived earlier is old
 * @param after the number of the last run that was looked at; 0: none
 * @param isEnough asked after each run; false for ever: one step takes all
 */
export function pruneRuns(
  db: Database,
  context: PruneContext,
  before: number,
  after: number,
  isEnough: () => boolean,
): PruneStep {
  let runs = 0;
  let last = after;
  for (;;) {
    const rows = db.all(
      `SELECT ${COLUMNS} FROM run WHERE id > ? ORDER BY id LIMIT ${READ_AT_ONCE}`,
      before,
      before,
      last,
    );
    if (!rows.some((row) => row['old'] === 1)) return { runs, next: null };
    const gone = new Set<number>();
    for (const row of rows) {
      last = int(row, 'id');
      if (gone.has(last)) continue;
      for (const member of goesWith(db, context, row, before)) {
        take(db, member);
        gone.add(int(member, 'id'));
        runs += 1;
        // What is left of an execution goes by itself: nothing rests on it any more.
        if (isEnough()) break;
      }
      if (isEnough()) return { runs, next: last };
    }
  }
}

/** The runs of the run's execution, where all of them may go; else none. */
function goesWith(db: Database, context: PruneContext, row: Row, before: number): Row[] {
  if (!mayGo(db, context, row)) return [];
  const members = executionOf(db, row, before);
  return members.every((member) => member === row || mayGo(db, context, member)) ? members : [];
}

function take(db: Database, row: Row): void {
  const run = int(row, 'id');
  for (const { timeline, key, end } of sealingsOf(db, row) ?? []) {
    db.write('DELETE FROM execution WHERE timeline = ? AND key = ?', timeline, key);
    db.write('UPDATE timeline SET sealed = max(ifnull(sealed, ?), ?) WHERE id = ?', end, end, timeline);
  }
  db.write(
    `INSERT INTO sealed_usage SELECT timeline, eset, ?, first_t, first_k, last_t, last_k, how FROM said WHERE run = ?
     ON CONFLICT DO UPDATE SET
       how = CASE WHEN (excluded.last_t, excluded.last_k) >= (last_t, last_k) THEN excluded.how ELSE how END,
       first_k = CASE WHEN (excluded.first_t, excluded.first_k) < (first_t, first_k) THEN excluded.first_k ELSE first_k END,
       first_t = min(first_t, excluded.first_t),
       last_k = CASE WHEN (excluded.last_t, excluded.last_k) > (last_t, last_k) THEN excluded.last_k ELSE last_k END,
       last_t = max(last_t, excluded.last_t)`,
    row['status'] === 'FAILED' ? 1 : 0,
    run,
  );
  for (const table of ['said', 'stream_said', 'run_facet', 'snapshot_use'])
    db.write(`DELETE FROM ${table} WHERE run = ?`, run);
  db.write('DELETE FROM run WHERE id = ?', run);
}

/** The run's execution in each timeline that it spoke in; null: one of them still matters. */
function sealingsOf(db: Database, row: Row): Sealing[] | null {
  const run = int(row, 'id');
  const failed = row['status'] === 'FAILED';
  const key = failed || row['parent_run'] === null ? `r${run}` : `p${text(row, 'parent_run')}`;
  const sealings: Sealing[] = [];
  for (const row of db.all('SELECT DISTINCT timeline FROM said WHERE run = ?', run)) {
    const spoken = int(row, 'timeline');
    const latest = db.get('SELECT max(v) AS v FROM execution WHERE timeline = ?', spoken);
    const replacedAt = latest === undefined ? null : intOrNull(latest, 'v');
    const timeline = failed ? failedTimeline(db, spoken) : spoken;
    if (timeline === null) continue;
    const execution = db.get('SELECT ends FROM execution WHERE timeline = ? AND key = ?', timeline, key);
    if (execution === undefined) continue;
    const end = int(execution, 'ends');
    if (replacedAt === null || end >= replacedAt) return null;
    sealings.push({ timeline, key, end });
  }
  return sealings;
}

function failedTimeline(db: Database, of: number): number | null {
  const row = db.get(
    'SELECT f.id AS id FROM timeline t JOIN timeline f ON f.owner IS t.owner AND f.failed_of = t.id WHERE t.id = ?',
    of,
  );
  return row === undefined ? null : int(row, 'id');
}

/** Mapped tasks and retries share one execution: it goes as a whole or stays. */
function executionOf(db: Database, row: Row, before: number): Row[] {
  if (row['status'] === 'FAILED' || row['parent_run'] === null) return [row];
  return db.all(
    `SELECT ${COLUMNS} FROM run WHERE job = ? AND parent_run = ? AND status IN ('OPEN', 'DONE') ORDER BY id`,
    before,
    before,
    int(row, 'job'),
    text(row, 'parent_run'),
  );
}

function mayGo(db: Database, context: PruneContext, row: Row): boolean {
  return row['over'] === 1 && sealingsOf(db, row) !== null && !usesTracked(db, context, int(row, 'id'));
}

/** When a dataset was dropped or renamed, the uses after it decide how long that lasts: they stay. */
function usesTracked(db: Database, { interned, tracked }: PruneContext, run: number): boolean {
  if (tracked.size === 0) return false;
  const sets = db.all(
    "SELECT DISTINCT eset FROM said JOIN timeline ON timeline.id = said.timeline WHERE run = ? AND direction IN ('READS', 'WRITES', 'MAY_READ', 'MAY_WRITE')",
    run,
  );
  return sets.some((row) =>
    [...interned.elements(int(row, 'eset'))].some((element) => {
      const edge = db.get('SELECT src, dst FROM edge WHERE id = ?', element);
      return edge !== undefined && (tracked.has(int(edge, 'src')) || tracked.has(int(edge, 'dst')));
    }),
  );
}
