/**
 * Whether a run may be what one of our decisions started, where the run carries no key of ours: by the job's name where
 * the trigger or the rule names one, else by the lineage, and always by when it began.
 *
 * ```
 * on: dataset.updated of orders ──▶ trigger dag "marts" ──▶ a run of marts.build that began within the hour      by name
 * on: dataset.updated of orders ──▶ trigger dbt job 34  ──▶ a run that began within the hour and reads orders    by lineage
 * ```
 *
 * A guess: it may blame a decision for a run that a schedule began. What it costs is a trigger held for an hour.
 */
import type { Trigger } from '../language/rule-set.ts';
import type { Decision } from './decide.ts';

/** How long after a trigger a run may begin that it started, ms. */
export const CAUSED_WITHIN = 3_600_000;
/** What the clocks of the hub and of those who tell events may differ by, ms. */
export const CLOCKS_APART = 60_000;

export interface ObservedRun {
  /** Ids of its job and of those that it is part of. */
  readonly jobs: readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly startedAt: number;
}

/** @param decision one that `mayStartRuns` */
export function mayHaveStarted({ at, job, subject, actions }: Decision, run: ObservedRun): boolean {
  const after = run.startedAt - at;
  if (after < -CLOCKS_APART || after > CAUSED_WITHIN) return false;
  // Of a change about a job, `job` is that one; else the one that the rule names.
  const named = job !== null && job !== subject;
  if (named && run.jobs.includes(job)) return true;
  return actions.some((action) => {
    if (action.do !== 'trigger') return false;
    const dag = jobNamedBy(action.trigger);
    if (dag !== null) return run.jobs.some((id) => isNamed(id, dag));
    return !named && [run.reads, run.writes, run.jobs].some((ids) => ids.includes(subject));
  });
}

/** The decisions that `mayHaveStarted` can say yes to, for some run. Who receives a plain webhook is nobody's job. */
export const canBeGuessed = ({ job, subject, actions }: Decision): boolean =>
  (job !== null && job !== subject) || actions.some((action) => action.do === 'trigger');

/** As the tool calls it in its events; null: only a number of the tool's own. */
function jobNamedBy(
  trigger: Pick<Trigger, 'tool'> & { readonly dag?: string | null; readonly job?: string },
): string | null {
  if (trigger.tool === 'airflow') return trigger.dag ?? null;
  return trigger.tool === 'dagster' ? (trigger.job ?? null) : null;
}

/** A DAG or one of its tasks: `job:airflow:marts`, `job:airflow:marts.build`. */
function isNamed(id: string, name: string): boolean {
  const place = id.lastIndexOf(`:${name}`);
  if (place < 0) return false;
  const rest = id.slice(place + 1 + name.length);
  return rest === '' || (rest.startsWith('.') && !rest.includes(':'));
}
