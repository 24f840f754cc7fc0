import { hash } from 'node:crypto';
import { type AcceptedEvent, canonicalJson, type LoggedEvent, redact, runEventTime } from '#lineage';

/** As the door would hand it on. Arrival is when it says that it happened: benches must not depend on the clock. */
export function acceptedEvent(text: string, receivedAt: number): AcceptedEvent {
  const value: unknown = JSON.parse(text);
  const body = canonicalJson(redact(value));
  const run = runEventTime(value);
  return { hash: hash('sha256', body), body, receivedAt, ...(run === null ? {} : { run }) };
}

export function loggedEvent(text: string, position: number, receivedAt: number): LoggedEvent {
  const { hash, body } = acceptedEvent(text, receivedAt);
  return { position, hash, body, receivedAt };
}
