import { type LoggedEvent, parseInstant } from '#lineage';

export interface EventNode {
  /** Its hash. */
  readonly id: string;
  readonly type: string | null;
  readonly eventTime: number;
  readonly producer: string;
  readonly schemaURL: string | null;
  readonly raw: unknown;
}

/** The door checked the event before it was logged; what is read here is there. */
export function eventNode({ hash, body, receivedAt }: LoggedEvent): EventNode {
  const raw: unknown = JSON.parse(body);
  const event: Readonly<Record<string, unknown>> = typeof raw === 'object' && raw !== null ? { ...raw } : {};
  return {
    id: hash,
    type: textOf(event.eventType),
    eventTime: parseInstant(event.eventTime) ?? receivedAt,
    producer: textOf(event.producer) ?? '',
    schemaURL: textOf(event.schemaURL),
    raw,
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
