/** Contract files → the built hub: what is broken in the feed, over GraphQL and to a receiver; files are read again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';
import { SECRET, startReceiver } from './receiver.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const CONTRACT = `
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
servers: [ { server: main, type: postgres, host: db, port: 5432, database: shop, schema: public } ]
schema:
  - name: orders
    properties:
      - { name: amount, physicalType: int }
    quality: [ { metric: duplicateValues, mustBe: 0 } ]
`;
const FACET = { _producer: 'https://example.com/e2e', _schemaURL: 'https://example.com/facet.json' };

let runs = 0;
const load = (type: string): object => ({
  ...runEvent('load', { reads: ['raw'] }, { eventTime: new Date().toISOString() }),
  run: { runId: `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}` },
  outputs: [
    {
      namespace: 'postgres://db:5432',
      name: 'shop.public.orders',
      facets: { schema: { ...FACET, fields: [{ name: 'amount', type }] } },
    },
  ],
});

it('a contract is held, shown, told of and read again', { timeout: 90_000 }, async () => {
  const receiver = await startReceiver();
  open.push(receiver);
  const rules = join(temporaryFolder(), 'rules');
  mkdirSync(join(rules, 'contracts'), { recursive: true });
  writeFileSync(
    join(rules, 'people.yml'),
    `webhooks: { people: { url: "${receiver.url}", secret: "\${env:HOOK_SECRET}" } }
rules: [ { name: told, on: [contract.violated, contract.recovered], then: [ { webhook: people } ] } ]
`,
  );
  const file = join(rules, 'contracts', 'orders.odcs.yaml');
  writeFileSync(file, CONTRACT);
  const hub = await startTestHub({
    env: { HEADWATER_RULES: rules, HEADWATER_OUTGOING_ALLOW: '127.0.0.1', HOOK_SECRET: SECRET },
  });
  open.push({ close: () => hub.stop() });

  await hub.send(load('text'));
  await receiver.wait(1);
  expect(receiver.received[0]).toMatchObject({
    type: 'contract.violated',
    data: { subject: table('orders'), why: expect.stringContaining('breaks the contract orders: amount is text') },
  });
  const shown = await graphql(
    hub,
    `{ contracts { contract object notChecked dataset { id } violations { kind path reason } unchecked { reason } }
       ruleProblems { line } incidents { nodes { kind state } } }`,
  );
  expect(shown).toMatchObject({
    contracts: [
      {
        contract: 'orders',
        object: 'orders',
        notChecked: null,
        dataset: { id: table('orders') },
        violations: [{ kind: 'FIELD_TYPE', path: 'schema[0].properties[0].physicalType' }],
        unchecked: [{ reason: 'duplicateValues needs the data itself, which is not looked at' }],
      },
    ],
    ruleProblems: [],
    incidents: { nodes: [{ kind: 'contract.violated', state: 'OPEN' }] },
  });

  writeFileSync(file, CONTRACT.replace('status: active\n', ''));
  await until(hub, '{ ruleProblems { file line column message } }', {
    ruleProblems: [{ file: 'rules/contracts/orders.odcs.yaml', line: 2, column: 1, message: 'status must be a text' }],
  });
  const wrong = await runHeadwater(['rules', 'check', rules]);
  expect([wrong.code, wrong.stdout]).toEqual([1, 'rules/contracts/orders.odcs.yaml:2:1 status must be a text\n']);

  writeFileSync(file, CONTRACT.replace('int }', 'text }'));
  await receiver.wait(2);
  expect(receiver.received[1]).toMatchObject({ type: 'contract.recovered' });
  const right = await runHeadwater(['rules', 'check', rules]);
  expect(right.stdout).toBe('2 files: 1 rule, 0 freshness policies, 1 webhook, 1 contract. Nothing is wrong.\n');
});

async function until(hub: TestHub, query: string, answer: object): Promise<void> {
  for (const end = Date.now() + 20_000; ; ) {
    const found = await graphql(hub, query);
    if (JSON.stringify(found) === JSON.stringify(answer)) return;
    if (Date.now() > end) throw new Error(`it did not come in time: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function graphql(hub: TestHub, query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const { body } = await hub.ask({ method: 'POST', path: '/graphql', body: JSON.stringify({ query }), headers });
  const { data } = JSON.parse(body) as { readonly data: unknown };
  return data;
}
