/** What a batch made of the lines of the graph, and of what is served beside them. */
import type { EdgeKind, EdgeLine, ExportLine } from '#lineage';
import type { SeenAgain } from '../../facet-times.ts';

/** Of a line of the export. */
export type LineKey = Pick<ExportLine, 'kind' | 'id'>;

/** With the number of its row, where that is known: of a dataset's or job's name, of a run. */
export type NumberedKey = LineKey & { readonly number?: number };

/** By the numbers of both; a run that is none is at most 0. */
export interface MeasureKey {
  readonly name: number;
  readonly run: number;
}

/** An edge that holds as it did, where it does, and differs in who said so and when. Each run of a job says all of its own again. */
export type SaidEdge = { readonly id: string; readonly evidence: EdgeLine['evidence'] } & (
  | { readonly kind: 'edge'; readonly edge: EdgeKind; readonly from: string; readonly to: string }
  | { readonly kind: 'columnEdge' }
);

export interface LineChanges {
  /** Lines that are new, or may differ. */
  readonly put: readonly ExportLine[];
  /** Nodes that were there, and differ in when they were seen. Most events say of a node what was said before. */
  readonly seen: readonly SeenAgain[];
  readonly said: readonly SaidEdge[];
  /** Those that are no more, or never were. */
  readonly gone: readonly LineKey[];
  /** Lines that are there, of which what is served beside them may differ. */
  readonly detailed: readonly NumberedKey[];
  readonly measured: readonly MeasureKey[];
}
