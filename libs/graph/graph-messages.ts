/** What the graph's thread is asked, and what it answers. Everything here survives structured cloning. */
import type {
  ApplyResult,
  Change,
  DeclaredRuns,
  FlowLimits,
  LoggedEvent,
  MergeOutcome,
  MergeRequest,
  RemarkOutcome,
  RemarkRequest,
  RemovalRequest,
  SplitRequest,
} from '#lineage';
import type { GraphStep, ONE_BY_ONE, PreparedStep } from './graph-step.ts';
import type { PartRows } from './neo4j/part-rows.ts';
import type { PruneStep } from './sqlite/write/pruner.ts';

export interface GraphWorkerData {
  readonly folder: string;
  readonly limits: FlowLimits;
  /** Groups of dataset ids that are one. */
  readonly aliases: readonly (readonly string[])[];
  /** The folder of what people said. */
  readonly people: string;
  /** Of an export: also the lines of what people said. */
  readonly mutations: boolean;
  /** Of an export: then the rows. */
  readonly rows?: boolean;
  /** Of a replica: the position up to which the shared graph was written without its jobs' last words. */
  readonly saidAfter?: number;
  /**
   * `write` owns the writer; `export` only walks the lines, and `scan` answers reads, on a connection of its own; `copy`
   * copies the files; `replica` owns the writer of a graph that many workers share.
   */
  readonly mode: 'write' | 'export' | 'scan' | 'copy' | 'replica';
}

/** Reads that may look at whole tables. */
export type ScanMethod =
  | 'list'
  | 'namespaces'
  | 'cycles'
  | 'search'
  | 'changes'
  | 'counts'
  | 'findByName'
  | 'jobsInState'
  | 'firstSeenBefore';

export type GraphRequest =
  | { readonly id: number; readonly op: 'apply'; readonly events: readonly LoggedEvent[]; readonly now: number }
  | { readonly id: number; readonly op: 'tick'; readonly now: number }
  | { readonly id: number; readonly op: 'prune'; readonly before: number; readonly after: number }
  | { readonly id: number; readonly op: 'merge'; readonly request: MergeRequest }
  | { readonly id: number; readonly op: 'split'; readonly request: SplitRequest }
  | { readonly id: number; readonly op: 'remark'; readonly request: RemarkRequest }
  | { readonly id: number; readonly op: 'removeRemark'; readonly request: RemovalRequest }
  | { readonly id: number; readonly op: 'figures' }
  | { readonly id: number; readonly op: 'expect'; readonly declared: ReadonlyMap<string, DeclaredRuns> }
  | { readonly id: number; readonly op: 'backup'; readonly folder: string }
  | { readonly id: number; readonly op: 'lines'; readonly count: number }
  | { readonly id: number; readonly op: 'scan'; readonly method: ScanMethod; readonly args: readonly unknown[] }
  | { readonly id: number; readonly op: 'position' }
  | {
      readonly id: number;
      readonly op: 'follow';
      readonly step: GraphStep;
      readonly events: readonly LoggedEvent[];
      readonly commit: number;
    }
  | {
      readonly id: number;
      readonly op: 'prepare';
      readonly step: GraphStep;
      readonly events: readonly LoggedEvent[];
    }
  | { readonly id: number; readonly op: 'part' }
  | { readonly id: number; readonly op: 'settle'; readonly commit: number }
  | { readonly id: number; readonly op: 'load'; readonly lines: readonly string[] }
  | { readonly id: number; readonly op: 'loaded'; readonly commit: number }
  | { readonly id: number; readonly op: 'drop' }
  | { readonly id: number; readonly op: 'close' };

export interface GraphAnswers {
  readonly apply: ApplyResult;
  readonly tick: readonly Change[];
  readonly prune: PruneStep;
  readonly merge: MergeOutcome;
  readonly split: MergeOutcome;
  readonly remark: RemarkOutcome;
  readonly removeRemark: RemarkOutcome;
  readonly figures: { readonly rederived: number };
  readonly expect: null;
  readonly backup: null;
  /** The next lines; fewer than asked for: these are the last. */
  readonly lines: readonly string[];
  /** What the method answers. */
  readonly scan: unknown;
  readonly position: { readonly commit: number; readonly applied: number };
  readonly follow: null;
  readonly prepare: PreparedStep | typeof ONE_BY_ONE;
  /** The next part of what was prepared; null: there is no more. */
  readonly part: PartRows | null;
  readonly settle: null;
  readonly load: null;
  readonly loaded: null;
  readonly drop: null;
  readonly close: null;
}

export type GraphResponse =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly name: string; readonly message: string };
