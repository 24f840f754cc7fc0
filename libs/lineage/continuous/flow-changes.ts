import type { ChangeKind } from '../changes.ts';
import type { Flow, FlowState } from '../read-model.ts';
import { flowOf } from './flow.ts';
import type { FlowLimits } from './flow-limits.ts';
import type { FlowRow } from './flow-row.ts';

/** What a store keeps beside a row to tell a change of state: the state it last told, and since when. */
export interface FlowMemory {
  readonly state: FlowState;
  readonly since: number;
}

/** What is kept of a job's flow: all that it follows from but the clock. */
export interface KeptFlow {
  readonly row: FlowRow;
  readonly told: FlowMemory | null;
}

/** The flow at `now` (ms), with the beginning that was told of a state that still is. */
export function flowAt({ row, told }: KeptFlow, now: number, limits: FlowLimits): Flow {
  const flow = flowOf(row, now, limits);
  return told?.state === flow.state ? { ...flow, since: rememberFlow(told, flow).since } : flow;
}

export type FlowChangeKind = Extract<
  ChangeKind,
  `job.${'flowing' | 'idle' | 'lagging' | 'stalled' | 'silent' | 'stopped' | 'recovered'}`
>;

export interface FlowChange {
  readonly kind: FlowChangeKind;
  /** ms. */
  readonly at: number;
  readonly text: string;
  readonly before: FlowMemory | null;
  readonly after: FlowMemory;
}

const BAD: ReadonlySet<FlowState> = new Set<FlowState>(['LAGGING', 'STALLED', 'SILENT', 'STOPPED']);

const BEGUN_BY_A_WORD: ReadonlySet<FlowState> = new Set<FlowState>(['SILENT', 'STOPPED']);

const KINDS: Readonly<Record<FlowState, { readonly kind: FlowChangeKind | null; readonly verb: string }>> = {
  FLOWING: { kind: 'job.flowing', verb: 'flows' },
  IDLE: { kind: 'job.idle', verb: 'has nothing to do' },
  LAGGING: { kind: 'job.lagging', verb: 'lags' },
  STALLED: { kind: 'job.stalled', verb: 'is stalled' },
  SILENT: { kind: 'job.silent', verb: 'is silent' },
  STOPPED: { kind: 'job.stopped', verb: 'stopped' },
  UNKNOWN: { kind: null, verb: 'is of unknown state' },
};

/**
 * What is to be kept of the flow now. The same state keeps its beginning, but for SILENT and STOPPED, which the last word
 * began: one that comes late moves it. FLOWING, IDLE and LAGGING that follow another
 * state begin with the word that showed them: what a row tells of their beginning reaches back over the interruption.
 */
export function rememberFlow(previous: FlowMemory | null, { state, since, lastSeen }: Flow): FlowMemory {
  if (previous?.state === state && (previous.since === since || !BEGUN_BY_A_WORD.has(state))) return previous;
  const isShown = state === 'FLOWING' || state === 'IDLE' || state === 'LAGGING';
  return { state, since: previous !== null && isShown ? lastSeen : since };
}

/**
 * The change from one state to the next; null where the state is the same, and for UNKNOWN, which is no news (the store
 * still remembers it). Leaving a bad state for FLOWING or IDLE is a recovery, whichever bad state it was.
 *
 * `job`: the job as a sentence names it.
 */
export function flowChange(job: string, previous: FlowMemory | null, flow: Flow): FlowChange | null {
  if (previous?.state === flow.state) return null;
  const after = rememberFlow(previous, flow);
  const { kind, verb } = KINDS[flow.state];
  if (kind === null) return null;
  const isRecovery = previous !== null && BAD.has(previous.state) && !BAD.has(flow.state);
  return {
    kind: isRecovery ? 'job.recovered' : kind,
    at: after.since,
    text: `${job} ${isRecovery ? `recovered and ${verb}` : verb}: ${flow.reason}`,
    before: previous,
    after,
  };
}
