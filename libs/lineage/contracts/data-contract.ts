/**
 * What of an Open Data Contract Standard file (3.x) can be checked by observing: fields and their types, how fresh the data
 * is, how many rows there are. All else in a contract is kept by whoever holds the file, and shown.
 */
import type { FreshnessPolicy } from '../freshness/freshness-policy.ts';

export interface DataContract {
  readonly id: string;
  readonly name: string | null;
  readonly version: string;
  readonly status: string;
  readonly objects: readonly ContractObject[];
}

/** A table, topic, view or file that the contract promises. */
export interface ContractObject {
  /** In the file: `schema[0]`. */
  readonly path: string;
  readonly name: string;
  /** Its name in the store, where it differs. */
  readonly physicalName: string | null;
  /** Ids of the datasets that it stands for, one on each server; empty: the file doesn't say. */
  readonly datasets: readonly string[];
  readonly fields: readonly ContractField[];
  readonly freshness: readonly ContractPolicy[];
  /** Its data must be written at least this often, ms. */
  readonly frequency: readonly { readonly path: string; readonly ms: number }[];
  readonly rowCounts: readonly RowCountRule[];
  /** What is promised and can't be checked here. */
  readonly unchecked: readonly Unchecked[];
}

export interface ContractField {
  readonly path: string;
  readonly name: string;
  readonly physicalName: string | null;
  readonly physicalType: string | null;
  readonly logicalType: string | null;
  readonly required: boolean;
  readonly fields: readonly ContractField[];
}

export interface ContractPolicy {
  readonly path: string;
  readonly policy: FreshnessPolicy;
}

export interface RowCountRule {
  readonly path: string;
  /** ODCS's own word: `mustBeGreaterThan`. */
  readonly operator: string;
  readonly value: number | readonly [number, number];
}

export interface Unchecked {
  readonly path: string;
  readonly reason: string;
}
