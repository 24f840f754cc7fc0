/** A trigger whose job writes what the rule is about: the run comes back, and the rule is not fired by its own work. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runHeadwater, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { runEvent, table } from './events.ts';
import { SECRET, startReceiver } from './receiver.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const FACET = { _producer: 'https://github.com/apache/airflow', _schemaURL: 'https://example.com/facet.json' };

interface Asked {
  readonly dag: string;
  readonly runId: string;
}

/** What Airflow 3 answers to a DAG run that is asked for; it is not run. */
async function startAirflow(): Promise<{ readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const dag = /\/api\/v2\/dags\/([^/]+)\/dagRuns$/.exec(request.url ?? '')?.[1];
      const body = JSON.parse(Buffer.concat(pieces).toString()) as { readonly dag_run_id: string };
      if (dag !== undefined) asked.push({ dag, runId: body.dag_run_id });
      response.writeHead(dag === undefined ? 404 : 200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function start(rules: string, airflow: string): Promise<TestHub> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'loops.yml'), rules);
  const config = join(folder, 'headwater.yml');
  writeFileSync(config, `connections: { airflow: { main: { url: "${airflow}", token: "\${env:AIRFLOW_TOKEN}" } } }\n`);
  const hub = await startTestHub({
    env: {
      HEADWATER_CONFIG: config,
      HEADWATER_OUTGOING_ALLOW: '127.0.0.1',
      AIRFLOW_TOKEN: 'jwt',
      HOOK_SECRET: SECRET,
    },
  });
  open.push({ close: () => hub.stop() });
  return hub;
}

let runs = 0;
const run = (job: string, reads: readonly string[], writes: readonly string[], facets: object = {}): object =>
  runEvent(
    job,
    { reads, writes },
    {
      eventTime: new Date().toISOString(),
      run: { runId: `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}`, facets },
    },
  );

interface Shown {
  readonly rule: { readonly name: string };
  readonly guard: string | null;
  readonly chain: readonly { readonly how: string; readonly rule: string; readonly through: string }[];
}

async function decisions(hub: TestHub, count: number): Promise<readonly Shown[]> {
  const query = '{ decisions { nodes { rule { name } guard chain { decision rule subject job at how through } } } }';
  for (const end = Date.now() + 30_000; ; ) {
    const { body } = await hub.ask({
      method: 'POST',
      path: '/graphql',
      body: JSON.stringify({ query }),
      headers: { 'content-type': 'application/json' },
    });
    const { data } = JSON.parse(body) as {
      readonly data: { readonly decisions: { readonly nodes: readonly Shown[] } };
    };
    const { nodes } = data.decisions;
    if (nodes.length >= count) return [...nodes].reverse();
    if (Date.now() > end) throw new Error(`${nodes.length} of ${count} decisions: ${body}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); ) {
    if (Date.now() > end) throw new Error('it did not come in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One rule a dataset and DAG, and people who are told of the mart. */
const rulesOf = (receiver: string): string => `
webhooks:
  people: { url: "${receiver}", secret: "\${env:HOOK_SECRET}" }
rules:
  - { name: told, on: dataset.updated, dataset: "${table('mart')}", then: [ { webhook: people } ] }
${['orders', 'sales', 'stock'].map((name) => `  - { name: ${name}, on: dataset.updated, dataset: "${table(name)}", then: [ { trigger: { airflow: { dag: of_${name} } } } ] }`).join('\n')}
`;

describe('a loop', () => {
  it('is seen by what Airflow’s events name, by the webhook’s id, and by name and time where nothing is told', {
    timeout: 90_000,
  }, async () => {
    const [airflow, receiver] = [await startAirflow(), await startReceiver()];
    open.push(receiver);
    const hub = await start(rulesOf(receiver.url), airflow.url);
    const loaded = async (name: string): Promise<object> => {
      const before = airflow.asked.length;
      await hub.send(run('load', ['raw'], [name]));
      await until(() => airflow.asked.length > before);
      const asked = airflow.asked.at(-1);
      expect(asked).toMatchObject({ dag: `of_${name}`, runId: expect.stringMatching(/^headwater__dlv_[0-9a-f]{32}$/) });
      return {
        airflow: { ...FACET, dagRun: { dag_id: `of_${name}`, run_id: asked?.runId, run_type: 'manual', conf: {} } },
      };
    };

    const known = await loaded('orders');
    await hub.send(run('of_orders.build', ['orders'], ['totals'], known));
    await hub.send(run('of_orders.back', ['totals'], ['orders'], known));

    await loaded('sales');
    await hub.send(run('of_sales.build', ['sales'], ['sums']));
    await hub.send(run('of_sales.back', ['sums'], ['sales']));

    await hub.send(run('else', [], ['mart'], await loaded('stock')));
    await receiver.wait(1);
    const tags = [{ key: 'headwater', value: receiver.received[0]?.id, source: 'USER' }];
    await hub.send(run('answer', [], ['stock'], { tags: { ...FACET, tags } }));

    const made = await decisions(hub, 7);
    expect(
      made.map(({ rule, guard, chain }) => [rule.name, guard, chain.map((link) => `${link.rule} ${link.how}`)]),
    ).toEqual([
      ['orders', null, []],
      ['orders', 'LOOP', ['orders KEY']],
      ['sales', null, []],
      ['sales', 'LOOP', ['sales LINEAGE']],
      ['stock', null, []],
      ['told', null, ['stock KEY']],
      ['stock', 'LOOP', ['told KEY', 'stock KEY']],
    ]);
    const explained = await runHeadwater(['explain', 'orders', table('orders')], {
      env: { HEADWATER_URL: hub.address },
    });
    expect(explained.stdout).toMatch(/was held back: it caused this itself: orders fired at \S+ and led to run:\S+, /);
    expect(airflow.asked.length).toBe(3);
  });
});
