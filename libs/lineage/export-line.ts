/**
 * The lines of an export: the whole graph as the events say it, with nothing of arrival, of the clock or of people
 * (but the lines of merges, where they are asked for).
 * Equal sets of events give equal bytes. One object a line, sorted by (kind, id) as UTF-16 code units; keys sorted
 * (RFC 8785). Times are RFC 3339 UTC with milliseconds.
 */
import type { Confidence, FacetScope, How, ProcessingType, SchemaRole } from './delta.ts';
import type { EdgeKind, RunState, SchemaField } from './read-model.ts';
import type { RemarkKind } from './remarks.ts';

export interface ExportInterval {
  readonly from: string;
  readonly to: string | null;
}

/** One source's claim on an edge: joined over its timelines. */
export interface ExportEvidence {
  readonly source: string;
  /** how and confidence of the last event that said it. */
  readonly how: How;
  readonly confidence: Confidence;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Hashes of the first and last event that said it. */
  readonly firstEvent: string;
  readonly lastEvent: string;
}

export interface ExportFacet {
  readonly scope: FacetScope;
  readonly source: string;
  readonly producer: string;
  readonly schemaURL: string | null;
  readonly at: string;
  readonly value: unknown;
}

export interface DatasetLine {
  readonly kind: 'dataset';
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Ids that find this node and are not its own: symlinks, former names, merged members, spellings. Sorted. */
  readonly aliases: readonly string[];
  /** Ids of symlink identifiers that this dataset (or a member) claims and that several claim: they join nobody. */
  readonly contested: readonly string[];
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly lifecycle: 'ACTIVE' | 'DROPPED';
  /** When it was dropped: [from, to). */
  readonly dead: readonly ExportInterval[];
  /** By facet name; each list sorted by (scope, source). */
  readonly facets: Readonly<Record<string, readonly ExportFacet[]>>;
}

export interface JobLine {
  readonly kind: 'job';
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly processingType: ProcessingType;
  readonly facets: Readonly<Record<string, readonly ExportFacet[]>>;
}

/** A top-level field of the schema that is shown. */
export interface FieldLine {
  readonly kind: 'field';
  readonly id: string;
  readonly dataset: string;
  readonly ordinal: number;
  readonly field: SchemaField;
}

export interface SchemaVersionLine {
  readonly kind: 'schemaVersion';
  /** dataset id as observed, source, role, time. */
  readonly id: string;
  readonly dataset: string;
  readonly source: string;
  readonly role: SchemaRole;
  readonly at: string;
  readonly fields: readonly SchemaField[];
}

export interface JobVersionLine {
  readonly kind: 'jobVersion';
  readonly id: string;
  readonly job: string;
  readonly from: string;
  readonly to: string | null;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly sql: string | null;
  readonly codeLocation: string | null;
}

export interface RunLine {
  readonly kind: 'run';
  /** `run:RUNID` and the job's id, so that one run id under two jobs is two lines. */
  readonly id: string;
  readonly job: string;
  readonly runId: string;
  readonly state: RunState;
  readonly processingType: ProcessingType;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly lastSeen: string;
  readonly nominalStart: string | null;
  readonly nominalEnd: string | null;
  /** Job id and run id. */
  readonly parent: { readonly job: string; readonly runId: string } | null;
  readonly root: { readonly job: string; readonly runId: string } | null;
  readonly error: string | null;
}

export interface EdgeLine {
  readonly kind: 'edge';
  readonly id: string;
  readonly edge: EdgeKind;
  readonly from: string;
  readonly to: string;
  readonly intervals: readonly ExportInterval[];
  readonly evidence: readonly ExportEvidence[];
}

export interface ColumnEdgeLine {
  readonly kind: 'columnEdge';
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly job: string | null;
  readonly type: string | null;
  readonly subtype: string | null;
  readonly description: string | null;
  readonly masking: boolean | null;
  readonly intervals: readonly ExportInterval[];
  readonly evidence: readonly ExportEvidence[];
}

/** One hour of one continuous job: how many events, and its first and last. */
export interface ActivityLine {
  readonly kind: 'activity';
  readonly id: string;
  readonly job: string;
  readonly hour: string;
  readonly observations: number;
}

/** With `mutations`: two datasets that a person said are one, whether or not that was undone since. */
export interface MergeLine {
  readonly kind: 'merge';
  /** In the order in which they were said. */
  readonly id: string;
  readonly alias: string;
  readonly into: string;
  readonly by: string;
  readonly at: string;
  readonly reason: string | null;
  readonly undone: { readonly by: string; readonly at: string; readonly reason: string | null } | null;
}

/** With `mutations`: an annotation or a tag that somebody put on a node or a field, whether or not it was removed since. */
export interface RemarkLine {
  readonly kind: 'annotation' | 'tag';
  /** In the order in which they were said. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly carried: boolean;
  readonly by: string;
  readonly at: string;
  readonly expiresAt: string | null;
  readonly removed: { readonly by: string; readonly at: string } | null;
}

/** @param number of the remark: they have one order */
export const remarkLineId = (kind: RemarkKind, number: number): string =>
  `${kind === 'TAG' ? 'tag' : 'annotation'}:${String(number).padStart(10, '0')}`;

/** Of what people said: `tag:0000000012`. NaN where the id has none. */
export const numberOfLine = (id: string): number => Number(id.slice(id.indexOf(':') + 1));

export type ExportLine =
  | DatasetLine
  | JobLine
  | FieldLine
  | SchemaVersionLine
  | JobVersionLine
  | MergeLine
  | RemarkLine
  | RunLine
  | EdgeLine
  | ColumnEdgeLine
  | ActivityLine;
