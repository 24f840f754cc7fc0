import type { Open } from './base-facet.ts';

/** Which part of a dataset was read or written (BaseSubsetDatasetFacet 1-0-0). */
export type SubsetCondition =
  | LocationSubsetCondition
  | PartitionSubsetCondition
  | BinarySubsetCondition
  | CompareSubsetCondition;

/** Files or folders. */
export type LocationSubsetCondition = { type: 'location'; locations: string[] };

export type PartitionSubsetCondition = {
  type: 'partition';
  partitions: {
    identifier?: string;
    /** Partition column → value: `{ "day": "2026-01-01" }`. */
    dimensions: Record<string, unknown>;
  }[];
};

export type BinarySubsetCondition = {
  type: 'binary';
  left: SubsetCondition;
  right: SubsetCondition;
  operator: Open<'AND' | 'OR'>;
};

export type CompareSubsetCondition = {
  type: 'compare';
  left: FieldCompareExpression | LiteralCompareExpression;
  right: FieldCompareExpression | LiteralCompareExpression;
  comparison: Open<'EQUAL' | 'GREATER_THAN' | 'GREATER_EQUAL_THAN' | 'LESS_THAN' | 'LESS_EQUAL_THAN'>;
};

export type FieldCompareExpression = { type: 'field'; field: string };

/** Numbers and dates too are written as strings. */
export type LiteralCompareExpression = { type: 'literal'; value: string };
