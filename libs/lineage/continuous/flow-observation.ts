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
 * The observation in a delta; null: a DatasetEvent. It doesn't look at whether the job is continuous: that may have been
 * learnt from another event (only Flink's START has the jobType).
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

/** Whether the event itself tells that its job is continuous: a JobEvent that declares it, or progress of a run. */
export const tellsContinuous = ({ progress, declaredProcessing }: Delta): boolean =>
  progress !== null || (declaredProcessing !== null && declaredProcessing.type !== 'BATCH');
