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
 */
import { type Database, int, intOrNull, type Row, text } from '../database.ts';
import type { Interned } from '../interned.ts';

interface Sealing {
  readonly timeline: number;
  readonly key: string;
  readonly end: number;
}

/** @returns how many runs went */
export function pruneRuns(db: Database, interned: Interned, before: number): number {
  const tracked = new Set(db.all('SELECT id FROM name WHERE tracked = 1').map((row) => int(row, 'id')));
  // The latest run of a job stays: it shows the job's state.
  const candidates = db.all(
    `SELECT id, job, parent_run, status FROM run WHERE received_at < ? AND status IN ('DONE', 'FAILED')
       AND EXISTS (SELECT 1 FROM run later WHERE later.job = run.job AND later.start_t > run.start_t)`,
    before,
  );
  const old = new Set(candidates.map((row) => int(row, 'id')));
  let runs = 0;
  for (const row of candidates) {
    const run = int(row, 'id');
    const sealings = sealingsOf(db, row);
    if (sealings === null || !executionOf(db, row).every((member) => mayGo(db, interned, member, old, tracked)))
      continue;
    for (const { timeline, key: execution, end } of sealings) {
      db.write('DELETE FROM execution WHERE timeline = ? AND key = ?', timeline, execution);
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
    runs += 1;
  }
  return runs;
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
function executionOf(db: Database, row: Row): Row[] {
  if (row['status'] === 'FAILED' || row['parent_run'] === null) return [row];
  return db.all(
    "SELECT id, job, parent_run, status FROM run WHERE job = ? AND parent_run = ? AND status IN ('OPEN', 'DONE')",
    int(row, 'job'),
    text(row, 'parent_run'),
  );
}

function mayGo(
  db: Database,
  interned: Interned,
  row: Row,
  old: ReadonlySet<number>,
  tracked: ReadonlySet<number>,
): boolean {
  const run = int(row, 'id');
  return old.has(run) && sealingsOf(db, row) !== null && !usesTracked(db, interned, run, tracked);
}

/** When a dataset was dropped or renamed, the uses after it decide how long that lasts: they stay. */
function usesTracked(db: Database, interned: Interned, run: number, tracked: ReadonlySet<number>): boolean {
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
