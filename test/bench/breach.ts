/** How long after a deadline the webhook is there: a hub that keeps a million policies, of which a few are missed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { GraphFile } from '#graph';
import { startTestHub } from '../harness.ts';
import type { Bench, BenchContext } from './bench.ts';
import { megabytes, quantile } from './figure.ts';
import { fillPolicies } from './freshness.ts';
import { memoryOf } from './hub-probe.ts';
import { inScratch } from './scratch.ts';

const MISSED = 40;
/** Deadlines lie so far apart, and nowhere in the rhythm of the hub's own looks. */
const APART_MS = 137;
const MAX_AGE_MS = 60_000;
/** Until the first deadline: all of it is in the graph by then. */
const AHEAD_MS = 5_000;
const YEAR = 365 * 24 * 3_600_000;
const AT = /"at":"([^"]+)"/;

export const breach: Bench = {
  name: 'breach',
  about: 'from a deadline that passes to its webhook, among a million policies; memory of the hub',
  run: (context) => inScratch((folder) => measure(folder, context)),
};

async function measure(folder: string, { sizes, report }: BenchContext): Promise<void> {
  const data = join(folder, 'data');
  mkdirSync(data);
  const file = new GraphFile(data);
  fillPolicies(file, sizes.freshnessFill, Date.now() + YEAR);
  file.close();

  const delays: number[] = [];
  const receiver = createServer((request, response) => {
    const now = Date.now();
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      // The change is of the instant of the deadline.
      const at = AT.exec(body.slice(body.indexOf('"change":')))?.[1];
      if (at !== undefined) delays.push(now - Date.parse(at));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const rules = join(folder, 'rules');
  mkdirSync(rules);
  writeFileSync(
    join(rules, 'late.yml'),
    `webhooks: { people: { url: "${url}", secret: "\${env:SECRET}" } }\nrules: [ { name: late, on: freshness.failed, then: [ { webhook: people } ] } ]\n`,
  );
  const hub = await startTestHub({
    data,
    env: { HEADWATER_RULES: rules, HEADWATER_OUTGOING_ALLOW: '127.0.0.1', SECRET: `whsec_${'c'.repeat(43)}=` },
  });
  const first = Date.now() + AHEAD_MS;
  for (let i = 0; i < MISSED; i++) await hub.send(policy(`late_${i}`, first + i * APART_MS));
  const end = first + MISSED * APART_MS + 30_000;
  while (delays.length < MISSED && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  const { resident } = await memoryOf(hub);
  await hub.stop();
  receiver.close();
  if (delays.length < MISSED) throw new Error(`${delays.length} of ${MISSED} breaches were told`);
  const note = `${MISSED} deadlines, one each ${APART_MS} ms, among ${sizes.freshnessFill + MISSED} policies, from the deadline to the webhook`;
  report({ name: 'breach.p50', value: quantile(delays, 0.5), unit: 'ms', n: MISSED, note });
  report({ name: 'breach.max', value: quantile(delays, 1), unit: 'ms', n: MISSED, note });
  const held = `the hub with ${sizes.freshnessFill + MISSED} policies, resident`;
  report({ name: 'breach.memory', value: megabytes(resident), unit: 'MB', n: 1, note: held });
}

/** What it has is that old by then. */
const policy = (name: string, deadline: number): object => ({
  eventTime: new Date().toISOString(),
  producer: 'https://example.com/breach',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
  dataset: {
    namespace: 'postgres://db:5432',
    name: `shop.public.${name}`,
    facets: {
      headwater_freshness: {
        _producer: 'https://example.com/breach',
        _schemaURL: 'https://example.com/facet.json',
        watermark: new Date(deadline - MAX_AGE_MS).toISOString(),
        maxAge: { fail: `${MAX_AGE_MS / 1000}s` },
      },
    },
  },
});
