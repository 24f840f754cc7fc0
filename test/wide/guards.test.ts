/** What holds a rule back, on a hub at work, as people see it over GraphQL and as a receiver doesn't. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runEvent, table } from '../e2e/events.ts';
import { SECRET } from '../e2e/receiver.ts';
import { graphql, type RulesHub, startRulesHub, untilAsync } from '../e2e/rules-hub.ts';
import { hubKeeping, startTestHub, type TestHub, temporaryFolder } from '../harness.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(rulesOf: (url: string) => string): Promise<RulesHub> {
  const started = await startRulesHub(async (env) => {
    const hub = await startTestHub({ env });
    return { hub, stop: () => hub.stop() };
  }, rulesOf);
  open.push(started);
  return started;
}

const withHook = (url: string, ...rules: readonly string[]): string =>
  `webhooks: { people: { url: "${url}", secret: "\${env:HOOK_SECRET}" } }\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

let runs = 0;
interface Told {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly minute?: number;
  /** Of what it writes. */
  readonly version?: string;
}
/** A run that is over at a minute of an hour long ago. */
function run(eventType: 'COMPLETE' | 'FAIL', job: string, { reads, writes, minute = 0, version }: Told = {}): object {
  const event = runEvent(job, { reads: reads ?? [], writes: writes ?? [] }, { eventType });
  const facets =
    version === undefined
      ? {}
      : { version: { _producer: 'https://e.com', _schemaURL: 'https://e.com/f.json', datasetVersion: version } };
  return {
    ...event,
    eventTime: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    run: { runId: `019b76da-a800-7000-8000-${String(++runs).padStart(12, '0')}` },
    outputs: (event['outputs'] as readonly object[]).map((dataset) => ({ ...dataset, facets })),
  };
}

interface Decided {
  readonly verdict: string;
  readonly guard: string | null;
  readonly text: string;
  readonly deliveries: readonly object[];
}

/** What was decided of a rule, the oldest first, when it is so much. */
async function decidedOf(hub: TestHub, rule: string, count: number): Promise<readonly Decided[]> {
  const query = `{ decisions(filter: { rules: ["${rule}"] }, first: 100) { nodes { verdict guard text deliveries { id } } } }`;
  let nodes: readonly Decided[] = [];
  await untilAsync(async () => {
    nodes = (await graphql(hub, query)).data.decisions.nodes;
    return nodes.length >= count;
  }, 60_000);
  return nodes.toReversed();
}

const guardsOf = (decided: readonly Decided[]): readonly string[] =>
  decided.map(({ verdict, guard }) => guard ?? verdict);

describe('guards at work', () => {
  it('rate, budget, and a pause of one rule and of all', { timeout: 180_000 }, async () => {
    const about = (name: string, guard = '{}'): string =>
      `{ name: ${name}, on: run.failed, where: 'job.name.startsWith("${name}")', then: [ { webhook: people } ], guard: ${guard} }`;
    const { hub, receiver } = await start((url) =>
      withHook(url, about('capped', '{ max: 2/1h }'), about('dear', '{ budget: 2/1d }'), about('plain')),
    );
    for (const job of ['capped', 'capped', 'capped', 'dear_1', 'dear_2', 'dear_3']) await hub.send(run('FAIL', job));
    expect(guardsOf(await decidedOf(hub, 'capped', 3))).toEqual(['FIRED', 'FIRED', 'RATE']);
    const dear = await decidedOf(hub, 'dear', 3);
    expect(guardsOf(dear)).toEqual(['FIRED', 'FIRED', 'BUDGET']);
    expect(dear[2]?.text).toContain('over all subjects it fired 2 times in the last 1 d already');
    expect(dear[2]?.deliveries).toEqual([]);

    await graphql(hub, 'mutation { pauseRules(name: "plain", reason: "migration") { name } }');
    await hub.send(run('FAIL', 'plain_1'));
    await decidedOf(hub, 'plain', 1);
    await graphql(hub, 'mutation { resumeRules(name: "plain") { name } }');
    await hub.send(run('FAIL', 'plain_2'));
    await decidedOf(hub, 'plain', 2);
    await graphql(hub, 'mutation { pauseRules(reason: "an outage of everything") { name } }');
    await hub.send(run('FAIL', 'plain_3'));
    await decidedOf(hub, 'plain', 3);
    await graphql(hub, 'mutation { resumeRules { name } }');
    await hub.send(run('FAIL', 'plain_4'));
    const plain = await decidedOf(hub, 'plain', 4);
    expect(guardsOf(plain)).toEqual(['PAUSED', 'FIRED', 'PAUSED', 'FIRED']);
    expect(plain[2]?.text).toContain('all rules are paused by local: an outage of everything');

    await receiver.wait(6);
    expect(receiver.received.map(({ data }) => data.subject).sort()).toEqual(
      ['capped', 'capped', 'dear_1', 'dear_2', 'plain_2', 'plain_4'].map((job) => `job:shop:${job}`),
    );
  });

  it('fires for a version of the data once, and when all inputs are there', { timeout: 180_000 }, async () => {
    const { hub, receiver } = await start((url) =>
      withHook(
        url,
        `{ name: fresh, on: dataset.updated, dataset: "${table('versioned')}", then: [ { webhook: people } ] }`,
        `{ name: refresh, on: dataset.updated, when: all-inputs-updated, job: { namespace: shop, name: mart }, then: [ { webhook: people } ] }`,
      ),
    );
    // One after the other: what is decided late is decided by the version that is there by then.
    for (const [n, version] of ['v1', 'v1', 'v2'].entries()) {
      await hub.send(run('COMPLETE', 'load', { reads: ['source'], writes: ['versioned'], minute: n + 1, version }));
      await decidedOf(hub, 'fresh', n + 1);
    }
    expect(guardsOf(await decidedOf(hub, 'fresh', 3))).toEqual(['FIRED', 'SAME_DATA', 'FIRED']);

    // dbt writes one input, somebody's script the other.
    const dbt = (minute: number): object => ({
      ...run('COMPLETE', 'model.orders', { reads: ['raw'], writes: ['orders'], minute }),
      job: { namespace: 'dbt', name: 'model.orders' },
    });
    const script = (minute: number): object => ({
      ...run('COMPLETE', 'customers.sh', { reads: ['crm'], writes: ['customers'], minute }),
      job: { namespace: 'cron', name: 'customers.sh' },
    });
    await hub.send(run('COMPLETE', 'mart', { reads: ['orders', 'customers'], writes: ['mart'], minute: 10 }));
    await hub.send(dbt(11));
    const [first] = await decidedOf(hub, 'refresh', 1);
    expect(first).toMatchObject({ verdict: 'NOT_MET', text: expect.stringContaining('customers') });
    await hub.send(script(12));
    expect(guardsOf(await decidedOf(hub, 'refresh', 2))).toEqual(['NOT_MET', 'FIRED']);
    await hub.send(run('COMPLETE', 'mart', { reads: ['orders', 'customers'], writes: ['mart'], minute: 13 }));
    await hub.send(script(14));
    await decidedOf(hub, 'refresh', 3);
    await hub.send(dbt(15));
    expect(guardsOf(await decidedOf(hub, 'refresh', 4))).toEqual(['NOT_MET', 'FIRED', 'NOT_MET', 'FIRED']);
    await receiver.wait(4);
    expect(receiver.refused).toEqual([]);
  });

  // It puts back a copy of the decisions of a data folder; servers keep theirs elsewhere.
  if (hubKeeping().store.startsWith('embedded')) {
    it('evidence that is older than the rule allows holds it back, and it says so', { timeout: 180_000 }, async () => {
      const { hub, receiver, rules } = await start((url) =>
        withHook(
          url,
          '{ name: careful, on: run.failed, then: [ { webhook: people } ], guard: { maxEvidenceAge: 1s } }',
        ),
      );
      const env = { HOOK_SECRET: SECRET, HEADWATER_OUTGOING_ALLOW: '127.0.0.1' };
      const none = join(temporaryFolder(), 'rules');
      mkdirSync(none);
      await hub.stop();
      const decisions = join(hub.data, 'decisions.db');
      const kept = join(temporaryFolder(), 'decisions.db');
      cpSync(decisions, kept);
      // A run fails while nobody decides; whoever decides begins where the kept decisions end, as after a restore.
      const meanwhile = await startTestHub({ data: hub.data, env: { ...env, HEADWATER_RULES: none } });
      const position = await meanwhile.send(run('FAIL', 'load'));
      await meanwhile.ask({ path: '/api/v1/namespaces', headers: { 'headwater-after': position } });
      await meanwhile.stop();
      for (const rest of ['', '-wal', '-shm']) rmSync(`${decisions}${rest}`, { force: true });
      cpSync(kept, decisions);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      const again = await startTestHub({ data: hub.data, env: { ...env, HEADWATER_RULES: rules } });
      open.push({ close: () => again.stop() });
      const [held] = await decidedOf(again, 'careful', 1);
      expect(held).toMatchObject({ verdict: 'SUPPRESSED', guard: 'STALE_EVIDENCE', deliveries: [] });
      expect(held?.text).toMatch(/the evidence is \d+ (s|min).* old; the rule allows 1 s/);
      expect(receiver.received).toEqual([]);
    });
  }
});
