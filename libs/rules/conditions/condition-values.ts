/** The values behind the names of conditions, made from a read view. */
import { type CelInput, type CelValue, isCelList, isCelMap } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { formatInstant } from '#lineage';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type ConditionValues = Readonly<Record<string, CelInput>>;

/** Longer lists are cut: what a condition costs is bounded. */
export const MOST_ELEMENTS = 1_000;
/** Of values as clients sent them. */
const MOST_NESTING = 20;

/** A time of the graph as CEL has it. */
export const timeValue = (ms: number | null): CelInput => (ms === null ? null : timestampFromMs(ms));

/** JSON as CEL has it: lists cut to `MOST_ELEMENTS`, what is nested too deep left out. */
export function celOf(value: unknown, depth = 0): CelInput {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value !== 'object' || depth > MOST_NESTING) return null;
  if (Array.isArray(value)) return value.slice(0, MOST_ELEMENTS).map((element) => celOf(element, depth + 1));
  const entries = Object.entries(value).slice(0, MOST_ELEMENTS);
  return new Map(entries.map(([key, inner]) => [key, celOf(inner, depth + 1)]));
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
