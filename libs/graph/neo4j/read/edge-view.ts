/** Edges as a reader shows them, from the JSON that they hold. */
import {
  type ColumnEdge,
  type Edge,
  type EdgeKind,
  type Evidence,
  type ExportEvidence,
  type ExportInterval,
  type Interval,
  isHeld,
} from '#lineage';
import type { PropertyReader } from '../property-reader.ts';

export function intervalsOf(json: unknown): Interval[] {
  const told = typeof json === 'string' ? (JSON.parse(json) as ExportInterval[]) : [];
  return told.map(({ from, to }) => ({ from: Date.parse(from), to: to === null ? null : Date.parse(to) }));
}

export function evidenceOf(json: unknown): Evidence[] {
  const told = typeof json === 'string' ? (JSON.parse(json) as ExportEvidence[]) : [];
  return told.map(({ firstSeen, lastSeen, ...rest }) => ({
    ...rest,
    firstSeen: Date.parse(firstSeen),
    lastSeen: Date.parse(lastSeen),
  }));
}

interface EdgeParts {
  readonly id: string;
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
  /** JSON text. */
  readonly intervals: unknown;
  readonly evidence: unknown;
}

/** @param asOf null: now */
export function edgeOf({ id, kind, from, to, intervals, evidence }: EdgeParts, asOf: number | null): Edge {
  const held = intervalsOf(intervals);
  return { id, kind, from, to, current: isHeld(held, asOf), intervals: held, evidence: evidenceOf(evidence) };
}

/** @param details without, it is one that holds */
export function columnEdgeOf(
  p: PropertyReader,
  from: string,
  to: string,
  asOf: number | null,
  details: boolean,
): ColumnEdge {
  const intervals = details ? intervalsOf(p.text('intervals')) : [];
  return {
    id: p.text('id'),
    from,
    to,
    job: p.textOrNull('job'),
    transformation: {
      type: p.textOrNull('type') ?? '',
      subtype: p.textOrNull('subtype'),
      description: p.textOrNull('description'),
      masking: p.flagOrNull('masking'),
    },
    current: !details || isHeld(intervals, asOf),
    intervals,
    evidence: details ? evidenceOf(p.text('evidence')) : [],
  };
}
