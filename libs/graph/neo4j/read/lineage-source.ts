/** What a walk is told by the database, as it asks for it. */
import type { EdgeKind, Way } from '#lineage';
import type { LastWords } from '../../last-said.ts';
import type { PropertyReader } from '../property-reader.ts';

export type StoredStep = readonly [
  kind: EdgeKind,
  to: string,
  intervals?: string,
  evidence?: string,
  timelines?: readonly string[] | null,
];

/** What leads away from a node, one way. */
export interface StoredSteps {
  readonly steps: readonly StoredStep[];
  /** JSON text, of a gate. */
  readonly pairs: string | null;
}

export interface StoredEdge {
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
  /** JSON texts; none where the question is without details. */
  readonly intervals?: string | undefined;
  readonly evidence?: string | undefined;
  /** Whose last words the evidence is to be completed with. */
  readonly timelines?: readonly string[] | null | undefined;
}

export interface LineageSource {
  /** Nodes that the question is about. */
  starts(): Promise<readonly string[]>;
  /** Of each node no more steps than `limit` and one. */
  steps(way: Way, nodes: readonly string[]): Promise<ReadonlyMap<string, StoredSteps>>;
  /** How many steps there are. */
  count(way: Way, nodes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  assets(nodes: readonly string[]): Promise<ReadonlyMap<string, PropertyReader>>;
  /** What the jobs among these said last, of a question with details. */
  lastSaid(nodes: readonly string[]): Promise<ReadonlyMap<string, LastWords>>;
  /** TRIGGERS and PARENT edges between these nodes. */
  between(nodes: readonly string[]): Promise<readonly StoredEdge[]>;
}

export function storedSteps(row: PropertyReader): StoredSteps {
  return { steps: row.value('steps') as readonly StoredStep[], pairs: row.textOrNull('pairs') };
}

export function storedEdge(row: PropertyReader): StoredEdge {
  return {
    kind: row.text('kind') as EdgeKind,
    from: row.text('from'),
    to: row.text('to'),
    intervals: row.text('intervals'),
    evidence: row.text('evidence'),
    timelines: row.list('timelines'),
  };
}
