const UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };

/** `512 KB`, `10MB`, `1 GB` or a number of bytes, in bytes (1 KB is 1,024); null for anything else. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12})\s*(b|kb|mb|gb)?$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? 'b').toLowerCase()];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}
