/** RFC 3339, UTC, as Marquez writes it: no fraction when it is zero. */
export function jsonTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** As `jsonTime`; unset is null. */
export function jsonTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : jsonTime(ms);
}
