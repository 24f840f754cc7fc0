import type { Delta, ProgressStatement, RunEventType } from '../delta.ts';

/** One event about a continuous job, as the model of its flow sees it. */
export interface FlowObservation {
  /** Event time, ms since the epoch. */
  readonly t: number;
  /** null: a JobEvent. It tells how often the job means to speak, not that it lives. */
  readonly runId: string | null;
  readonly eventType: RunEventType | null;
  readonly progress: ProgressStatement | null;
  /** emissionPattern.windowDuration, seconds. */
  readonly windowSeconds?: number | undefined;
}

/**
 * The observation in a delta; null: a DatasetEvent. It doesn't look at whether the job is continuous: that may be learnt
 * from a later event (only Flink's START has the jobType), so rows are best kept from a job's first event on.
 */
export function flowObservationOf(delta: Delta): FlowObservation | null {
  if (delta.kind === 'DATASET' || delta.job === null) return null;
  return {
    t: delta.stamp.t,
    runId: delta.run?.runId ?? null,
    eventType: delta.run?.type ?? null,
    progress: delta.progress,
    windowSeconds: (delta.run?.processing ?? delta.declaredProcessing)?.windowSeconds,
  };
}
