/** Instants as OpenLineage clients write them. */

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?(?:\[[^\]]*\])?$/;

/**
 * Reads a date-time: milliseconds since the epoch, finer fractions floored; without a zone it is UTC (the spec asks for
 * a zone, real clients leave it out). null: not a date-time, or one that doesn't exist.
 */
export function parseInstant(text: unknown): number | null {
  if (typeof text !== 'string' || text.length > 64) return null;
  const m = RFC3339.exec(text.trim());
  if (m === null) return null;
  const year = Number(m[1]);
  const month = Number(m[2]);
  const day = Number(m[3]);
  const hour = Number(m[4] ?? 0);
  const minute = Number(m[5] ?? 0);
  const second = Number(m[6] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return null;
  // A negative year never comes: four digits. setUTCFullYear keeps years below 100 what they are.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCDate() !== day) return null;
  const millis = Number((m[7] ?? '').padEnd(3, '0').slice(0, 3));
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millis - offsetOf(m[8]);
}

/** RFC 3339, UTC, milliseconds. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
