/** What a batch made of the lines of the graph, and of what is served beside them. */
import type { ColumnEdgeLine, EdgeKind, EdgeLine, ExportLine, JobLine } from '#lineage';
import type { SeenAgain } from '../../facet-times.ts';
import type { LastSaid } from '../../last-said.ts';

/** Of a line of the export. */
export type LineKey = Pick<ExportLine, 'kind' | 'id'>;

/** With the number of its row, where that is known: of a dataset's or job's name, of a run. */
export type NumberedKey = LineKey & { readonly number?: number };

/** By the numbers of both; a run that is none is at most 0. */
export interface MeasureKey {
  readonly name: number;
  readonly run: number;
}

/** Beside a job's line, where it is known: what it said last, for its edges. */
export interface ToldByJob {
  readonly said?: readonly LastSaid[];
}

/** Beside an edge's line, where they are known: timelines whose last words tell when it was said last. */
export interface ToldByTimelines {
  readonly timelines?: readonly string[];
}

/** A line as it is written. */
export type WrittenLine =
  | Exclude<ExportLine, JobLine | EdgeLine | ColumnEdgeLine>
  | (JobLine & ToldByJob)
  | ((EdgeLine | ColumnEdgeLine) & ToldByTimelines);

/** A node that was only seen again. */
export type SeenNode = SeenAgain & ToldByJob;

/** An edge that holds as it did, where it does, and differs in who said so and when: what its job doesn't tell. */
export type SaidEdge = { readonly id: string; readonly evidence: EdgeLine['evidence'] } & ToldByTimelines &
  (
    | { readonly kind: 'edge'; readonly edge: EdgeKind; readonly from: string; readonly to: string }
    | { readonly kind: 'columnEdge' }
  );

export interface LineChanges {
  /** Lines that are new, or may differ. */
  readonly put: readonly WrittenLine[];
  /** Nodes that were there, and differ in when they were seen. Most events say of a node what was said before. */
  readonly seen: readonly SeenNode[];
  readonly said: readonly SaidEdge[];
  /** Those that are no more, or never were. */
  readonly gone: readonly LineKey[];
  /** Lines that are there, of which what is served beside them may differ. */
  readonly detailed: readonly NumberedKey[];
  readonly measured: readonly MeasureKey[];
}
