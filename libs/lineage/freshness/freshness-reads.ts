/** How fresh a dataset is now, and what makes it so. */
import type { FreshnessState } from './evaluate-freshness.ts';

export interface FreshnessAnswer {
  readonly state: FreshnessState;
  /** How far its content reaches, ms; null: unknown, or not kept. */
  readonly dataTime: number | null;
  /** Of PASS and WARN: when it gets worse if nothing new comes; of FAIL: the deadline that was missed. ms */
  readonly deadline: number | null;
  /** The one that decides; null: none asks anything of it. */
  readonly policy: { readonly name: string; readonly source: string; readonly text: string } | null;
  /** From the dataset itself upwards, one sentence a step. Never empty. `at` is a node id. */
  readonly why: readonly { readonly at: string; readonly dataTime: number | null; readonly because: string }[];
}

/** An optional ability of a `GraphReader`. */
export interface FreshnessReads {
  /** By id of a dataset, judged at `now` (ms); ids that are unknown or no dataset are left out. */
  freshness(ids: readonly string[], now: number): Promise<ReadonlyMap<string, FreshnessAnswer>>;
}

export function offersFreshnessReads<T extends object>(reader: T): reader is T & FreshnessReads {
  return 'freshness' in reader;
}
