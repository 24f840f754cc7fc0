import { createHash } from 'node:crypto';
import { canonicalJson, type LoggedEvent } from '#lineage';

/** A declared job whose SQL makes the event as long as is wanted. */
export function eventOfSize(position: number, bytes: number): LoggedEvent {
  const body = canonicalJson({
    eventTime: '2026-01-01T00:00:00.000Z',
    producer: 'urn:test',
    job: {
      namespace: 'etl',
      name: `job-${position}`,
      facets: { sql: { _producer: 'urn:test', query: `${position}`.padEnd(bytes) } },
    },
    inputs: [],
    outputs: [],
  });
  return { position, receivedAt: position, body, hash: createHash('sha256').update(body).digest('hex') };
}
