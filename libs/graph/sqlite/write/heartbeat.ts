/** Events that say little: how they are told from others. */
import type { Delta } from '#lineage';

/** Whether an event may change how its run is read. A heartbeat can't. */
export function factsMayChange({ run }: Delta): boolean {
  if (run === null) return false;
  return (
    run.processing !== undefined ||
    run.parent !== undefined ||
    (run.type !== null && run.type !== 'RUNNING' && run.type !== 'START' && run.type !== 'OTHER')
  );
}

/** An event of a run that goes on and says nothing of datasets, schemas or code: nothing will ever refer to it. */
export function isHeartbeat({ run, said, streams, marks, symlinks, statistics, quality }: Delta): boolean {
  if (run === null || (run.type !== null && run.type !== 'RUNNING' && run.type !== 'OTHER')) return false;
  return [said, streams, marks, symlinks, statistics, quality].every((statements) => statements.length === 0);
}
