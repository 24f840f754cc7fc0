import type { OpenLineageEvent } from '../events.ts';
import type { NotDelivered } from './transport.ts';

export type Serialized = { ok: true; json: string } | NotDelivered;

/** The event as JSON on one line. */
export function serialize(event: OpenLineageEvent): Serialized {
  try {
    return { ok: true, json: JSON.stringify(event) };
  } catch (cause) {
    const message = `the event can't be written as JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { ok: false, attempts: 0, error: { reason: 'unserializable', message } };
  }
}
