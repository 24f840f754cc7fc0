/** A first event to send, and the question whose answer shows it: what the greeting, the welcome page and the README offer. */
export const FIRST_EVENT = {
  eventType: 'COMPLETE',
  eventTime: '2026-01-01T00:00:00Z',
  producer: 'https://example.com/first-event',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: '019b76da-a800-7000-8000-000000000001' },
  job: { namespace: 'shop', name: 'daily_orders' },
  inputs: [{ namespace: 'postgres://db:5432', name: 'shop.public.orders' }],
  outputs: [{ namespace: 'postgres://db:5432', name: 'shop.public.daily_orders' }],
} as const;

export const FIRST_QUESTION = 'job:shop:daily_orders';

/** The two commands, to paste into a shell. */
export function firstCommands(address: string, keyed: boolean): { readonly send: string; readonly ask: string } {
  const key = keyed ? ` -H 'Authorization: Bearer KEY'` : '';
  return {
    send: `curl -i ${address}/api/v1/lineage -H 'Content-Type: application/json'${key} \\
  -d '${readable(FIRST_EVENT)}'`,
    ask: `curl '${address}/api/v1/lineage?nodeId=${FIRST_QUESTION}'${key}`,
  };
}

/** One member a line: readable in a terminal and on a page, and still one thing to paste. */
function readable(event: object): string {
  const members = Object.entries(event).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${members.join(',\n')}}`;
}
