/** What a run's rows show: its state, and when it ended. */
import type { RunState } from '#lineage';
import type { RunRow } from '../write/run-table.ts';

export function stateOf(run: RunRow): RunState {
  switch (run.facts.status) {
    case 'DONE':
      return 'COMPLETED';
    case 'FAILED':
      return lastTerminal(run) === 'ABORT' ? 'ABORTED' : 'FAILED';
    case 'LIVE':
      if (run.lastType === 'COMPLETE') return 'COMPLETED';
      if (run.lastType === 'FAIL') return 'FAILED';
      return run.lastType === 'ABORT' ? 'ABORTED' : 'RUNNING';
    case 'OPEN':
      if ((run.seenTypes & 1) !== 0) return 'RUNNING';
      return (run.seenTypes & 2) !== 0 ? 'OTHER' : 'NEW';
  }
}

/** `stateOf` in SQL, over the columns of `run`: to find runs by their state. */
export const STATE_SQL = `CASE run.status
  WHEN 'DONE' THEN 'COMPLETED'
  WHEN 'FAILED' THEN iif(ifnull(run.abort_last > ifnull(run.fail_last, run.abort_last - 1), 0), 'ABORTED', 'FAILED')
  WHEN 'LIVE' THEN CASE run.last_type WHEN 'COMPLETE' THEN 'COMPLETED' WHEN 'FAIL' THEN 'FAILED' WHEN 'ABORT' THEN 'ABORTED' ELSE 'RUNNING' END
  ELSE CASE WHEN run.seen_types & 1 THEN 'RUNNING' WHEN run.seen_types & 2 THEN 'OTHER' ELSE 'NEW' END
END`;

/** Of the last terminal event, where the state is an end. */
export function endedAt(run: RunRow): number | null {
  const state = stateOf(run);
  if (state !== 'COMPLETED' && state !== 'FAILED' && state !== 'ABORTED') return null;
  const last = Math.max(run.completeLast ?? -Infinity, run.failLast ?? -Infinity, run.abortLast ?? -Infinity);
  return last === -Infinity ? null : last;
}

function lastTerminal(run: RunRow): 'FAIL' | 'ABORT' {
  return (run.abortLast ?? -Infinity) > (run.failLast ?? -Infinity) ? 'ABORT' : 'FAIL';
}
