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
import { type LastWords, withLastSaid } from '../../last-said.ts';
import type { PropertyReader } from '../property-reader.ts';

export function intervalsOf(json: unknown): Interval[] {
  const told = typeof json === 'string' ? (JSON.parse(json) as ExportInterval[]) : [];
  return told.map(({ from, to }) => ({ from: Date.parse(from), to: to === null ? null : Date.parse(to) }));
}

/**
 * @param timelines whose last words complete it
 * @param said last by the jobs that may say it
 */
function evidenceOf(json: unknown, timelines: readonly string[], said: readonly LastWords[]): Evidence[] {
  const told = typeof json === 'string' ? (JSON.parse(json) as ExportEvidence[]) : [];
  return withLastSaid(told, timelines, said).map(({ firstSeen, lastSeen, ...rest }) => ({
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
  readonly timelines?: readonly string[] | null | undefined;
  readonly said: readonly LastWords[];
}

/** @param asOf null: now */
export function edgeOf(parts: EdgeParts, asOf: number | null): Edge {
  const { id, kind, from, to } = parts;
  const intervals = intervalsOf(parts.intervals);
  const evidence = evidenceOf(parts.evidence, parts.timelines ?? [], parts.said);
  return { id, kind, from, to, current: isHeld(intervals, asOf), intervals, evidence };
}

/**
 * @param row of `READ_COLUMN_EDGES`
 * @param saidOf what its job said last
 * @param details without, it is one that holds
 */
export function columnEdgeOf(
  row: PropertyReader,
  saidOf: ReadonlyMap<string, LastWords>,
  asOf: number | null,
  details: boolean,
): ColumnEdge {
  const p = row.of('p');
  const job = p.textOrNull('job');
  const said = job === null ? undefined : saidOf.get(job);
  const intervals = details ? intervalsOf(p.text('intervals')) : [];
  return {
    id: p.text('id'),
    from: row.text('from'),
    to: row.text('to'),
    job,
    transformation: {
      type: p.textOrNull('type') ?? '',
      subtype: p.textOrNull('subtype'),
      description: p.textOrNull('description'),
      masking: p.flagOrNull('masking'),
    },
    current: !details || isHeld(intervals, asOf),
    intervals,
    evidence: details ? evidenceOf(p.text('evidence'), p.list('timelines'), said === undefined ? [] : [said]) : [],
  };
}
