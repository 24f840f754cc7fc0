/** Whether what is observed of a dataset is what a contract promises: each violation with its place in the contract. */
import { sayDuration, sayNumber } from '../continuous/say.ts';
import { evaluateFreshness, type Reach } from '../freshness/evaluate-freshness.ts';
import { formatInstant } from '../instant.ts';
import type { DatasetSchema, SchemaField } from '../read-model.ts';
import { compareTypes, splitNullability } from '../type-width.ts';
import type { ContractField, ContractObject, RowCountRule, Unchecked } from './data-contract.ts';
import { logicalTypeOf } from './logical-type.ts';

/** What is known of the dataset that a contract's object stands for. null: unknown. */
export interface ObservedDataset {
  readonly schema: DatasetSchema | null;
  readonly reach: Reach;
  /** When it was last written, ms. */
  readonly writtenAt: number | null;
  /** The last row count that was told. */
  readonly rows: { readonly at: number; readonly count: number } | null;
}

export type ViolationKind = 'FIELD_MISSING' | 'FIELD_TYPE' | 'FIELD_NULLABLE' | 'FRESHNESS' | 'FREQUENCY' | 'ROW_COUNT';

export interface ContractViolation {
  readonly kind: ViolationKind;
  /** In the contract file: `schema[0].properties[2].physicalType`. */
  readonly path: string;
  readonly reason: string;
}

export interface ContractCheck {
  readonly violations: readonly ContractViolation[];
  /** What could not be checked, and why. */
  readonly unchecked: readonly Unchecked[];
}

/** @param now ms */
export function checkContract(object: ContractObject, observed: ObservedDataset, now: number): ContractCheck {
  const violations: ContractViolation[] = [];
  const unchecked: Unchecked[] = [...object.unchecked];
  const into = { violations, unchecked };
  if (observed.schema === null) {
    if (object.fields.length > 0)
      unchecked.push({ path: `${object.path}.properties`, reason: 'no schema was observed' });
  } else checkFields(object.fields, observed.schema.fields, observed.schema.partial, into);
  for (const { path, policy } of object.freshness) {
    const { state, reason } = evaluateFreshness(policy, observed.reach, now);
    if (state === 'FAIL') violations.push({ kind: 'FRESHNESS', path, reason });
    if (state === 'UNKNOWN') unchecked.push({ path, reason });
  }
  for (const { path, ms } of object.frequency) checkFrequency(path, ms, observed.writtenAt, now, into);
  for (const rule of object.rowCounts) checkRows(rule, observed.rows, into);
  return into;
}

/** When time alone may break it next, ms; null: never. @param now ms */
export function nextContractCheck(
  object: ContractObject,
  { reach, writtenAt }: ObservedDataset,
  now: number,
): number | null {
  const times = [
    ...object.freshness.flatMap(({ policy }) => evaluateFreshness(policy, reach, now).next ?? []),
    ...object.frequency.flatMap(({ ms }) => (writtenAt === null ? [] : [writtenAt + ms + 1])),
  ].filter((at) => at > now);
  return times.length === 0 ? null : Math.min(...times);
}

interface Findings {
  readonly violations: ContractViolation[];
  readonly unchecked: Unchecked[];
}

function checkFields(
  promised: readonly ContractField[],
  found: readonly SchemaField[],
  partial: boolean,
  into: Findings,
): void {
  for (const field of promised) {
    const name = field.physicalName ?? field.name;
    const seen =
      found.find((one) => one.name === name) ?? found.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (seen !== undefined) {
      checkField(field, seen, into);
      if (seen.fields.length > 0) checkFields(field.fields, seen.fields, partial, into);
    } else if (partial) {
      into.unchecked.push({ path: field.path, reason: `${name} was not seen, but only a part of the schema is known` });
    } else into.violations.push({ kind: 'FIELD_MISSING', path: field.path, reason: `there is no field ${name}` });
  }
}

function checkField(field: ContractField, seen: SchemaField, into: Findings): void {
  const { path, physicalType, logicalType, required } = field;
  if (seen.type === null) {
    if (physicalType !== null || logicalType !== null)
      into.unchecked.push({ path, reason: `the type of ${seen.name} was not told` });
    return;
  }
  const { base, nulls } = splitNullability(seen.type);
  if (physicalType !== null) {
    // What holds less than was promised keeps the promise to who reads it.
    const width = compareTypes(splitNullability(physicalType).base, base);
    if (width === 'wider' || width === 'other') {
      const reason = `${seen.name} is ${base}, which is ${width === 'wider' ? 'wider than' : 'not'} ${physicalType}`;
      into.violations.push({ kind: 'FIELD_TYPE', path: `${path}.physicalType`, reason });
    }
  } else if (logicalType !== null) {
    const logical = logicalTypeOf(base);
    const fits = logical === logicalType || (logicalType === 'number' && logical === 'integer');
    if (logical === null)
      into.unchecked.push({ path: `${path}.logicalType`, reason: `what ${base} is logically is not known` });
    else if (!fits)
      into.violations.push({
        kind: 'FIELD_TYPE',
        path: `${path}.logicalType`,
        reason: `${seen.name} is ${base}, which is no ${logicalType}`,
      });
  }
  if (required && nulls === 'OPTIONAL')
    into.violations.push({
      kind: 'FIELD_NULLABLE',
      path: `${path}.required`,
      reason: `${seen.name} is ${seen.type}: it may be null`,
    });
}

function checkFrequency(path: string, ms: number, writtenAt: number | null, now: number, into: Findings): void {
  if (writtenAt === null) into.unchecked.push({ path, reason: 'nobody was seen to write it' });
  else if (now - writtenAt > ms) {
    const reason = `it was last written ${formatInstant(writtenAt)}, ${sayDuration(now - writtenAt)} ago: promised is each ${sayDuration(ms)}`;
    into.violations.push({ kind: 'FREQUENCY', path, reason });
  }
}

const HOLDS: Readonly<Record<string, (count: number, a: number, b: number) => boolean>> = {
  mustBe: (count, a) => count === a,
  mustNotBe: (count, a) => count !== a,
  mustBeGreaterThan: (count, a) => count > a,
  mustBeGreaterOrEqualTo: (count, a) => count >= a,
  mustBeLessThan: (count, a) => count < a,
  mustBeLessOrEqualTo: (count, a) => count <= a,
  mustBeBetween: (count, a, b) => count >= a && count <= b,
  mustNotBeBetween: (count, a, b) => count < a || count > b,
};

function checkRows({ path, operator, value }: RowCountRule, rows: ObservedDataset['rows'], into: Findings): void {
  if (rows === null) {
    into.unchecked.push({ path, reason: 'no row count was told' });
    return;
  }
  const [a, b] = typeof value === 'number' ? [value, value] : value;
  if (HOLDS[operator]?.(rows.count, a, b) !== false) return;
  const words = operator.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  const bound = typeof value === 'number' ? sayNumber(value) : `${sayNumber(a)} and ${sayNumber(b)}`;
  const reason = `it had ${sayNumber(rows.count)} rows at ${formatInstant(rows.at)}: the row count ${words} ${bound}`;
  into.violations.push({ kind: 'ROW_COUNT', path, reason });
}
