/** How a job is processed: as its latest run, or a later JobEvent, is read. */
import type { ProcessingType } from '#lineage';
import { type Database, int, text } from '../database.ts';
import { compareKeys } from '../stamps.ts';
import { processingType } from '../write/run-table.ts';

export function processingOfJob(db: Database, job: number): ProcessingType {
  const run = db.get(
    'SELECT type, start_t, start_k FROM run WHERE job = ? AND stated = 1 ORDER BY start_t DESC, start_k DESC LIMIT 1',
    job,
  );
  const declared = db.get('SELECT type, t, k FROM declared_type WHERE job = ? ORDER BY t DESC, k DESC LIMIT 1', job);
  if (declared === undefined) return run === undefined ? 'BATCH' : processingType(text(run, 'type'));
  if (run === undefined) return processingType(text(declared, 'type'));
  const order = compareKeys(
    { t: int(declared, 't'), k: int(declared, 'k') },
    { t: int(run, 'start_t'), k: int(run, 'start_k') },
  );
  return processingType(text(order > 0 ? declared : run, 'type'));
}
