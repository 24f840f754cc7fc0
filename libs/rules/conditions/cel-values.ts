/** The values of conditions as CEL has them, and back. */
import { type CelInput, type CelValue, isCelList, isCelMap } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { formatInstant } from '#lineage';
import type { ConditionValue, ConditionValues, Json } from './condition-values.ts';

export type CelValues = Readonly<Record<string, CelInput>>;

export const celValues = (values: ConditionValues): CelValues =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, celOf(value)]));

function celOf(value: ConditionValue): CelInput {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return timestampFromMs(value.getTime());
  if (!('size' in value)) return value;
  return new Map([...value].map(([key, field]) => [key, field instanceof Date ? celOf(field) : field]));
}

/** What CEL gave, as JSON for those who read an explanation: times as RFC 3339, durations in seconds. */
export function jsonOf(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return Number(value);
  if (isCelList(value)) return [...value].map((element: CelValue) => jsonOf(element));
  if (isCelMap(value)) {
    return Object.fromEntries([...value].map(([key, inner]) => [String(jsonOf(key)), jsonOf(inner)]));
  }
  return timeOf(value) ?? String(value);
}

function timeOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null || !('message' in value)) return null;
  const { message } = value;
  if (typeof message !== 'object' || message === null || !('seconds' in message) || !('nanos' in message)) return null;
  const ms = Number(message.seconds) * 1_000 + Math.floor(Number(message.nanos) / 1e6);
  const type = '$typeName' in message ? message.$typeName : null;
  return type === 'google.protobuf.Duration' ? `${ms / 1_000}s` : formatInstant(ms);
}
