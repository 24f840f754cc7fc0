import { parseInstant } from '../instant.ts';
import type { RunEventTime } from '../ports.ts';
import { get, objectOf } from './json.ts';
import { runEventType } from './run-statement.ts';

/** When a RunEvent says it happened, and its type as the graph reads it. null: an event of another kind. */
export function runEventTime(event: unknown): RunEventTime | null {
  const root = objectOf(event);
  if (objectOf(get(root, 'run')) === null) return null;
  const time = parseInstant(get(root, 'eventTime'));
  return time === null ? null : { time, type: runEventType(root) };
}
