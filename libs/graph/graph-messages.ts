/** What the graph's thread is asked, and what it answers. Everything here survives structured cloning. */
import type { ApplyResult, Change, FlowLimits, LoggedEvent, MergeOutcome, MergeRequest, SplitRequest } from '#lineage';

export interface GraphWorkerData {
  readonly folder: string;
  readonly limits: FlowLimits;
  /** Groups of dataset ids that are one. */
  readonly aliases: readonly (readonly string[])[];
  /** The folder of what people said. */
  readonly people: string;
  /** Of an export: also the lines of what people said. */
  readonly mutations: boolean;
  /**
   * `write` owns the writer; `export` only walks the lines, and `scan` answers reads, on a connection of its own; `copy`
   * copies the files.
   */
  readonly mode: 'write' | 'export' | 'scan' | 'copy';
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
  | { readonly id: number; readonly op: 'prune'; readonly before: number }
  | { readonly id: number; readonly op: 'merge'; readonly request: MergeRequest }
  | { readonly id: number; readonly op: 'split'; readonly request: SplitRequest }
  | { readonly id: number; readonly op: 'figures' }
  | { readonly id: number; readonly op: 'backup'; readonly folder: string }
  | { readonly id: number; readonly op: 'lines'; readonly count: number }
  | { readonly id: number; readonly op: 'scan'; readonly method: ScanMethod; readonly args: readonly unknown[] }
  | { readonly id: number; readonly op: 'close' };

export interface GraphAnswers {
  readonly apply: ApplyResult;
  readonly tick: readonly Change[];
  readonly prune: { readonly runs: number };
  readonly merge: MergeOutcome;
  readonly split: MergeOutcome;
  readonly figures: { readonly rederived: number };
  readonly backup: null;
  /** The next lines; fewer than asked for: these are the last. */
  readonly lines: readonly string[];
  /** What the method answers. */
  readonly scan: unknown;
  readonly close: null;
}

export type GraphResponse =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly name: string; readonly message: string };
