/**
 * What one commit of the shared graph did, as far as another worker needs it to do the same in its own file. Together, in
 * their order, steps and the events they name are all that the graph is made of: whoever takes them has the same file.
 */
import type {
  ApplyFault,
  Change,
  DeclaredRuns,
  EdgeLine,
  ExportLine,
  MergeOutcome,
  MergeRequest,
  RemarkOutcome,
  RemarkRequest,
  RemovalRequest,
  SplitRequest,
} from '#lineage';
import { groupedBy } from './grouped-by.ts';
import type { ServedLine } from './served-line.ts';
import type { SaidEdge, SeenNode, ToldByTimelines, WrittenLine } from './sqlite/read/line-changes.ts';

/** What a person, or a rule on their behalf, says. */
export type SaidStep =
  | { readonly op: 'merge'; readonly request: MergeRequest }
  | { readonly op: 'split'; readonly request: SplitRequest }
  | { readonly op: 'remark'; readonly request: RemarkRequest }
  | { readonly op: 'removeRemark'; readonly request: RemovalRequest };

/** What came of it: the one that was asked for. */
export interface Said {
  readonly merge: MergeOutcome | null;
  readonly remark: RemarkOutcome | null;
}

export type GraphStep =
  /** The events after the last applied position up to `until`: so many. */
  | { readonly op: 'apply'; readonly until: number; readonly events: number; readonly now: number }
  | { readonly op: 'tick'; readonly now: number }
  | { readonly op: 'prune'; readonly before: number }
  | SaidStep
  /** Groups of dataset ids that the settings say are one. */
  | { readonly op: 'aliases'; readonly groups: readonly (readonly string[])[] }
  /** What rules say of jobs' runs, by job id. */
  | { readonly op: 'expect'; readonly declared: readonly (readonly [job: string, runs: DeclaredRuns])[] }
  /** A part of a graph that was made elsewhere; they count as one, with the last. */
  | { readonly op: 'import'; readonly last: boolean };

/** What a step answers whoever asked for it. */
export interface StepAnswers extends Said {
  readonly applied: number;
  readonly faults: readonly ApplyFault[];
  /** Of a prune: how many went. */
  readonly runs: number;
}

/** A step that was done and is held back, until it is known whether it is the next commit. */
export interface PreparedStep extends StepAnswers {
  /** false: it wrote nothing, so there is nothing to commit. */
  readonly wrote: boolean;
  readonly changes: readonly Change[];
}

/** Some of the lines that a step made or took away: nodes come in an earlier part than what hangs on them, or in the same. */
export interface StepPart {
  /** Lines that are new, or may differ. */
  readonly put: readonly WrittenLine[];
  readonly seen: readonly SeenNode[];
  readonly said: readonly SaidAgain[];
  /** (kind, id) of lines that are no more, or never were. */
  readonly gone: readonly Pick<ExportLine, 'kind' | 'id'>[];
  /** What readers are answered from beside those lines: of nodes in `put`, or that differ in this alone. */
  readonly served: readonly ServedLine[];
}

/** Edges that differ in this alone, if they are there. What a job says in one breath has one evidence. */
export interface SaidAgain extends ToldByTimelines {
  readonly evidence: EdgeLine['evidence'];
  readonly edges: readonly SaidEdge[];
}

/** One row for all that is told alike, however many edges it is. */
export function saidInBreaths(said: readonly SaidEdge[]): SaidAgain[] {
  return [...groupedBy(said, ({ evidence }) => evidence)].flatMap(([evidence, of]) =>
    [...groupedBy(of, ({ timelines }) => timelines?.join())].map(([, edges]) => ({
      evidence,
      timelines: edges[0]?.timelines ?? [],
      edges,
    })),
  );
}

/** One event among several can't be applied: each is to be a step of its own. */
export const ONE_BY_ONE = 'ONE_BY_ONE';
