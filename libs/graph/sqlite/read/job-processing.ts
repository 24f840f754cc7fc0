/** How a job is processed: as its latest run, or a later JobEvent, is read. */
import type { ProcessingType } from '#lineage';
import type { Database } from '../database.ts';
import { compareKeys } from '../stamps.ts';
import { processingType } from '../write/run-table.ts';

const LATEST_RUN = 'SELECT id FROM run WHERE job = j.value AND stated = 1 ORDER BY start_t DESC, start_k DESC LIMIT 1';

export function processingOfJob(db: Database, job: number): ProcessingType {
  return processingOfJobs(db, [job]).get(job) ?? 'BATCH';
}

/** Two statements, however many jobs. */
export function processingOfJobs(db: Database, jobs: readonly number[]): Map<number, ProcessingType> {
  if (jobs.length === 0) return new Map();
  const asked = JSON.stringify(jobs);
  const latest = new Map<number, Told>();
  const tell = (rows: readonly Told[]): void => {
    for (const told of rows) {
      const held = latest.get(told[0]);
      // At the same place the run counts, which comes first.
      if (held === undefined || compareKeys(keyOf(told), keyOf(held)) > 0) latest.set(told[0], told);
    }
  };
  tell(
    db.tuples(
      `SELECT j.value, r.type, r.start_t, r.start_k FROM json_each(?) j CROSS JOIN run r ON r.id = (${LATEST_RUN})`,
      asked,
    ) as Told[],
  );
  tell(
    db.tuples(
      'SELECT j.value, d.type, d.t, d.k FROM json_each(?) j CROSS JOIN declared_type d ON d.job = j.value',
      asked,
    ) as Told[],
  );
  return new Map([...latest].map(([job, [, type]]) => [job, processingType(type)]));
}

type Told = [job: number, type: string, t: number, k: number];

const keyOf = ([, , t, k]: Told): { readonly t: number; readonly k: number } => ({ t, k });
