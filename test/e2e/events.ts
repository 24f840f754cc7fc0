/** A RunEvent of `shop:JOB` that reads and writes tables of one database. */
export function runEvent(
  job: string,
  tables: { readonly reads?: readonly string[]; readonly writes?: readonly string[] } = {},
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const dataset = (name: string) => ({ namespace: 'postgres://db:5432', name: `shop.public.${name}` });
  return {
    eventType: 'COMPLETE',
    eventTime: '2026-01-01T00:00:00Z',
    producer: 'https://example.com/e2e',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId: runId(job) },
    job: { namespace: 'shop', name: job },
    inputs: (tables.reads ?? []).map(dataset),
    outputs: (tables.writes ?? []).map(dataset),
    ...more,
  };
}

/** Always the same for a job, and none other's. */
function runId(job: string): string {
  let hash = 0;
  for (const letter of job) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return `019b76da-a800-7000-8000-${hash.toString(16).padStart(12, '0')}`;
}

export const table = (name: string): string => `dataset:postgres://db:5432:shop.public.${name}`;
