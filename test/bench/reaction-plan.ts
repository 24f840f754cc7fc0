import type { Workload } from './workload.ts';

/** What the client of the bench `reaction` is told. */
export interface ReactionPlan {
  readonly port: number;
  /** Sockets; an event waits for a free one, and that counts. */
  readonly connections: number;
  /** Events a second, each sent at its own instant, however long the ones before take. */
  readonly rate: number;
  /** Events in all. */
  readonly count: number;
  /** Place in the history of the first. */
  readonly from: number;
  readonly workload: Workload;
  /** One event of so many is one that a rule wants. */
  readonly every: number;
  /** These want them in turn. */
  readonly rules: number;
}

export interface ReactionResult {
  /** From the instant at which the event was to be sent until its webhook was there, ms. */
  readonly reactions: readonly number[];
  /** From the same instant until its 201. */
  readonly answers: readonly number[];
  /** Events that a rule wants. */
  readonly wanted: number;
  /** Of the process of the client, between the first event and the last webhook. */
  readonly cpuMs: number;
  readonly ms: number;
}

export type ReactionOrder = { readonly listen: true } | { readonly plan: ReactionPlan };
export type ReactionReply = { readonly hook: string } | { readonly result: ReactionResult };

/** A dataset that this rule is about. */
export const hotTable = (rule: number, n: number): string => `hot_${rule}.table_${n}`;
