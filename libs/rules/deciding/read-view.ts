/**
 * What a decision may look at, read beforehand: deciding asks nobody. Times are milliseconds, null is unknown.
 */
import type { IncidentState } from '../incidents/incident.ts';

/** A dataset, a job, or a source. */
export interface NodeView {
  readonly id: string;
  /** Other ids that find it. */
  readonly aliases: readonly string[];
  readonly kind: 'dataset' | 'job' | 'source';
  readonly namespace: string;
  readonly name: string;
  /** `key`, and of tags with a value `key:value` too. */
  readonly tags: readonly string[];
  readonly owners: readonly string[];
  readonly description: string | null;
  /** TABLE, VIEW, TOPIC …; of a job TASK, DAG, QUERY … */
  readonly type: string | null;
  /** Datasets: ACTIVE or DROPPED. */
  readonly lifecycle: string | null;
  /** Datasets: field names. */
  readonly fields: readonly string[];
  /** Jobs: BATCH, STREAMING or SERVICE. */
  readonly processing: string | null;
  /** Jobs. */
  readonly integration: string | null;
}

export interface RunView {
  readonly id: string;
  readonly state: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly nominalStart: number | null;
  readonly error: string | null;
}

/** An input of a job, for `when: all-inputs-updated`. */
export interface InputView {
  readonly dataset: string;
  /** The `version` facet, else the run that wrote it; null: nobody wrote it that we know of. */
  readonly version: string | null;
  /** When that version came. */
  readonly updatedAt: number | null;
}

/** One of our own decisions among the causes of a change: what it asked for started the run that made the change. */
export interface CauseLink {
  readonly decision: string;
  readonly rule: string;
  readonly subject: string;
  /** The job that the decision was about, where it was about one. */
  readonly job: string | null;
  /** When it was decided, ms. */
  readonly at: number;
  /** KEY: the run carries the key of what we sent. LINEAGE: it began soon after, and it is the job, or one next to the subject. */
  readonly how: 'KEY' | 'LINEAGE';
  /** What it started, as far as that is known: the run; of an annotation the node that it is on. */
  readonly through: string;
}

/** The open incident of the rule and the subject. */
export interface IncidentView {
  readonly id: string;
  readonly kind: string;
  readonly state: IncidentState;
  /** When the breach began, event time. */
  readonly since: number;
  readonly assignee: string | null;
  readonly snoozedUntil: number | null;
}

/** A breach upstream that explains this one: the first late dataset, with the incident that is about it. */
export interface UpstreamCause {
  readonly subject: string;
  readonly name: string;
  readonly incident: string;
}

export interface ReadView {
  /** What the change is about; of a run its job. */
  readonly subject: NodeView;
  readonly dataset: NodeView | null;
  /** The job that the change or the rule is about. */
  readonly job: NodeView | null;
  readonly run: RunView | null;
  readonly incident: IncidentView | null;
  readonly cause: UpstreamCause | null;
  /** The version of the subject's data: the `version` facet, else the run that wrote it. */
  readonly dataVersion: string | null;
  /** Of `job`; null: not asked. */
  readonly inputs: readonly InputView[] | null;
  /** When `job` last wrote an output. */
  readonly lastOutputAt: number | null;
  /** When the newest evidence that this rests on was seen. */
  readonly evidenceAt: number | null;
  /** Our own decisions among the causes, the nearest first. */
  readonly chain: readonly CauseLink[];
}
